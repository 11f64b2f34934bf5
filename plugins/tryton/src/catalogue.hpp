// What Tryton's errors mean. Tryton answers them with HTTP 200 and a text for people, so the text is what there is to
// go by: the login asks for English, and this table knows the sentences (trytond 6.0, module account 6.0).
#pragma once

#include <weir/error.hpp>
#include <weir/json.hpp>

#include <span>
#include <string_view>

namespace tryton {

// Does a call change anything? Decides what a connection cut after the request was sent comes to.
enum class Effect { read, write };

struct Rule {
    std::string_view pattern;  // its parts, separated by '*', stand in the text in this order
    weir::Errc errc;           // rejected: refused for good. unavailable: surely not done. unknown: may be done
    std::string_view code;
};

// Sentences of UserError, and texts of everything else (faults of the database, bugs).
[[nodiscard]] std::span<const Rule> user_errors() noexcept;
[[nodiscard]] std::span<const Rule> faults() noexcept;

// The member "error" of a response. The message is Tryton's own text.
[[nodiscard]] weir::Error classify(const weir::JsonValue& error, Effect effect);

// Whose business a rejection with this code is.
[[nodiscard]] weir::ErrorClass class_of(std::string_view code) noexcept;

}  // namespace tryton
