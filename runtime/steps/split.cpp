// split: makes a record of each element of a list.
#include <unordered_set>

#include "runtime/steps/elements.hpp"
#include "runtime/steps/envelope.hpp"
#include "runtime/steps/made.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/steps/template.hpp"

namespace weir::steps {
namespace {

constexpr std::size_t kRecordsMax = 10'000;

// A part of a schema, which it keeps.
class ItemSchema final : public expr::Schema {
  public:
    ItemSchema(std::shared_ptr<const expr::Schema> whole, const expr::Shape& item)
        : whole_(std::move(whole)), item_(item) {}
    [[nodiscard]] const expr::Shape& root() const noexcept override { return item_; }

  private:
    std::shared_ptr<const expr::Schema> whole_;
    const expr::Shape& item_;
};

struct SplitPlan {
    SplitPlan(const JsonValue& settings, Reading& reading) {
        if (auto read = reading.expression(settings["items"], "/items")) {
            if (!may_be_list(read->type())) {
                reading.problem("/items", "type_mismatch", "expected a list, found " + std::string(read->type()));
            }
            items = std::move(*read);
        }
        slot = reading.push_item("item", &items);
        if (const JsonValue tree = settings["fields"]; tree.exists()) {
            fields = read_template(tree, "/fields", false, reading);
            if (reading.checking()) {
                reading.set_data(made_schema(*fields, {false, nullptr, {}}, Decimals::string, reading), "");
            }
        } else {
            const expr::Shape* list = items.shape;
            if (list != nullptr && list->items != nullptr && reading.data() != nullptr) {
                reading.set_data(std::make_shared<ItemSchema>(reading.data(), *list->items),
                                 std::string(list->items->name));
            }
        }
        envelope = read_envelope(settings["record"], "/record", reading);
        reading.pop_item();
        filter_empty = settings["empty"].string() == "filter";
        program.slots = reading.slots();
        program.reads_tables = reading.reads_tables();
    }

    Status run(const Services&, Frame& frame, Emit& emit) const {
        if (!frame.has_data()) return frame.refuse("items", "NO_DATA", "the record is a deletion: it has no data");
        WEIR_CHECK_OK(frame.read());
        std::unordered_set<std::string> ids;
        auto visited =
            for_each_element(frame, items, slot, [&](std::size_t index) { return emit_one(frame, emit, index, ids); });
        if (!visited.ok()) return std::move(visited).error();
        WEIR_CHECK_OK(frame.settled());
        if (!ids.empty()) return ok();
        if (!filter_empty) return frame.refuse("items", "EMPTY", "the list has no elements");
        emit.filter("EMPTY", "the list has no elements");
        return ok();
    }

    Status emit_one(Frame& frame, Emit& emit, std::size_t index, std::unordered_set<std::string>& ids) const {
        if (index >= kRecordsMax) {
            return frame.refuse("items", "TOO_MANY",
                                "the list has more than " + std::to_string(kRecordsMax) + " elements");
        }
        std::string& out = frame.workspace().out;
        out.clear();
        WEIR_CHECK_OK(write_one(frame, index, out));
        const std::string usual = std::string(frame.record().id()) + "/" + std::to_string(index);
        Meta meta;
        meta.id = usual;
        WEIR_CHECK_OK(envelope.apply(frame, meta));
        if (!ids.emplace(meta.id).second) {
            return frame.refuse("record/id", "DUPLICATE_ID",
                                "two records of the split have the id \"" + std::string(meta.id) + "\"");
        }
        emit(out, meta);
        return ok();
    }

    Status write_one(Frame& frame, std::size_t index, std::string& out) const {
        if (!fields) return write_item(frame, slot, Decimals::string, out);
        TemplateWriter writer(frame, Decimals::string, out);
        switch (writer.write(*fields)) {
            case TemplateWriter::Wrote::value:
                return ok();
            case TemplateWriter::Wrote::failed:
                return std::move(writer.take_error()).in("element " + std::to_string(index));
            case TemplateWriter::Wrote::nothing:
                break;
        }
        return frame.refuse("fields", "WRONG_TYPE", "expected a value, found nothing");
    }

    Program program;
    Expression items;
    std::uint32_t slot = 0;
    std::optional<Template> fields;
    Envelope envelope;
    bool filter_empty = false;
};

}  // namespace

WEIR_STEP(kSplitStep, "split", SplitPlan)

}  // namespace weir::steps
