#include "runtime/steps/pointers.hpp"

#include <algorithm>

namespace weir::steps {

namespace {

constexpr std::string_view kAll = "*";

}  // namespace

bool Pointer::covers(const Pointer& other) const noexcept {
    if (tokens.size() > other.tokens.size()) return false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i] != kAll && tokens[i] != other.tokens[i]) return false;
    }
    return true;
}

std::optional<Pointer> parse_pointer(std::string_view text) {
    if (!text.starts_with('/') || text.find(' ') != std::string_view::npos) return std::nullopt;
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
        if (auto pointer = parse_pointer(one)) pointers.push_back(std::move(*pointer));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
    }
    return pointers;
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
        if (!exists) reading.warn(at, "unknown_field", "data has no \"" + parsed->text + "\"");
        pointers.push_back(std::move(*parsed));
    }
    return pointers;
}

const expr::Shape* shape_at(const expr::Shape* root, const Pointer& pointer, bool* exists) {
    const expr::Shape* at = root;
    for (const std::string& token : pointer.tokens) {
        if (at == nullptr) return nullptr;
        const expr::Field* field = at->find(token);
        if (field != nullptr) {
            at = field->shape;
        } else if ((at->types & expr::Shape::kList) != 0) {
            at = at->items;
        } else {
            if (exists != nullptr && token != kAll && at->closed && at->additional == nullptr) *exists = false;
            at = at->additional;
        }
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
