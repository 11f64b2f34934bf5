#include "runtime/expr/pattern.hpp"

#include <re2/re2.h>

namespace weir::expr {

void DeletePattern::operator()(const re2::RE2* pattern) const noexcept {
    std::default_delete<const re2::RE2>()(pattern);
}

Pattern compile_pattern(std::string_view text) {
    constexpr std::int64_t kPatternBytesMax = 1 << 20;
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(kPatternBytesMax);
    PatternPointer compiled(std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options).release());
    if (compiled->ok()) return {std::move(compiled), {}};
    return {nullptr, "\"" + std::string(text.substr(0, 60)) + "\" is not a regular expression: " + compiled->error()};
}

std::uint64_t compile_cost(const Pattern& pattern) {
    // What is too large has been worked on up to the limit of its size.
    constexpr std::uint64_t kRefused = 150'000;
    if (pattern.compiled == nullptr) return kRefused;
    return 200 + 4 * static_cast<std::uint64_t>(pattern.compiled->ProgramSize());
}

Value matches(Context& context, const re2::RE2& pattern, std::string_view text) {
    // RE2 takes a few instructions a byte; where its states are too many for its memory, up to the whole program.
    const auto program = static_cast<std::uint64_t>(pattern.ProgramSize());
    if (!context.charge(1 + text.size() / 4 + text.size() * program / 16)) return context.limit_error();
    return Value::boolean(re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern));
}

}  // namespace weir::expr
