// What a step says about the record around its data: `record: {id: ..., attributes: {...}}`.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/steps/reading.hpp"

namespace weir::steps {

struct Envelope {
    struct Field {
        std::string_view Meta::*member;
        Expression expression;
    };
    std::vector<Field> fields;
    std::optional<Expression> time;
    std::vector<std::pair<std::string, Expression>> attributes;

    // Sets what the expressions give. Null and an empty optional leave the field as it is and take an attribute away.
    // What `meta` then refers to lives as long as the frame.
    [[nodiscard]] Status apply(Frame& frame, Meta& meta) const;
};
[[nodiscard]] Envelope read_envelope(const JsonValue& record, const std::string& pointer, Reading& reading);
// {name: expression}.
[[nodiscard]] std::vector<std::pair<std::string, Expression>> read_attributes(const JsonValue& members,
                                                                              const std::string& pointer,
                                                                              Reading& reading);

// Sets, or with nullopt takes away, an attribute; the others are the record's. Names and values live as long as the
// frame.
void set_attribute(Frame& frame, Meta& meta, std::string_view name, std::optional<std::string_view> value);
[[nodiscard]] Status apply_attributes(const std::vector<std::pair<std::string, Expression>>& attributes, Frame& frame,
                                      Meta& meta);

}  // namespace weir::steps
