// switch: says which branch of the route a record takes, in its attribute `branch`.
#include <algorithm>
#include <optional>
#include <vector>

#include "runtime/steps/envelope.hpp"
#include "runtime/steps/step.hpp"

namespace weir::steps {
namespace {

constexpr std::string_view kAttribute = "branch";

bool is_branch_name(std::string_view name) {
    constexpr std::size_t kNameMax = 64;
    return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

struct SwitchPlan {
    struct Branch {
        std::string path;  // "outer/inner"
        Expression when;
    };

    SwitchPlan(const JsonValue& settings, Reading& reading) {
        prefix = settings["prefix"].string().value_or("");
        std::size_t index = 0;
        for (const JsonValue branch : settings["branches"].elements()) {
            read_branch(branch, "/branches/" + std::to_string(index++), reading);
        }
        const std::string_view rest = settings["otherwise"].string().value_or("reject");
        if (rest == "reject" || rest == "drop") {
            drop = rest == "drop";
        } else {
            otherwise = prefix + std::string(rest);
            add_name(rest, "/otherwise", reading, true);
        }
        program.reads_tables = reading.reads_tables();
        reading.keep_data();
    }

    void read_branch(const JsonValue& branch, const std::string& pointer, Reading& reading) {
        const std::string_view name = branch["name"].string().value_or("");
        add_name(name, child(pointer, "name"), reading, false);
        if (!always.empty()) {
            reading.warn(pointer, "unreachable",
                         "the branch \"" + std::string(name) + "\" never matches: \"" + always + "\" always does");
        }
        auto when = reading.condition(branch["when"], child(pointer, "when"));
        if (!when) return;
        if (when->constant == true && always.empty()) always = name;
        branches.push_back({prefix + std::string(name), std::move(when->expression)});
    }

    static void add_name(std::string_view name, const std::string& pointer, Reading& reading, bool may_be_known) {
        std::vector<std::string>& names = reading.checked().branches;
        if (!is_branch_name(name) || name == "reject" || name == "drop") {
            reading.problem(pointer, "wrong_value",
                            "\"" + std::string(name) +
                                "\" is no name of a branch: lower-case letters, digits and \"-\", not reject or drop");
        }
        const bool known = std::ranges::find(names, name) != names.end();
        if (known && !may_be_known) {
            reading.problem(pointer, "duplicate_name",
                            "there are two branches with the name \"" + std::string(name) + "\"");
        }
        if (!known) names.emplace_back(name);
    }

    Status run(const Services&, Frame& frame, Emit& emit) const {
        const std::string* taken = otherwise.empty() ? nullptr : &otherwise;
        for (const Branch& branch : branches) {
            const expr::Value verdict = frame.evaluate(branch.when);
            if (verdict.is_error()) return frame.failed(branch.when, verdict);
            if (verdict.is_false()) continue;
            if (!verdict.is_true()) return frame.unexpected(branch.when, "true or false", verdict);
            taken = &branch.path;
            break;
        }
        WEIR_CHECK_OK(frame.settled());
        if (taken != nullptr) {
            Meta meta;
            set_attribute(frame, meta, kAttribute, *taken);
            emit.pass(meta);
            return ok();
        }
        const std::string message = "none of the " + std::to_string(branches.size()) + " branches matches";
        if (!drop) return frame.refuse("branches", "NO_BRANCH", message);
        emit.filter("NO_BRANCH", message);
        return ok();
    }

    Program program;
    std::string prefix;
    std::vector<Branch> branches;
    std::string otherwise;  // "": drop or reject
    bool drop = false;
    std::string always;  // the first branch whose condition is true whatever comes
};

}  // namespace

WEIR_STEP(kSwitchStep, "switch", SwitchPlan)

}  // namespace weir::steps
