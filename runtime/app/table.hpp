// Plain text tables for listings: columns as wide as their widest cell, numbers to the right.
#pragma once

#include <string>
#include <vector>

namespace weir::app {

class Table {
  public:
    explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    void print() const;  // to standard output

  private:
    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace weir::app
