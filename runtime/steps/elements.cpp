#include "runtime/steps/elements.hpp"

#include <algorithm>

namespace weir::steps {

namespace {

using expr::Kind;
using expr::Value;

// An element costs a step, so that lists within lists end at the limit of the record.
Status charge(Frame& frame, const Expression& list) {
    if (frame.context().charge(1) && frame.context().arena().fits(frame.workspace().out.size())) return ok();
    return frame.failed(list, frame.context().limit_error());
}

Status set_index(Frame& frame, std::uint32_t slot, std::size_t index) {
    frame.set(slot + 1, Value::integer(static_cast<std::int64_t>(index)));
    return ok();
}

Error not_a_list(Frame& frame, const Expression& list, const Value& found) {
    Error error = frame.unexpected(list, "a list", found);
    error.code = "NOT_A_LIST";
    return error;
}

}  // namespace

Result<bool> for_each_element(Frame& frame, const Expression& list, std::uint32_t slot,
                              const std::function<Status(std::size_t index)>& visit) {
    JsonValue json;
    const Frame::Found found = frame.follow(list, json);
    if (found == Frame::Found::nothing || json.is_null()) return false;
    std::size_t index = 0;
    if (json.is_array()) {
        for (const JsonValue element : json.elements()) {
            WEIR_CHECK_OK(charge(frame, list));
            frame.set(slot, element);
            WEIR_CHECK_OK(set_index(frame, slot, index));
            WEIR_CHECK_OK(visit(index++));
        }
        return true;
    }
    Value value = frame.evaluate(list);
    while (value.is(Kind::optional) && value.as_optional() != nullptr) value = *value.as_optional();
    if (value.is_error()) return frame.failed(list, value);
    if (value.is(Kind::null) || value.is(Kind::optional)) return false;
    if (!value.is(Kind::list)) return not_a_list(frame, list, value);
    for (const Value& element : value.as_list().items(frame.workspace().arena)) {
        WEIR_CHECK_OK(charge(frame, list));
        frame.set(slot, element);
        WEIR_CHECK_OK(set_index(frame, slot, index));
        WEIR_CHECK_OK(visit(index++));
    }
    return true;
}

Status write_item(Frame& frame, std::uint32_t slot, Decimals decimals, std::string& out) {
    if (const JsonValue json = frame.json_at(slot); json.exists()) {
        out += json.raw();
        return ok();
    }
    return write_value(frame.variable(slot, frame.context()), decimals, frame.context(), out);
}

bool may_be_list(std::string_view type) noexcept {
    while (type.starts_with("optional(") && type.ends_with(')')) type = type.substr(9, type.size() - 10);
    return type == "dyn" || type == "null_type" || type.starts_with("list");
}

bool is_name(std::string_view text) noexcept {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && letter(text[0]) && text != "record" && text != "index" &&
           std::ranges::all_of(text, [&](char c) { return letter(c) || digit(c); });
}

}  // namespace weir::steps
