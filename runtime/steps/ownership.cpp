// ownership: refuses a record that writes what another system owns.
#include <algorithm>
#include <map>

#include "runtime/steps/pointers.hpp"
#include "runtime/steps/step.hpp"

namespace weir::steps {
namespace {

constexpr std::string_view kEverything = "*";
constexpr std::string_view kAnybody = "*";

struct OwnershipPlan {
    struct Owned {
        Pointer place;
        std::string system;
    };
    struct Violation {
        std::string member;
        const std::string* owner;
    };

    OwnershipPlan(const JsonValue& settings, Reading& reading) {
        object = settings["object"].string().value_or("");
        const JsonValue writer = settings["system"];
        if (writer["$const"].is_string()) {
            system = *writer["$const"].string();
        } else if (writer.exists()) {
            expression = reading.expression_of({"string"}, writer, "/system");
        }
        for (const auto& [place, owner] : settings["owners"].members()) {
            if (place == kEverything) {
                everything = owner.string().value_or("");
                continue;
            }
            auto pointer = parse_pointer(place);
            if (!pointer) {
                reading.problem(
                    child("/owners", place), "wrong_value",
                    "expected \"*\" or a JSON pointer like \"/payment_terms\", found \"" + std::string(place) + "\"");
                continue;
            }
            owners.push_back({std::move(*pointer), std::string(owner.string().value_or(""))});
        }
        program.slots = reading.slots();
        program.reads_tables = reading.reads_tables();
        reading.keep_data();
    }

    Status run(const Services&, Frame& frame, Emit& emit) const {
        std::string_view writer = expression ? std::string_view() : system ? *system : frame.record().source();
        if (expression) {
            const expr::Value value = frame.evaluate(*expression);
            if (value.is_error()) return frame.failed(*expression, value);
            if (!value.is(expr::Kind::string)) return frame.unexpected(*expression, "the name of a system", value);
            writer = value.as_text();
        }
        if (frame.has_data()) {
            WEIR_CHECK_OK(frame.read());
            std::vector<Violation> found;
            std::vector<std::size_t> open(owners.size());
            for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
            visit(frame.data(), "", 0, open, everything, writer, found);
            if (!found.empty()) return refused(frame, writer, found);
        } else if (!may_write(everything, writer)) {
            return refused(frame, writer, {{"", &everything}});
        }
        WEIR_CHECK_OK(frame.settled());
        emit.pass();
        return ok();
    }

    static bool may_write(const std::string& owner, std::string_view writer) {
        return owner.empty() || owner == kAnybody || owner == writer;
    }

    // `open`: entries whose first `depth` tokens fit. The most specific entry counts, a later one among equals.
    void visit(const JsonValue& value, const std::string& member, std::size_t depth,
               const std::vector<std::size_t>& open, const std::string& inherited, std::string_view writer,
               std::vector<Violation>& found) const {
        const std::string* owner = &inherited;
        std::vector<std::size_t> deeper;
        for (const std::size_t i : open) {
            if (owners[i].place.tokens.size() == depth) {
                owner = &owners[i].system;
            } else {
                deeper.push_back(i);
            }
        }
        const auto below = [&](std::string_view token, const JsonValue& part) {
            std::vector<std::size_t> inner;
            for (const std::size_t i : deeper) {
                const std::string& wanted = owners[i].place.tokens[depth];
                if (wanted == token || wanted == kEverything) inner.push_back(i);
            }
            visit(part, member + "/" + std::string(token), depth + 1, inner, *owner, writer, found);
        };
        // Only where a part may belong to somebody else is it looked at by itself; of the record, always.
        if ((deeper.empty() && depth > 0) || value.size() == 0) {
            if (depth > 0 && !may_write(*owner, writer)) found.push_back({member, owner});
            return;
        }
        for (const auto& [key, part] : value.members()) below(key, part);
        std::size_t index = 0;
        for (const JsonValue part : value.elements()) below(std::to_string(index++), part);
    }

    Error refused(Frame& frame, std::string_view writer, const std::vector<Violation>& found) const {
        std::string message = "\"" + std::string(writer) + "\" writes \"" + found[0].member + "\" of " +
                              (object.empty() ? "the record" : object) + ", which \"" + *found[0].owner + "\" owns";
        if (found.size() > 1) message += ", and " + std::to_string(found.size() - 1) + " more";
        Error error = frame.refuse("data", "NOT_OWNER", std::move(message));
        error.errc = Errc::rejected;  // a rule of ours
        return error;
    }

    Program program;
    std::string object;
    std::optional<std::string> system;
    std::optional<Expression> expression;
    std::string everything;  // "": nobody in particular
    std::vector<Owned> owners;
};

}  // namespace

WEIR_STEP(kOwnershipStep, "ownership", OwnershipPlan)

}  // namespace weir::steps
