#include "runtime/canonical/csv.hpp"

namespace weir::canonical {

CsvReader::CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
}

bool CsvReader::at_line_end() const noexcept {
    if (at_ >= text_.size() || text_[at_] == '\n') return true;
    return text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n';
}

Status CsvReader::read_quoted(CsvField& field) {
    const std::size_t begin = at_++;
    for (;;) {
        const std::size_t quote = text_.find('"', at_);
        if (quote == std::string_view::npos) {
            at_ = begin;
            return Error{Errc::invalid, "a quoted field that does not end", "csv", {}};
        }
        field.text.append(text_, at_, quote - at_);
        at_ = quote + 1;
        if (at_ < text_.size() && text_[at_] == '"') {
            field.text += '"';
            ++at_;
            continue;
        }
        if (at_line_end() || text_[at_] == delimiter_) return ok();
        return Error{Errc::invalid, "text behind the quote that ends a field", "csv", {}};
    }
}

Status CsvReader::read_plain(CsvField& field) {
    const std::size_t begin = at_;
    while (!at_line_end() && text_[at_] != delimiter_) {
        if (text_[at_] == '"') return Error{Errc::invalid, "a quote in a field that has none around it", "csv", {}};
        ++at_;
    }
    field.text.assign(text_, begin, at_ - begin);
    return ok();
}

Result<bool> CsvReader::next(std::vector<CsvField>& row) {
    row.clear();
    if (text_.find_first_not_of("\r\n", at_) == std::string_view::npos) at_ = text_.size();
    if (at_ >= text_.size()) return false;
    for (;;) {
        CsvField& field = row.emplace_back();
        field.offset = at_;
        const bool quoted = at_ < text_.size() && text_[at_] == '"';
        WEIR_CHECK_OK(quoted ? read_quoted(field) : read_plain(field));
        if (at_line_end()) break;
        ++at_;  // the delimiter
    }
    if (at_ < text_.size()) at_ += text_[at_] == '\r' ? 2U : 1U;
    return true;
}

}  // namespace weir::canonical
