// The one place where loading a configuration touches the process; everything else gets it as a function.
#include <unistd.h>

#include "runtime/config/config.hpp"

namespace weir::config {

Environment process_environment() {
    return [](std::string_view name) -> std::optional<std::string> {
        for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
            const std::string_view pair(*entry);
            if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name)) {
                return std::string(pair.substr(name.size() + 1));
            }
        }
        return std::nullopt;
    };
}

}  // namespace weir::config
