#include "splice.hpp"

#include "template.hpp"

#include <weir/error.hpp>

namespace weir::enrich {

namespace {

std::size_t offset_behind(std::string_view part, std::string_view whole) {
    return static_cast<std::size_t>(part.data() + part.size() - whole.data());
}

}  // namespace

std::string with_member(JsonParser& parser, std::string_view payload, std::string_view name, std::string_view value,
                        bool replace) {
    const JsonValue document = parse_payload(parser, payload);
    if (!document.is_object()) {
        throw Reject("NOT_AN_OBJECT", "the payload is " + std::string(to_string(document.type())) +
                                          ", expected an object to put \"" + std::string(name) + "\" into");
    }
    std::string out;
    out.reserve(payload.size() + name.size() + value.size() + 8);
    if (const JsonValue old = document[name]; old.exists()) {
        if (!replace) throw Reject("MEMBER_EXISTS", "the payload has a member \"" + std::string(name) + "\" already");
        const std::size_t end = offset_behind(old.raw(), payload);
        out.append(payload, 0, end - old.raw().size());
        return out.append(value).append(payload, end);
    }
    // Behind the last member, before white space that follows it; of an empty object behind the brace.
    std::size_t at = offset_behind(document.raw().substr(0, 1), payload);
    for (const auto& [key, member] : document.members()) at = offset_behind(member.raw(), payload);
    out.append(payload, 0, at);
    if (document.size() > 0) out += ',';
    append_json_string(out, name);
    out += ':';
    return out.append(value).append(payload, at);
}

}  // namespace weir::enrich
