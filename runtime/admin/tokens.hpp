// Bearer tokens: who may call the administration API, and as what.
//
// A token is "weir_" and 32 random bytes in base32. The file keeps its SHA-256 only. A plain hash is enough, and a slow
// one (argon2, PBKDF2) would add nothing: those make guessing of what people think up expensive, and 256 random bits
// cannot be guessed. It also keeps a check so cheap that it is no way to load the host.
#pragma once

#include <weir/result.hpp>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/admin/operation.hpp"

namespace weir::admin {

struct Token {
    std::string name;  // [a-z0-9][a-z0-9._-]{0,63}
    Role role = Role::viewer;
    std::string sha256;  // hex
    std::int64_t created_wall_ns = 0;
    std::int64_t expires_wall_ns = 0;  // 0: never
};

[[nodiscard]] inline std::filesystem::path token_file(const std::filesystem::path& data_dir) {
    return data_dir / "admin" / "tokens.json";
}
// Empty when there is no such file. `invalid`: it is not one of ours, or others than its owner may read or write it.
[[nodiscard]] Result<std::vector<Token>> load_tokens(const std::filesystem::path& file);
// Replaces the file at once; mode 0600, its folder 0700.
[[nodiscard]] Status save_tokens(const std::filesystem::path& file, const std::vector<Token>& tokens);

// Text to be shown once. `unavailable`: no random bytes.
[[nodiscard]] Result<std::string> new_secret();
[[nodiscard]] std::string hash_of(std::string_view secret);
[[nodiscard]] bool is_token_name(std::string_view name) noexcept;

// Writes a file that only its owner may read, at once: a reader finds the old one or the new one.
[[nodiscard]] Status write_private_file(const std::filesystem::path& file, std::string_view content);

// The tokens of a running host: the file, read again whenever it changed, and one more for verbs on this machine.
// Any thread.
class TokenStore {
  public:
    // `local` is the secret of the token for local verbs.
    TokenStore(std::filesystem::path file, std::string_view local);

    struct Holder {
        std::string name;
        Role role = Role::anybody;
        bool local = false;
    };
    // Compares with every token, each in constant time, so that how long it takes tells nothing.
    [[nodiscard]] std::optional<Holder> find(std::string_view secret, std::int64_t now_wall_ns);

  private:
    struct Stamp {
        std::int64_t modified_ns = 0;
        std::uint64_t inode = 0;
        std::int64_t size = -1;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    [[nodiscard]] Stamp stamp() const;
    void read_again();

    std::filesystem::path file_;
    std::string local_hash_;
    std::mutex mutex_;
    Stamp stamp_;  // guarded by mutex_, like tokens_
    std::vector<Token> tokens_;
};

}  // namespace weir::admin
