#include "runtime/canonical/tables.hpp"

#include <algorithm>
#include <weir/json.hpp>

#include "runtime/base/text.hpp"
#include "runtime/canonical/csv.hpp"
#include "runtime/canonical/problem.hpp"
#include "runtime/canonical/text_file.hpp"

namespace weir::canonical {

std::optional<std::string_view> Table::row(std::string_view key) const {
    const auto found = rows_.find(key);
    return found == rows_.end() ? std::nullopt : std::optional(found->second);
}

// Gathers rows in one text, and turns offsets into views once the text does not move any more.
class TableBuilder {
  public:
    TableBuilder(const std::filesystem::path& file, std::string_view source, const TableSettings& settings)
        : file_(file.string()), source_(source), settings_(settings) {}

    [[nodiscard]] Result<Table> from_csv();
    [[nodiscard]] Result<Table> from_json();

  private:
    struct Row {
        std::size_t key_begin, key_size, value_begin, value_size;
        std::size_t offset;  // of the key in the file
    };

    [[nodiscard]] Error error_at(std::size_t offset, std::string message) const {
        return {Errc::invalid, problem_at(file_, source_, offset, std::move(message)).to_string(), "table", {}};
    }
    [[nodiscard]] std::size_t offset_of(JsonValue value) const {
        return static_cast<std::size_t>(value.raw().data() - source_.data());
    }
    [[nodiscard]] Status add(std::string_view key, std::string_view value, std::size_t offset);
    [[nodiscard]] Result<std::size_t> read_header(CsvReader& reader);
    [[nodiscard]] Status add_rows(JsonValue array);
    [[nodiscard]] Result<Table> build();

    std::string file_;
    std::string_view source_;
    const TableSettings& settings_;
    std::string text_;
    std::vector<Row> rows_;
    std::vector<std::string> columns_;
};

Status TableBuilder::add(std::string_view key, std::string_view value, std::size_t offset) {
    if (key.empty()) return error_at(offset, "found an empty key");
    if (rows_.size() == settings_.rows_max) {
        return error_at(offset, "has more than " + std::to_string(settings_.rows_max) + " rows");
    }
    rows_.push_back({text_.size(), key.size(), text_.size() + key.size(), value.size(), offset});
    text_.append(key).append(value);
    return ok();
}

Result<Table> TableBuilder::build() {
    Table table;
    table.text_ = std::make_unique<const std::string>(std::move(text_));
    table.columns_ = std::move(columns_);
    table.rows_.reserve(rows_.size());
    const std::string_view all = *table.text_;
    std::unordered_map<std::string_view, std::string_view>& rows = table.rows_;
    for (const Row& row : rows_) {
        const std::string_view key = all.substr(row.key_begin, row.key_size);
        if (rows.emplace(key, all.substr(row.value_begin, row.value_size)).second) continue;
        const auto first = std::ranges::find_if(
            rows_, [&](const Row& other) { return all.substr(other.key_begin, other.key_size) == key; });
        return error_at(row.offset, "key \"" + std::string(key.substr(0, 80)) + "\" stands twice, first on line " +
                                        std::to_string(problem_at("", source_, first->offset, "").line));
    }
    return table;
}

// The place of the key column.
Result<std::size_t> TableBuilder::read_header(CsvReader& reader) {
    std::vector<CsvField> header;
    const auto any = reader.next(header);
    if (!any.ok()) return error_at(reader.offset(), any.error().message);
    if (!*any) return error_at(0, "expected a header row, found nothing");
    std::size_t key = header.size();
    for (std::size_t i = 0; i < header.size(); ++i) {
        const std::string& name = header[i].text;
        if (name.empty()) return error_at(header[i].offset, "column " + std::to_string(i + 1) + " has no name");
        if (std::ranges::find(columns_, name) != columns_.end()) {
            return error_at(header[i].offset, "column \"" + name + "\" stands twice");
        }
        if (name == settings_.key) key = i;
        columns_.push_back(name);
    }
    if (key < header.size()) return key;
    std::string names;
    for (const std::string& name : columns_) names += (names.empty() ? "\"" : ", \"") + name + '"';
    return error_at(0, "found no column \"" + settings_.key + "\", there are " + names);
}

Result<Table> TableBuilder::from_csv() {
    CsvReader reader(source_, settings_.delimiter);
    WEIR_TRY(const std::size_t key, read_header(reader));
    // A table of two columns says what one thing is; a table of one only which there are.
    const std::size_t single = columns_.size() == 2 ? 1 - key : key;
    std::vector<CsvField> row;
    std::string json;
    for (;;) {
        const std::size_t begin = reader.offset();
        const auto any = reader.next(row);
        if (!any.ok()) return error_at(reader.offset(), any.error().message);
        if (!*any) return build();
        if (row.size() != columns_.size()) {
            return error_at(begin, "found " + std::to_string(row.size()) + " fields, expected " +
                                       std::to_string(columns_.size()) + " as in the header");
        }
        json.clear();
        if (columns_.size() <= 2) {
            JsonWriter(json).string(row[single].text);
        } else {
            JsonWriter writer(json);
            writer.begin_object();
            for (std::size_t i = 0; i < row.size(); ++i) writer.member(columns_[i], std::string_view(row[i].text));
            writer.end_object();
        }
        WEIR_CHECK_OK(add(row[key].text, json, row[key].offset));
    }
}

Status TableBuilder::add_rows(JsonValue array) {
    // "The value itself" only when every row has the same one member besides the key.
    std::optional<std::string> single;
    bool same = true;
    for (const JsonValue element : array.elements()) {
        same = same && element.size() == 2;
        for (const auto& [name, value] : element.members()) {
            if (name == settings_.key) continue;
            if (!single) single = std::string(name);
            same = same && *single == name;
        }
    }
    for (const JsonValue element : array.elements()) {
        const auto key = element[settings_.key].string();
        if (!element.is_object() || !key) {
            const JsonValue place = element[settings_.key].exists() ? element[settings_.key] : element;
            return error_at(offset_of(place), "expected an object with a string in \"" + settings_.key + "\", found " +
                                                  std::string(place.raw().substr(0, 60)));
        }
        const JsonValue value = same && single ? element[*single] : element;
        WEIR_CHECK_OK(add(*key, value.raw(), offset_of(element)));
    }
    return ok();
}

Result<Table> TableBuilder::from_json() {
    JsonParser parser;
    const auto document = parser.parse(source_);
    if (!document.ok()) {
        const std::string& message = document.error().message;
        return error_at(json_error_offset(message), "not JSON: " + message);
    }
    if (document->is_object() && settings_.key.empty()) {
        for (const auto& [key, value] : document->members()) WEIR_CHECK_OK(add(key, value.raw(), offset_of(value)));
    } else if (document->is_array() && !settings_.key.empty()) {
        WEIR_CHECK_OK(add_rows(*document));
    } else {
        return error_at(0, settings_.key.empty() ? "expected an object of key to value; an array needs a key column"
                                                 : "expected an array of objects with \"" + settings_.key + "\"");
    }
    return build();
}

Result<Table> read_table(const std::filesystem::path& file, const TableSettings& settings) {
    auto source = read_text_file(file, settings.bytes_max);
    if (!source.ok()) return std::move(source).error().in(file.string());
    TableBuilder builder(file, *source, settings);
    if (!is_utf8(*source)) return Error{Errc::invalid, file.string() + ": is not UTF-8", "table", {}};
    if (file.extension() == ".json") return builder.from_json();
    if (file.extension() != ".csv") {
        return Error{Errc::invalid, file.string() + ": expected a file *.csv or *.json", "table", {}};
    }
    if (settings.key.empty())
        return Error{Errc::invalid, file.string() + ": a CSV file needs a key column", "table", {}};
    return builder.from_csv();
}

}  // namespace weir::canonical
