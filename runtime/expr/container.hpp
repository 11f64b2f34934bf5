// The order in which a name is looked for in a container (langdef.md, "Name Resolution").
#pragma once

#include <string>
#include <string_view>

namespace weir::expr {

// In container a.b the name x is looked for as a.b.x, a.x and x; the name .x as x only. `look` answers an optional.
template <class Look>
[[nodiscard]] auto in_containers(std::string_view container, std::string_view name, const Look& look) {
    if (name.starts_with('.')) return look(name.substr(1));
    while (!container.empty()) {
        const std::string candidate = std::string(container) + "." + std::string(name);
        if (auto found = look(std::string_view(candidate))) return found;
        const std::size_t dot = container.rfind('.');
        container = container.substr(0, dot == std::string_view::npos ? 0 : dot);
    }
    return look(name);
}

}  // namespace weir::expr
