#include "csv.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace weir::file {
namespace {

constexpr std::size_t kEscapedMax = 6;  // "\u001f"

Error bad(std::string message) { return {Errc::invalid, std::move(message), {}, {}}; }

std::string column(std::size_t index) { return "column " + std::to_string(index + 1); }

constexpr std::array<bool, 256> kNeedsEscape = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
    table['"'] = true;
    table['\\'] = true;
    return table;
}();

char* write_escape(unsigned char c, char* out) noexcept {
    constexpr char kDigits[] = "0123456789abcdef";
    *out++ = '\\';
    switch (c) {
        case '"':
        case '\\':
            *out++ = static_cast<char>(c);
            return out;
        case '\n':
            *out++ = 'n';
            return out;
        case '\r':
            *out++ = 'r';
            return out;
        case '\t':
            *out++ = 't';
            return out;
        default:
            break;
    }
    std::memcpy(out, "u00", 3);
    out[3] = kDigits[c >> 4];
    out[4] = kDigits[c & 15];
    return out + 5;
}

// The quote that ends the field whose inside begins at `from`.
std::optional<std::size_t> closing_quote(std::string_view text, std::size_t from) noexcept {
    for (;;) {
        const std::size_t quote = text.find('"', from);
        if (quote == std::string_view::npos) return std::nullopt;
        if (quote + 1 == text.size() || text[quote + 1] != '"') return quote;
        from = quote + 2;
    }
}

}  // namespace

std::optional<std::size_t> csv_row_end(std::string_view text, char delimiter) noexcept {
    std::size_t from = 0;  // everything before is outside quotes
    for (;;) {
        const std::size_t newline = text.find('\n', from);
        if (newline == std::string_view::npos) return std::nullopt;
        // Most rows have no quote at all: two passes of memchr and done.
        const std::size_t quote = text.substr(0, newline).find('"', from);
        if (quote == std::string_view::npos) return newline;
        if (quote != 0 && text[quote - 1] != delimiter) {
            from = quote + 1;  // inside an unquoted field a quote opens nothing: only this row is wrong
            continue;
        }
        const auto closing = closing_quote(text, quote + 1);
        if (!closing) return std::nullopt;
        from = *closing + 1;
    }
}

Status CsvFields::split(std::string_view row, char delimiter) {
    fields_.clear();
    if (row.ends_with('\r')) row.remove_suffix(1);
    // Views into unescaped_ must survive later fields: what is unescaped is never longer than the row.
    unescaped_.clear();
    unescaped_.reserve(row.size());
    std::size_t at = 0;
    for (;;) {
        if (at < row.size() && row[at] == '"') {
            WEIR_TRY(at, take_quoted(row, at, delimiter));
        } else {
            const std::size_t end = std::min(row.find(delimiter, at), row.size());
            const std::string_view field = row.substr(at, end - at);
            if (field.find('"') != std::string_view::npos) {
                return bad(column(fields_.size()) + ": a quote inside an unquoted field");
            }
            fields_.push_back(field);
            at = end;
        }
        if (at >= row.size()) return ok();
        ++at;  // the delimiter; a row that ends with one has an empty last field
    }
}

Result<std::size_t> CsvFields::take_quoted(std::string_view row, std::size_t at, char delimiter) {
    const std::size_t start = at + 1;
    const std::size_t first_unescaped = unescaped_.size();
    std::size_t copied = start;
    for (std::size_t from = start;;) {
        const std::size_t quote = row.find('"', from);
        if (quote == std::string_view::npos) return bad(column(fields_.size()) + ": the quote is not closed");
        if (quote + 1 < row.size() && row[quote + 1] == '"') {
            unescaped_.append(row, copied, quote + 1 - copied);
            copied = from = quote + 2;
            continue;
        }
        if (quote + 1 < row.size() && row[quote + 1] != delimiter) {
            return bad(column(fields_.size()) + ": text after the closing quote");
        }
        if (copied == start) {
            fields_.push_back(row.substr(start, quote - start));
        } else {
            unescaped_.append(row, copied, quote - copied);
            fields_.push_back(std::string_view(unescaped_).substr(first_unescaped));
        }
        return quote + 1;
    }
}

Result<CsvHeader> CsvHeader::parse(std::string_view row, char delimiter) {
    if (!simdjson::validate_utf8(row.data(), row.size())) return bad("header: not UTF-8");
    CsvFields fields;
    if (Status split = fields.split(row, delimiter); !split.ok()) return std::move(split).error().in("header");
    CsvHeader header;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::string_view name = fields[i];
        if (name.empty()) return bad("header: " + column(i) + ": expected a name");
        if (header.find(name))
            return bad("header: " + column(i) + ": \"" + std::string(name) + "\" stands there twice");
        std::string key(name.size() * kEscapedMax, '\0');
        key.resize(static_cast<std::size_t>(write_json_escaped(name, key.data()) - key.data()));
        key = (i == 0 ? "{\"" : ",\"") + key + "\":\"";
        header.keys_size_ += key.size();
        header.names_.emplace_back(name);
        header.keys_.push_back(std::move(key));
    }
    return header;
}

std::optional<std::size_t> CsvHeader::find(std::string_view name) const noexcept {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names_.begin());
}

std::size_t CsvHeader::json_bound(std::size_t row_size) const noexcept {
    return keys_size_ + keys_.size() + row_size * kEscapedMax + 1;
}

char* CsvHeader::to_json(const CsvFields& fields, char* out) const noexcept {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        std::memcpy(out, keys_[i].data(), keys_[i].size());
        out = write_json_escaped(fields[i], out + keys_[i].size());
        *out++ = '"';
    }
    *out++ = '}';
    return out;
}

char* write_json_escaped(std::string_view text, char* out) noexcept {
    const char* from = text.data();
    const char* const end = from + text.size();
    while (from != end) {
        const char* plain = from;
        while (plain != end && !kNeedsEscape[static_cast<unsigned char>(*plain)]) ++plain;
        std::memcpy(out, from, static_cast<std::size_t>(plain - from));
        out += plain - from;
        from = plain;
        if (from != end) out = write_escape(static_cast<unsigned char>(*from++), out);
    }
    return out;
}

}  // namespace weir::file
