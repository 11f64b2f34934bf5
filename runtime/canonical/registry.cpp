#include "runtime/canonical/registry.hpp"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "runtime/canonical/builtin_schemas.hpp"
#include "runtime/canonical/contract_reader.hpp"

namespace weir::canonical {

namespace {

// Reads digits up to `stop` (0: the end) off the front of `text`.
std::optional<std::uint32_t> take_number(std::string_view& text, char stop) noexcept {
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || (text.size() > 1 && text[0] == '0' && at != text.data() + 1)) return std::nullopt;
    if (stop == '\0' ? at != end : (at == end || *at != stop)) return std::nullopt;
    text = stop == '\0' ? std::string_view{} : std::string_view(at + 1, static_cast<std::size_t>(end - at - 1));
    return number;
}

}  // namespace

std::string Version::to_string() const {
    return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
}

std::optional<Version> parse_version(std::string_view text) noexcept {
    const auto major = take_number(text, '.');
    const auto minor = major ? take_number(text, '.') : std::nullopt;
    const auto patch = minor ? take_number(text, '\0') : std::nullopt;
    if (!patch) return std::nullopt;
    return Version{*major, *minor, *patch};
}

std::string_view to_string(ContractState state) noexcept {
    switch (state) {
        case ContractState::active:
            return "active";
        case ContractState::deprecated:
            return "deprecated";
        case ContractState::past_sunset:
            break;
    }
    return "past sunset";
}

std::string format_date(std::chrono::sys_days day) {
    const std::chrono::year_month_day date{day};
    const auto two = [](unsigned number) {
        return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
    };
    std::string year = std::to_string(static_cast<int>(date.year()));
    year.insert(0, 4 - std::min<std::size_t>(year.size(), 4), '0');
    return year + '-' + two(static_cast<unsigned>(date.month())) + '-' + two(static_cast<unsigned>(date.day()));
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) noexcept {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    int parts[3] = {};
    constexpr std::pair<std::size_t, std::size_t> kParts[] = {{0, 4}, {5, 2}, {8, 2}};
    for (std::size_t i = 0; i < 3; ++i) {
        const char* const begin = text.data() + kParts[i].first;
        const auto [end, error] = std::from_chars(begin, begin + kParts[i].second, parts[i]);
        if (error != std::errc{} || end != begin + kParts[i].second || parts[i] < 0) return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{parts[0]},
                                           std::chrono::month{static_cast<unsigned>(parts[1])},
                                           std::chrono::day{static_cast<unsigned>(parts[2])}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date};
}

std::string Contract::reference() const { return name + '@' + version.to_string(); }

ContractState Contract::state_on(std::chrono::sys_days day) const noexcept {
    if (sunset_on && day >= *sunset_on) return ContractState::past_sunset;
    return deprecated_on && day >= *deprecated_on ? ContractState::deprecated : ContractState::active;
}

Contracts Contracts::builtin() {
    Contracts contracts;
    ContractReader reader(contracts);
    for (const BuiltinSchema& schema : builtin_schemas()) reader.read_builtin(schema);
    // Part of the program: a mistake in them is one of its authors.
    if (!std::move(reader).finish().empty()) std::abort();
    return contracts;
}

std::vector<Problem> Contracts::add_dir(const std::filesystem::path& dir) {
    ContractReader reader(*this);
    reader.read_dir(dir);
    return std::move(reader).finish();
}

const Contract* Contracts::find(std::string_view reference) const {
    const std::size_t at = reference.rfind('@');
    if (at == std::string_view::npos) return nullptr;
    const auto versions = contracts_.find(reference.substr(0, at));
    if (versions == contracts_.end()) return nullptr;
    std::string_view wanted = reference.substr(at + 1);
    if (const auto exact = parse_version(wanted)) {
        const auto found = versions->second.find(*exact);
        return found == versions->second.end() ? nullptr : &found->second;
    }
    const auto major = take_number(wanted, '\0');
    if (!major) return nullptr;
    const Contract* best = nullptr;
    for (const auto& [version, contract] : versions->second) {
        if (version.major == *major) best = &contract;  // they come in rising order
    }
    return best;
}

const Contract* Contracts::latest(std::string_view name) const {
    const auto versions = contracts_.find(name);
    return versions == contracts_.end() ? nullptr : &versions->second.rbegin()->second;
}

std::vector<std::string> Contracts::names() const {
    std::vector<std::string> names;
    for (const auto& [name, versions] : contracts_) {
        for (const auto& [version, contract] : versions) {
            std::string one = name + '@' + std::to_string(version.major);
            if (names.empty() || names.back() != one) names.push_back(std::move(one));
        }
    }
    return names;
}

std::vector<const Contract*> Contracts::all() const {
    std::vector<const Contract*> all;
    for (const auto& [name, versions] : contracts_) {
        for (const auto& [version, contract] : versions) all.push_back(&contract);
    }
    return all;
}

std::function<std::optional<std::string>(std::string_view)> Contracts::resolver() const {
    return [this](std::string_view reference) -> std::optional<std::string> {
        const Contract* contract = find(reference);
        if (contract == nullptr) return std::nullopt;
        return contract->schema_text;
    };
}

}  // namespace weir::canonical
