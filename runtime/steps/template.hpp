// The tree of `fields`: it has the form of the JSON it makes. A string is an expression; numbers, booleans and null
// stand for themselves; {$value, $default, $omit_if_null}, {$each, $as, $where, $fields} and {$const} say the rest.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/steps/output.hpp"
#include "runtime/steps/reading.hpp"

namespace weir::steps {

struct Template {
    enum class Kind : std::uint8_t { constant, expression, object, list, each };
    Kind kind = Kind::constant;
    std::string pointer;  // into the settings
    std::string json;     // a constant

    std::optional<Expression> expression;  // or the list of an each
    std::unique_ptr<Template> fallback;    // $default
    bool omit_null = false;

    struct Member;
    std::vector<Member> members;  // of an object
    std::vector<Template> items;  // of a list

    std::uint32_t slot = 0;  // of an each: the element; its index is the next
    std::optional<Expression> where;
    std::unique_ptr<Template> body;  // null: the element as it is
};
struct Template::Member {
    std::string name;
    std::string key;  // `"name":`
    Template value;
};

// May its value be absent, so that a member is left out? Null is a value.
[[nodiscard]] bool may_be_nothing(const Template& tree);

// `omit_null` is what holds where a leaf does not say.
[[nodiscard]] Template read_template(const JsonValue& tree, const std::string& pointer, bool omit_null,
                                     Reading& reading);

// Writes one template for one record.
class TemplateWriter {
  public:
    TemplateWriter(Frame& frame, Decimals decimals, std::string& out) : frame_(frame), decimals_(decimals), out_(out) {}

    enum class Wrote : std::uint8_t { value, nothing, failed };
    [[nodiscard]] Wrote write(const Template& tree);
    // `"key":value`, with a comma when `first` is false; `first` becomes false when something was written.
    [[nodiscard]] bool write_member(const Template::Member& member, bool& first);
    [[nodiscard]] Error take_error() { return std::move(error_); }

  private:
    Wrote write_expression(const Template& tree);
    Wrote write_value(const Template& tree, const expr::Value& value);
    Wrote nothing(const Template& tree);
    Wrote null(const Template& tree);
    Wrote write_object(const Template& tree);
    Wrote write_list(const Template& tree);
    Wrote write_each(const Template& tree);
    // False: failed.
    bool write_element(const Template& tree, bool& first);
    Wrote fail(Error error) {
        error_ = std::move(error);
        return Wrote::failed;
    }

    Frame& frame_;
    Decimals decimals_;
    std::string& out_;
    Error error_;
};

}  // namespace weir::steps
