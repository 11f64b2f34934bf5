// A libFuzzer target: any bytes as JSON, with simdjson as the judge. What the SDK's reader takes simdjson takes, as the
// same values; what it refuses simdjson refuses, or it is one of the four things the reader is stricter about. Built
// and run like expr_fuzz.

#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <weir/json.hpp>

namespace {

using weir::JsonType;
using weir::JsonValue;
namespace dom = simdjson::dom;

void expect(bool good) {
    if (!good) std::abort();
}

void expect_same(const JsonValue& ours, const dom::element& theirs) {
    switch (theirs.type()) {
        case dom::element_type::OBJECT: {
            expect(ours.is_object());
            const dom::object object = theirs.get_object();
            expect(ours.size() == object.size());
            auto member = object.begin();
            for (const auto& [key, value] : ours.members()) {
                expect(key == member.key());
                expect(ours[key].raw().data() == value.raw().data());
                expect_same(value, member.value());
                ++member;
            }
            return;
        }
        case dom::element_type::ARRAY: {
            expect(ours.is_array());
            const dom::array array = theirs.get_array();
            expect(ours.size() == array.size());
            auto element = array.begin();
            for (const JsonValue value : ours.elements()) {
                expect_same(value, *element);
                ++element;
            }
            return;
        }
        case dom::element_type::STRING: {
            expect(ours.string() == std::string_view(theirs));
            // What is written is read as the same text.
            std::string written;
            weir::append_json_string(written, *ours.string());
            weir::JsonParser again;
            const auto read = again.parse(written);
            expect(read.ok() && read->string() == ours.string());
            return;
        }
        case dom::element_type::INT64:
            return expect(ours.integer() == std::int64_t(theirs));
        case dom::element_type::UINT64:
        case dom::element_type::DOUBLE:
            return expect(ours.is_number() && ours.number_text() == ours.raw());
        case dom::element_type::BOOL:
            return expect(ours.boolean() == bool(theirs));
        case dom::element_type::NULL_VALUE:
            return expect(ours.is_null());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A copy of exactly this size: reading a byte too far is then seen.
    const std::string text(reinterpret_cast<const char*>(data), size);
    static weir::JsonParser parser;  // reused, as it is meant to be
    static dom::parser judge;
    const auto ours = parser.parse(text);
    dom::element theirs;
    const auto code = judge.parse(simdjson::padded_string(text)).get(theirs);
    if (ours.ok()) {
        if (code == simdjson::NUMBER_ERROR) return 0;  // beyond 64 bits or a double: the reader keeps the text
        expect(code == simdjson::SUCCESS);
        expect_same(*ours, theirs);
    } else if (code == simdjson::SUCCESS) {
        const std::string& why = ours.error().code;
        const bool stricter = why == "json_duplicate_key" || why == "json_too_deep" ||
                              ours.error().message.find("a surrogate pair") != std::string::npos;
        expect(stricter);
    }
    return 0;
}
