// The host's log: constant messages, facts as key=value. Text on a terminal, one JSON object a line when asked.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace weir::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error };
enum class Format : std::uint8_t { text, json };

struct Field {
    std::string_view key;
    std::string value;
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    Field(std::string_view k, const std::string& v) : key(k), value(v) {}
    template <class Number>
    requires std::is_arithmetic_v<Number> Field(std::string_view k, Number v) : key(k), value(fmt::to_string(v)) {}
};

// Once, from main, before threads start. Writes to standard error; colour only when that is a terminal.
void configure(Level level, Format format);
[[nodiscard]] bool enabled(Level level) noexcept;
// [any thread] `event` is a constant phrase: "delivery failed"; what differs goes into fields.
void write(Level level, std::string_view event, std::initializer_list<Field> fields);
void write(Level level, std::string_view event, const Field* fields, std::size_t count);
void flush();

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    if (enabled(Level::debug)) write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, fields);
}

}  // namespace weir::log
