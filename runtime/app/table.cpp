#include "runtime/app/table.hpp"

#include <algorithm>
#include <cstdio>

namespace weir::app {

namespace {

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789.-") == std::string::npos;
}

void print_row(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string padding(widths[i] - std::min(widths[i], row[i].size()), ' ');
        const bool last = i + 1 == row.size();
        line += is_number(row[i]) ? padding + row[i] : row[i] + (last ? "" : padding);
        if (!last) line += "  ";
    }
    std::puts(line.c_str());
}

}  // namespace

void Table::print() const {
    std::vector<std::size_t> widths;
    for (const auto& cell : header_) widths.push_back(cell.size());
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    print_row(header_, widths);
    for (const auto& row : rows_) print_row(row, widths);
}

}  // namespace weir::app
