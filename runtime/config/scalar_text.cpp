#include "runtime/config/scalar_text.hpp"

#include <algorithm>

namespace weir::config {
namespace {

// Goes through file and text side by side. Every function is false where the two do not agree.
class Alignment {
  public:
    Alignment(std::string_view file, std::string_view text) : file_(file), text_(text) {}

    // Plain or quoted, from its first character on.
    bool follow_flow(std::size_t begin, char quote) {
        at_ = begin;
        start_piece();
        while (in_text_ < text_.size()) {
            if (at_ >= file_.size()) return false;
            const char c = file_[at_];
            bool fits = false;
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                fits = blanks();
            } else if (c == '\\' && quote == '"') {
                fits = escape();
            } else if (c == '\'' && quote == '\'') {
                fits = same(1);
                ++at_;
                start_piece();
            } else {
                fits = same(1);
            }
            if (!fits || at_ > file_.size()) return false;
        }
        return true;
    }

    // "|" or ">", from the line behind it on.
    bool follow_block(std::size_t line, std::size_t indent) {
        pieces_.clear();
        in_text_ = 0;
        at_ = line;
        skip_newlines();
        while (in_text_ < text_.size()) {
            skip_blank_lines();
            const std::string_view margin = file_.substr(std::min(at_, file_.size()), indent);
            if (margin.size() < indent || margin.find_first_not_of(' ') != std::string_view::npos) return false;
            at_ += indent;
            start_piece();
            std::size_t end = std::min(file_.find('\n', at_), file_.size());
            const std::size_t next = end + 1;
            if (end > at_ && file_[end - 1] == '\r') --end;
            if (!same(std::min(end - at_, text_.size() - in_text_))) return false;
            if (in_text_ < text_.size() && !line_break()) return false;
            at_ = next;
        }
        return true;
    }

    [[nodiscard]] std::vector<Piece> take() { return std::move(pieces_); }

  private:
    void start_piece() { pieces_.push_back({in_text_, at_}); }

    bool same(std::size_t size) {
        if (file_.substr(at_, size) != text_.substr(in_text_, size)) return false;
        at_ += size;
        in_text_ += size;
        return true;
    }

    void skip_newlines() {
        while (in_text_ < text_.size() && text_[in_text_] == '\n') ++in_text_;
    }
    void skip_blank_lines() {
        for (;;) {
            const std::size_t content = file_.find_first_not_of(" \r", std::min(at_, file_.size()));
            if (content == std::string_view::npos || file_[content] != '\n') return;
            at_ = content + 1;
        }
    }

    // One line break becomes a blank, more of them as many newlines less one; in a block perhaps all.
    bool line_break() {
        if (text_[in_text_] == ' ') return ++in_text_, true;
        if (text_[in_text_] != '\n') return false;
        skip_newlines();
        return true;
    }

    bool blanks() {
        const std::size_t end = std::min(file_.find_first_not_of(" \t\r", at_), file_.size());
        if (end == file_.size() || file_[end] != '\n') return same(std::min(end - at_, text_.size() - in_text_));
        at_ = std::min(file_.find_first_not_of(" \t\r\n", end), file_.size());
        if (!line_break()) return false;
        start_piece();
        return true;
    }

    bool escape() {
        const char kind = at_ + 1 < file_.size() ? file_[at_ + 1] : '"';
        if (kind == '\n' || kind == '\r') {  // the line goes on
            at_ = std::min(file_.find_first_not_of(" \t\r\n", at_ + 1), file_.size());
            skip_newlines();
        } else {
            at_ += kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
            ++in_text_;
            const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
            while (in_text_ < text_.size() && continues(text_[in_text_])) ++in_text_;
        }
        start_piece();
        return true;
    }

    std::string_view file_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t in_text_ = 0;
    std::vector<Piece> pieces_;
};

std::vector<Piece> pieces_of_block(std::string_view file, std::size_t begin, std::string_view text) {
    const std::size_t end = file.find('\n', begin);
    if (end == std::string_view::npos) return {};
    const std::string_view header = file.substr(begin, end - begin);
    const bool says_indent = header.substr(0, header.find('#')).find_first_of("123456789") != std::string_view::npos;
    std::size_t first = end + 1;
    std::size_t content = file.find_first_not_of(' ', first);
    while (content != std::string_view::npos && (file[content] == '\n' || file[content] == '\r')) {
        first = content + 1;
        content = file.find_first_not_of(' ', first);
    }
    if (content == std::string_view::npos) return {};
    // The number counts from the indentation around it, which is not known here: the most that fits.
    Alignment alignment(file, text);
    for (std::size_t indent = content - first; indent > 0; --indent) {
        if (alignment.follow_block(end + 1, indent)) return alignment.take();
        if (!says_indent) break;
    }
    return {};
}

}  // namespace

std::vector<Piece> pieces_of(std::string_view file, std::size_t begin, std::string_view text) {
    while (begin < file.size() && (file[begin] == '!' || file[begin] == '&')) {
        begin = std::min(file.find_first_of(" \t\r\n", begin), file.size());
        begin = std::min(file.find_first_not_of(" \t", begin), file.size());
    }
    if (begin == file.size() || text.empty()) return {};
    const char first = file[begin];
    if (first == '|' || first == '>') return pieces_of_block(file, begin, text);
    const bool quoted = first == '"' || first == '\'';
    Alignment alignment(file, text);
    if (!alignment.follow_flow(quoted ? begin + 1 : begin, quoted ? first : '\0')) return {};
    return alignment.take();
}

}  // namespace weir::config
