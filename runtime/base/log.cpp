#include "runtime/base/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "runtime/base/text.hpp"

namespace weir::log {

namespace {

Format g_format = Format::text;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// Quoted where a reader (or `cut`) would otherwise not see where the value ends.
void append_text_value(std::string& out, std::string_view value) {
    if (!value.empty() && value.find_first_of(" \"=\n\t") == std::string_view::npos) {
        out += value;
        return;
    }
    append_json_string(out, value);
}

std::string as_text(std::string_view event, const Field* fields, std::size_t count) {
    std::string line(event);
    for (std::size_t i = 0; i < count; ++i) {
        line += ' ';
        line += fields[i].key;
        line += '=';
        append_text_value(line, fields[i].value);
    }
    return line;
}

std::string as_json(std::string_view event, const Field* fields, std::size_t count) {
    std::string line = "\"event\":";
    append_json_string(line, event);
    for (std::size_t i = 0; i < count; ++i) {
        line += ',';
        append_json_string(line, fields[i].key);
        line += ':';
        append_json_string(line, fields[i].value);
    }
    return line;
}

}  // namespace

void configure(Level level, Format format) {
    g_format = format;
    spdlog::drop("weir");  // configured again: the command line first, then the file
    auto logger = spdlog::stderr_color_mt("weir");
    logger->set_pattern(format == Format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                               : "%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %v",
                        spdlog::pattern_time_type::utc);
    logger->set_level(static_cast<spdlog::level::level_enum>(level));
    logger->flush_on(spdlog::level::warn);
    spdlog::set_default_logger(std::move(logger));
}

bool enabled(Level level) noexcept { return spdlog::should_log(static_cast<spdlog::level::level_enum>(level)); }

void write(Level level, std::string_view event, const Field* fields, std::size_t count) {
    const auto spd_level = static_cast<spdlog::level::level_enum>(level);
    if (!spdlog::should_log(spd_level)) return;
    const std::string line = g_format == Format::json ? as_json(event, fields, count) : as_text(event, fields, count);
    spdlog::log(spd_level, "{}", line);
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    write(level, event, fields.begin(), fields.size());
}

void flush() { spdlog::default_logger()->flush(); }

}  // namespace weir::log
