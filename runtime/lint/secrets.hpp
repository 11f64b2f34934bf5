// What looks like a credential.
#pragma once

#include <string_view>

namespace weir::lint {

// What kind of secret the value of a setting looks like: "a private key", "a password in a URL"; "" when it does not.
// `field` is the setting's name: an accidental looking value is suspicious in `token`, and not in `path`.
[[nodiscard]] std::string_view secret_in(std::string_view field, std::string_view value);

}  // namespace weir::lint
