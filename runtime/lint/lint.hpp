// What a finance platform's team would object to in a configuration that is valid. Pure functions over config::Config:
// nothing is started, no file is read, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/lint/rules.hpp"

namespace weir::lint {

// What the rules need to know of one contract. Days are "2026-12-31", "" when not said.
struct ContractFacts {
    bool exists = false;
    std::string deprecated_on{};          // from this day on
    std::string sunset_on{};              // from this day on
    std::string successor{};              // "canonical/invoice@2"
    std::vector<std::string> personal{};  // JSON Pointers of personal data; `*` stands for every element
    std::string nearest{};                // where it does not exist: the reference that was probably meant
};

// The world beside the configuration, as the caller sees it.
struct Surroundings {
    // By reference, "canonical/invoice@1". Empty: nothing is known of contracts, and nothing is said about them.
    std::function<ContractFacts(std::string_view reference)> contract;
    // Empty: nothing is known of tests.
    std::function<bool(const config::Route&)> has_tests;
    std::string today;  // "2026-12-01"; "": no day has come
};

// What lets a finding stand.
enum class Waiver : std::uint8_t { none, route, command_line };

struct Finding {
    RuleId rule;
    config::Location where;
    std::string message;  // lower case, one line
    std::string hint;     // or ""
    std::string subject;  // what it is about, without lines: "route usage-to-erp: to erp". With the code the same
                          // finding in the next version of the file
    std::string route;    // that may waive it, or ""
    Severity severity = Severity::error;  // its rule's, unless the command line says otherwise
    Waiver waiver = Waiver::none;
    std::string waived_because{};
};

// All findings, by file, line, column and code; those that a waiver covers have its reason.
[[nodiscard]] std::vector<Finding> lint(const config::Config& config, const Surroundings& surroundings);

}  // namespace weir::lint
