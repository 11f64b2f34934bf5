#include "runtime/expr/tz.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <unordered_map>

namespace weir::expr {

namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::int64_t big_endian(std::string_view bytes) noexcept {
    std::uint64_t value = static_cast<signed char>(bytes[0]) < 0 ? ~std::uint64_t{0} : 0;
    for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
}

// ---------------------------------------------------------------------------------------------------- POSIX TZ strings

// A number at the front, with a sign where allowed.
std::optional<int> take_number(std::string_view& text) noexcept {
    int value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 4 && is_digit(text[digits])) value = value * 10 + (text[digits++] - '0');
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

// "5", "-5:30", "+10:00:00" in seconds.
std::optional<std::int32_t> take_time(std::string_view& text) noexcept {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const auto hours = take_number(text);
    if (!hours || *hours > 167) return std::nullopt;
    std::int32_t seconds = *hours * 3600;
    for (const std::int32_t unit : {60, 1}) {
        if (!text.starts_with(':')) break;
        text.remove_prefix(1);
        const auto part = take_number(text);
        if (!part || *part > 59) return std::nullopt;
        seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
}

// "CET" or "<-03>".
bool skip_name(std::string_view& text) noexcept {
    std::size_t size = 0;
    if (text.starts_with('<')) {
        size = text.find('>');
        if (size == std::string_view::npos) return false;
        ++size;
    } else {
        while (size < text.size() &&
               ((text[size] >= 'A' && text[size] <= 'Z') || (text[size] >= 'a' && text[size] <= 'z')))
            ++size;
    }
    text.remove_prefix(size);
    return size >= 3;
}

std::optional<ZoneRuleDate> take_date(std::string_view& text) noexcept {
    ZoneRuleDate date;
    const auto number = [&](int min, int max) -> std::optional<int> {
        const auto value = take_number(text);
        return value && *value >= min && *value <= max ? value : std::nullopt;
    };
    const auto dot = [&] {
        const bool there = text.starts_with('.');
        if (there) text.remove_prefix(1);
        return there;
    };
    if (text.starts_with('M')) {
        text.remove_prefix(1);
        date.kind = ZoneRuleDate::Kind::month_week_day;
        const auto month = number(1, 12);
        if (!month || !dot()) return std::nullopt;
        const auto week = number(1, 5);
        if (!week || !dot()) return std::nullopt;
        const auto day = number(0, 6);
        if (!day) return std::nullopt;
        date.month = *month;
        date.week = *week;
        date.day = *day;
    } else {
        const bool julian = text.starts_with('J');
        if (julian) text.remove_prefix(1);
        date.kind = julian ? ZoneRuleDate::Kind::julian : ZoneRuleDate::Kind::day;
        const auto day = number(julian ? 1 : 0, 365);
        if (!day) return std::nullopt;
        date.day = *day;
    }
    if (!text.starts_with('/')) return date;
    text.remove_prefix(1);
    const auto time = take_time(text);
    if (!time) return std::nullopt;
    date.time = *time;
    return date;
}

// Local seconds since 1970 of the change in that year.
std::int64_t local_seconds(const ZoneRuleDate& date, std::int64_t year) noexcept {
    std::int64_t days = days_from_civil(year, 1, 1);
    switch (date.kind) {
        case ZoneRuleDate::Kind::day:
            days += date.day;
            break;
        case ZoneRuleDate::Kind::julian:  // February 29th is never counted
            days += date.day - 1 + (date.day >= 60 && days_in_month(year, 2) == 29 ? 1 : 0);
            break;
        case ZoneRuleDate::Kind::month_week_day: {
            const std::int64_t first = days_from_civil(year, date.month, 1);
            int day = (date.day - day_of_week(first * kSecondsPerDay) + 7) % 7 + (date.week - 1) * 7;
            while (day >= days_in_month(year, date.month)) day -= 7;
            days = first + day;
            break;
        }
    }
    return days * kSecondsPerDay + date.time;
}

}  // namespace

std::optional<TimeZone::Rule> TimeZone::parse_rule(std::string_view text) {
    Rule rule;
    if (!skip_name(text)) return std::nullopt;
    const auto standard = take_time(text);
    if (!standard) return std::nullopt;
    rule.standard = -*standard;  // POSIX counts west
    if (text.empty()) return rule;
    if (!skip_name(text)) return std::nullopt;
    rule.has_summer = true;
    rule.summer = rule.standard + 3600;
    if (!text.starts_with(',')) {
        const auto summer = take_time(text);
        if (!summer) return std::nullopt;
        rule.summer = -*summer;
    }
    if (!text.starts_with(',')) return std::nullopt;
    text.remove_prefix(1);
    const auto begin = take_date(text);
    if (!begin || !text.starts_with(',')) return std::nullopt;
    text.remove_prefix(1);
    const auto end = take_date(text);
    if (!end || !text.empty()) return std::nullopt;
    rule.begin = *begin;
    rule.end = *end;
    return rule;
}

std::int32_t TimeZone::offset_by_rule(std::int64_t unix_seconds) const noexcept {
    if (!rule_->has_summer) return rule_->standard;
    const std::int64_t year = civil_from_seconds(unix_seconds + rule_->standard).year;
    const std::int64_t begin = local_seconds(rule_->begin, year) - rule_->standard;
    const std::int64_t end = local_seconds(rule_->end, year) - rule_->summer;
    // In the south summer goes over the new year.
    const bool summer =
        begin < end ? unix_seconds >= begin && unix_seconds < end : unix_seconds < end || unix_seconds >= begin;
    return summer ? rule_->summer : rule_->standard;
}

std::int32_t TimeZone::offset_at(std::int64_t unix_seconds) const noexcept {
    const auto next = std::ranges::upper_bound(transitions_, unix_seconds);
    if (next == transitions_.end() && rule_) return offset_by_rule(unix_seconds);
    if (next == transitions_.begin()) return first_offset_;
    return offsets_[static_cast<std::size_t>(next - transitions_.begin()) - 1];
}

std::int64_t TimeZone::to_unix(const Civil& local) const noexcept {
    const std::int64_t naive = seconds_from_civil(local);
    // The offsets in force a day before and after: one of them is the right one, or both where the clock is changed.
    const std::int32_t before = offset_at(naive - kSecondsPerDay);
    const std::int32_t after = offset_at(naive + kSecondsPerDay);
    if (offset_at(naive - before) == before) return naive - before;
    if (offset_at(naive - after) == after) return naive - after;
    return naive - before;
}

// ---------------------------------------------------------------------------------------------------- TZif

namespace {

struct Header {
    std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, characters = 0;
    char version = '\0';
    [[nodiscard]] std::size_t body_size(std::size_t time_size) const noexcept {
        return times * time_size + times + types * 6 + characters + leaps * (time_size + 4) + standard_flags +
               utc_flags;
    }
};
constexpr std::size_t kHeaderSize = 44;
constexpr std::size_t kFileSizeMax = 1 << 20;

std::optional<Header> take_header(std::string_view& file) noexcept {
    if (file.size() < kHeaderSize || !file.starts_with("TZif")) return std::nullopt;
    Header header;
    header.version = file[4];
    std::size_t* const fields[] = {&header.utc_flags, &header.standard_flags, &header.leaps,
                                   &header.times,     &header.types,          &header.characters};
    std::size_t at = 20;
    for (std::size_t* field : fields) {
        const std::int64_t value = big_endian(file.substr(at, 4));
        if (value < 0 || value > static_cast<std::int64_t>(kFileSizeMax)) return std::nullopt;
        *field = static_cast<std::size_t>(value);
        at += 4;
    }
    file.remove_prefix(kHeaderSize);
    return header;
}

}  // namespace

std::optional<TimeZone> TimeZone::parse(std::string_view file) {
    auto header = take_header(file);
    if (!header) return std::nullopt;
    std::size_t time_size = 4;
    if (header->version >= '2') {
        if (file.size() < header->body_size(4)) return std::nullopt;
        file.remove_prefix(header->body_size(4));
        header = take_header(file);
        time_size = 8;
    }
    if (!header || header->types == 0 || file.size() < header->body_size(time_size)) return std::nullopt;
    const std::string_view indexes = file.substr(header->times * time_size);
    const std::string_view types = indexes.substr(header->times);
    const auto offset_of = [&](std::size_t type) {
        return static_cast<std::int32_t>(big_endian(types.substr(type * 6, 4)));
    };
    TimeZone zone;
    for (std::size_t i = 0; i < header->times; ++i) {
        const auto type = static_cast<unsigned char>(indexes[i]);
        if (type >= header->types) return std::nullopt;
        zone.transitions_.push_back(big_endian(file.substr(i * time_size, time_size)));
        zone.offsets_.push_back(offset_of(type));
    }
    if (!std::ranges::is_sorted(zone.transitions_)) return std::nullopt;
    zone.first_offset_ = offset_of(0);
    std::string_view footer = file.substr(header->body_size(time_size));
    if (time_size == 8 && footer.size() > 2 && footer.front() == '\n' && footer.back() == '\n') {
        zone.rule_ = parse_rule(footer.substr(1, footer.size() - 2));
    }
    return zone;
}

namespace {

// "+02:00", "-09:30", "02:00"; seconds east.
std::optional<std::int32_t> fixed_offset(std::string_view name) noexcept {
    const bool west = name.starts_with('-');
    if (west || name.starts_with('+')) name.remove_prefix(1);
    if (name.size() != 5 || name[2] != ':') return std::nullopt;
    for (const std::size_t i : {0U, 1U, 3U, 4U}) {
        if (!is_digit(name[i])) return std::nullopt;
    }
    const std::int32_t hours = (name[0] - '0') * 10 + (name[1] - '0');
    const std::int32_t minutes = (name[3] - '0') * 10 + (name[4] - '0');
    if (hours > 23 || minutes > 59) return std::nullopt;
    return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

// Names come from expressions: nothing but a file of the database may be opened.
bool is_zone_name(std::string_view name) noexcept {
    constexpr std::size_t kNameMax = 64;
    if (name.empty() || name.size() > kNameMax || name.front() == '/' || name.find("..") != std::string_view::npos)
        return false;
    return std::ranges::all_of(name, [](char c) {
        return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '/' || c == '_' || c == '-' ||
               c == '+';
    });
}

std::string read_zone_file(std::string_view name) {
    const std::string path = "/usr/share/zoneinfo/" + std::string(name);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
    std::string content;
    if (!file) return content;
    content.resize(kFileSizeMax);
    content.resize(std::fread(content.data(), 1, content.size(), file.get()));
    return content;
}

}  // namespace

const TimeZone* TimeZone::find(std::string_view name) {
    // One cache a thread: no lock, and a zone is read once.
    constexpr std::size_t kCachedMax = 1000;
    thread_local std::unordered_map<std::string, std::unique_ptr<const TimeZone>> cache;
    const std::string key(name);
    if (const auto found = cache.find(key); found != cache.end()) return found->second.get();
    std::optional<TimeZone> zone;
    if (const auto offset = fixed_offset(name)) {
        zone.emplace();
        zone->first_offset_ = *offset;
    } else if (name == "UTC" || name == "Z") {
        zone.emplace();
    } else if (is_zone_name(name)) {
        zone = parse(read_zone_file(name));
    }
    if (!zone) return nullptr;
    if (cache.size() >= kCachedMax) cache.clear();
    return cache.emplace(key, std::make_unique<const TimeZone>(*std::move(zone))).first->second.get();
}

}  // namespace weir::expr
