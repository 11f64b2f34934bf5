// Text that lives as long as one request: what had to be unescaped or decoded.
#pragma once

#include <deque>
#include <string>
#include <string_view>

namespace http_plugin {

// Keeps its strings' memory from one request to the next. One thread.
class TextArena {
  public:
    void reset() {
        used_ = 0;
        while (strings_.size() > kKeptMax) strings_.pop_back();
    }
    // An empty string to build in; valid, and its characters in place, until reset().
    [[nodiscard]] std::string& scratch() {
        if (used_ == strings_.size()) strings_.emplace_back();
        std::string& text = strings_[used_++];
        if (text.capacity() > kCapacityKeptMax) text = std::string();
        text.clear();
        return text;
    }

  private:
    static constexpr std::size_t kKeptMax = 64;
    static constexpr std::size_t kCapacityKeptMax = 64 * 1024;
    std::deque<std::string> strings_;  // a deque: elements do not move
    std::size_t used_ = 0;
};

}  // namespace http_plugin
