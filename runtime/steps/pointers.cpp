#include "runtime/steps/pointers.hpp"

#include <algorithm>

#include "runtime/base/json_pointer.hpp"

namespace weir::steps {

namespace {

constexpr std::string_view kAll = "*";

// Only these lead into a list; a name leads nowhere, however well its elements know it.
bool is_element(std::string_view token) {
    return token == kAll || (!token.empty() && std::ranges::all_of(token, [](char c) { return c >= '0' && c <= '9'; }));
}

// What is known of the place below; null: nothing.
const expr::Shape* step_into(const expr::Shape& at, const std::string& token) {
    if (const expr::Field* field = at.find(token)) return field->shape;
    if ((at.types & expr::Shape::kList) != 0 && is_element(token)) return at.items;
    return at.additional;
}

// Can there be a place below, where nothing is known of it? Scalars have none.
bool may_have(const expr::Shape& at, const std::string& token) {
    if (at.find(token) != nullptr) return true;
    if ((at.types & expr::Shape::kList) != 0 && is_element(token)) return true;
    if ((at.types & expr::Shape::kObject) == 0) return false;
    return token == kAll || !at.closed || at.additional != nullptr;
}

// In the attribute a space separates: one inside of a pointer is written as in a URI fragment (RFC 6901, section 6).
std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool space = text.substr(i, 3) == "%20";
        if (!space && text.substr(i, 3) != "%25") {
            plain += text[i];
            continue;
        }
        plain += space ? ' ' : '%';
        i += 2;
    }
    return plain;
}

// A name that stands where a list is: most likely that of a member of its elements.
std::string element_hint(const expr::Shape* at, const Pointer& pointer) {
    std::string above;
    for (const std::string& token : pointer.tokens) {
        if (at == nullptr) return {};
        const bool in_list = (at->types & expr::Shape::kList) != 0 && !may_have(*at, token);
        if (in_list) return "\"" + above + "\" is a list: its elements are \"" + above + "/*\"";
        above += '/' + pointer_token(token);
        at = step_into(*at, token);
    }
    return {};
}

}  // namespace

bool Pointer::covers(const Pointer& other) const noexcept {
    if (tokens.size() > other.tokens.size()) return false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i] != kAll && tokens[i] != other.tokens[i]) return false;
    }
    return true;
}

std::optional<Pointer> parse_pointer(std::string_view text) {
    if (!text.starts_with('/')) return std::nullopt;
    Pointer pointer{std::string(text), {}};
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '/') {
            pointer.tokens.emplace_back();
        } else if (text[i] != '~') {
            pointer.tokens.back() += text[i];
        } else if (++i < text.size() && (text[i] == '0' || text[i] == '1')) {
            pointer.tokens.back() += text[i] == '0' ? '~' : '/';
        } else {
            return std::nullopt;
        }
    }
    return pointer;
}

std::vector<Pointer> parse_pointers(std::string_view text) {
    std::vector<Pointer> pointers;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(' '));
        if (auto pointer = parse_pointer(decoded(one))) pointers.push_back(std::move(*pointer));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
    }
    return pointers;
}

std::string joined(const std::vector<Pointer>& pointers) {
    std::string text;
    for (const Pointer& pointer : pointers) {
        if (!text.empty()) text += ' ';
        for (const char c : pointer.text) {
            if (c == ' ') {
                text += "%20";
            } else if (c == '%') {
                text += "%25";
            } else {
                text += c;
            }
        }
    }
    return text;
}

std::vector<Pointer> read_pointers(const JsonValue& list, const std::string& pointer, Reading& reading) {
    std::vector<Pointer> pointers;
    std::size_t index = 0;
    for (const JsonValue text : list.elements()) {
        const std::string at = child(pointer, index++);
        auto parsed = parse_pointer(text.string().value_or(""));
        if (!parsed) {
            reading.problem(at, "wrong_value",
                            "expected a JSON pointer like \"/customer/name\" or \"/lines/*/note\", found " +
                                std::string(text.raw()));
            continue;
        }
        bool exists = true;
        (void)shape_at(reading.data_shape(), *parsed, &exists);
        if (!exists) {
            reading.warn(at, "unknown_field", "data has no \"" + parsed->text + "\"",
                         element_hint(reading.data_shape(), *parsed));
        }
        pointers.push_back(std::move(*parsed));
    }
    return pointers;
}

const expr::Shape* shape_at(const expr::Shape* root, const Pointer& pointer, bool* exists) {
    const expr::Shape* at = root;
    for (const std::string& token : pointer.tokens) {
        if (at == nullptr) return nullptr;
        const expr::Shape* inner = step_into(*at, token);
        if (inner == nullptr && !may_have(*at, token) && exists != nullptr) *exists = false;
        at = inner;
    }
    return at;
}

Matches::Matches(const std::vector<Pointer>& pointers) {
    for (const Pointer& pointer : pointers) open_.push_back({&pointer, 0});
}

bool Matches::here() const noexcept {
    return std::ranges::any_of(open_, [](const Open& open) { return open.depth == open.pointer->tokens.size(); });
}

Matches Matches::below(std::string_view token) const {
    Matches inner;
    for (const auto& [pointer, depth] : open_) {
        if (depth == pointer->tokens.size()) continue;
        if (pointer->tokens[depth] == kAll || pointer->tokens[depth] == token)
            inner.open_.push_back({pointer, depth + 1});
    }
    return inner;
}

}  // namespace weir::steps
