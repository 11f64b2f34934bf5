// A JSON document as values that are made when an expression asks for them. The text is read once, into the SDK's flat
// tape; maps, lists and numbers become values on access, and every part can still be found in the text as it was
// written: what is only copied keeps its bytes.
#pragma once

#include <string_view>
#include <unordered_map>
#include <weir/json.hpp>

#include "runtime/expr/value.hpp"

namespace weir::steps {

// One document at a time, reused: after the first few nothing is allocated for a small one. One thread.
class JsonDocument {
  public:
    // `text` must outlive what is made of it. `invalid`: code json_syntax, json_utf8, json_duplicate_key or
    // json_too_deep (JsonParser::kDepthMax); root() is absent then. Values of the document before become invalid.
    [[nodiscard]] Status parse(std::string_view text);
    [[nodiscard]] JsonValue root() const noexcept { return root_; }

    // `json` is a part of this document. Strings are views; whole numbers that 64 bits hold are int, others decimal. A
    // number beyond 38 digits is an error value of kind out_of_range: it can be copied, not computed with.
    [[nodiscard]] expr::Value value(const JsonValue& json, expr::Arena& arena);

    // What has more parts than this is made once, with an index: expressions may look things up in it in a loop.
    static constexpr std::size_t kLargeParts = 32;

  private:
    // A document this large is an exception: the memory it took is given back before the next one.
    static constexpr std::size_t kKeptBytes = std::size_t{256} * 1024;
    [[nodiscard]] expr::Value container(const JsonValue& json, expr::Arena& arena);

    JsonParser parser_;
    JsonValue root_;
    std::size_t bytes_ = 0;
    std::unordered_map<const char*, expr::Value> large_;  // by where they begin
};

// The part of a document that a map or a list is; absent when it was not made by a JsonDocument.
[[nodiscard]] JsonValue json_of(const expr::Value& value) noexcept;

}  // namespace weir::steps
