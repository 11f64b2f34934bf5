// map: makes other data of a record's data.
#include <algorithm>
#include <vector>

#include "runtime/base/text.hpp"
#include "runtime/steps/envelope.hpp"
#include "runtime/steps/fit.hpp"
#include "runtime/steps/made.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/steps/template.hpp"

namespace weir::steps {
namespace {

struct MapPlan {
    MapPlan(const JsonValue& settings, Reading& reading) {
        if (const auto mapping = settings["mapping"].string()) {
            program.prefix = "mapping " + std::string(*mapping) + ": ";
        }
        read_input(settings, reading);
        pass = settings["pass"].boolean().value_or(false);
        for (const JsonValue name : settings["drop"].elements()) drop.emplace_back(name.string().value_or(""));
        decimals = settings["decimals"].string() == "number" ? Decimals::number : Decimals::string;

        program.lets = reading.lets(settings["let"], "/let");
        const bool omit_null = settings["omit_null"].boolean().value_or(false);
        fields = read_template(settings["fields"], "/fields", omit_null, reading);
        envelope = read_envelope(settings["record"], "/record", reading);
        reading.end_lets(program.lets, "/let");
        program.slots = reading.slots();
        program.reads_tables = reading.reads_tables();

        if (!drop.empty() && !pass) {
            reading.problem("/drop", "wrong_value",
                            "\"drop\" says what \"pass\" leaves out, and \"pass\" is not there");
        }
        check_drop(reading);
        if (pass && fields.kind != Template::Kind::object) {
            reading.problem("/fields", "wrong_value", "with \"pass\", \"fields\" is an object of members");
        }
        // Sorted for the search; `drop` keeps what is never taken over.
        for (const Template::Member& member : fields.members) drop.push_back(member.name);
        std::ranges::sort(drop);
        untouched = pass && drop.empty();
        read_output(settings, reading);
    }

    void read_input(const JsonValue& settings, Reading& reading) {
        const auto from = settings["from"].string();
        if (!from) return;
        auto schema = reading.contract(*from, "/from");
        if (schema == nullptr) return;
        const expr::Shape* known = reading.data_shape();
        if (known != nullptr && !known->name.empty() && known->name != schema->root().name) {
            reading.warn("/from", "contract_mismatch",
                         "data is " + std::string(known->name) + " here, not " + std::string(*from));
        }
        reading.expect_data(std::move(schema));
    }

    // What is not there cannot be left out: most likely another member was meant, and that one is taken over.
    void check_drop(Reading& reading) const {
        const expr::Shape* data = reading.data_shape();
        if (!pass || data == nullptr || !data->closed || data->additional != nullptr) return;
        std::vector<std::string_view> names;
        for (const expr::Field& field : data->fields) names.push_back(field.name);
        for (std::size_t i = 0; i < drop.size(); ++i) {
            if (data->find(drop[i]) != nullptr) continue;
            const std::string_view near = nearest_name(drop[i], names);
            reading.warn(child("/drop", i), "unknown_field", "data has no \"" + drop[i] + "\"",
                         near.empty() ? std::string() : "did you mean \"" + std::string(near) + "\"?");
        }
    }

    void read_output(const JsonValue& settings, Reading& reading) {
        const Passed passed = pass ? Passed{true, reading.data_shape(), drop} : Passed{false, nullptr, drop};
        if (const auto given = settings["into"].string()) {
            into = *given;
            auto target = reading.contract(into, "/into");
            if (target != nullptr) check_fit(fields, passed, decimals, target->root(), reading);
            reading.set_data(std::move(target), into);
        } else if (untouched) {
            reading.keep_data();
        } else if (reading.checking()) {
            reading.set_data(made_schema(fields, passed, decimals, reading), "");
        }
    }

    Status run(const Services&, Frame& frame, Emit& emit) const {
        Meta meta;
        if (!into.empty()) meta.schema = into;
        const Record& record = frame.record();
        if (!frame.has_data()) {
            WEIR_CHECK_OK(envelope.apply(frame, meta));
            emit.pass(meta);
            return ok();
        }
        WEIR_CHECK_OK(frame.read());
        std::string& out = frame.workspace().out;
        if (!untouched) {
            TemplateWriter writer(frame, decimals, out);
            WEIR_CHECK_OK(write_data(frame, writer, out));
        }
        WEIR_CHECK_OK(envelope.apply(frame, meta));
        WEIR_CHECK_OK(frame.settled());
        emit(untouched ? record.payload() : std::string_view(out), meta);
        return ok();
    }

    Status write_data(Frame& frame, TemplateWriter& writer, std::string& out) const {
        if (!pass) {
            switch (writer.write(fields)) {
                case TemplateWriter::Wrote::value:
                    return ok();
                case TemplateWriter::Wrote::nothing:
                    return frame.refuse("fields", "WRONG_TYPE", "expected a value, found nothing");
                case TemplateWriter::Wrote::failed:
                    return writer.take_error();
            }
        }
        const JsonValue data = frame.data();
        if (!data.is_object()) {
            return frame.refuse(
                "data", "WRONG_TYPE",
                "expected an object to take members over from, found " + std::string(to_string(data.type())));
        }
        out += '{';
        bool first = true;
        for (const auto& [key, value] : data.members()) {
            if (std::ranges::binary_search(drop, key)) continue;
            if (!first) out += ',';
            first = false;
            sdk_1::append_json_string(out, key);
            out += ':';
            out += value.raw();
        }
        for (const Template::Member& member : fields.members) {
            if (!writer.write_member(member, first)) return writer.take_error();
        }
        out += '}';
        return ok();
    }

    Program program;
    std::string into;
    bool pass = false;
    bool untouched = false;         // every member is taken over and none is added
    std::vector<std::string> drop;  // sorted; what `fields` makes itself too
    Decimals decimals = Decimals::string;
    Template fields;
    Envelope envelope;
};

}  // namespace

WEIR_STEP(kMapStep, "map", MapPlan)

}  // namespace weir::steps
