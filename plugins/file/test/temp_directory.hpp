// A directory of a test's own, gone with it; files written and read whole.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

class TempDirectory {
  public:
    TempDirectory() {
        char pattern[] = "/tmp/weir-file-XXXXXX";
        path_ = mkdtemp(pattern);
    }
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    ~TempDirectory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string at(std::string_view name) const { return path_ + '/' + std::string(name); }
    void write(std::string_view name, std::string_view text) const { put(name, text, std::ios::trunc); }
    void append(std::string_view name, std::string_view text) const { put(name, text, std::ios::app); }
    void rename(std::string_view from, std::string_view to) const { std::filesystem::rename(at(from), at(to)); }
    [[nodiscard]] std::string read(std::string_view name) const {
        std::ifstream in(at(name), std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }

  private:
    void put(std::string_view name, std::string_view text, std::ios::openmode mode) const {
        std::ofstream out(at(name), std::ios::binary | mode);
        out << text;
        ASSERT_TRUE(out.flush()) << name;
    }
    std::string path_;
};
