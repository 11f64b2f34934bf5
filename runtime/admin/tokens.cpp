#include "runtime/admin/tokens.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "runtime/admin/describe.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kFileMax = 1u << 20;

Error failed(const std::filesystem::path& file, std::string_view what) {
    return {Errc::unavailable, file.string() + ": " + std::string(what) + ": " + std::strerror(errno), "FILE", {}};
}

// RFC 4648 base32 in lower case, without padding.
std::string base32(std::string_view bytes) {
    constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    std::string out;
    std::uint32_t buffer = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        buffer = (buffer << 8) | static_cast<unsigned char>(c);
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            out += kAlphabet[(buffer >> bits) & 31];
        }
    }
    if (bits > 0) out += kAlphabet[(buffer << (5 - bits)) & 31];
    return out;
}

Result<Token> token_of(const Json& entry) {
    const auto text = [&](const char* name) {
        const auto at = entry.find(name);
        return at != entry.end() && at->is_string() ? at->get<std::string>() : std::string();
    };
    Token token;
    if (!entry.is_object()) return Error{Errc::invalid, "a token that is no object", "BAD_TOKENS", {}};
    token.name = text("name");
    token.sha256 = text("sha256");
    const auto role = role_of(text("role"));
    const auto created = parse_time(text("created"));
    const auto expires = text("expires").empty() ? std::optional<std::int64_t>(0) : parse_time(text("expires"));
    const bool sound =
        is_token_name(token.name) && token.sha256.size() == 64 && role && *role != Role::anybody && created && expires;
    if (!sound) return Error{Errc::invalid, "token \"" + token.name + "\" is not well-formed", "BAD_TOKENS", {}};
    token.role = *role;
    token.created_wall_ns = *created;
    token.expires_wall_ns = *expires;
    return token;
}

bool equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

bool is_token_name(std::string_view name) noexcept {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 64 && plain(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

Result<std::string> new_secret() {
    std::array<unsigned char, kSecretBytes> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
        return Error{Errc::unavailable, "the system has no random bytes", "NO_RANDOM", {}};
    }
    std::string secret = "weir_" + base32({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return secret;
}

std::string hash_of(std::string_view secret) { return fingerprint(secret); }

Status write_private_file(const std::filesystem::path& file, std::string_view content) {
    std::error_code ec;
    if (std::filesystem::create_directories(file.parent_path(), ec)) {
        std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all, ec);
    }
    const std::filesystem::path fresh = file.string() + ".new";
    ::unlink(fresh.c_str());
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return failed(fresh, "cannot be made");
    bool written = true;
    while (written && !content.empty()) {
        const ssize_t n = ::write(fd, content.data(), content.size());
        written = n > 0;
        if (written) content.remove_prefix(static_cast<std::size_t>(n));
    }
    written = written && ::fsync(fd) == 0;
    ::close(fd);
    if (!written) return failed(fresh, "cannot be written");
    if (::rename(fresh.c_str(), file.c_str()) != 0) return failed(file, "cannot be replaced");
    return ok();
}

Result<std::vector<Token>> load_tokens(const std::filesystem::path& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return std::vector<Token>{};
    if ((info.st_mode & 077) != 0) {
        return Error{Errc::invalid, file.string() + ": others may read or write it; chmod 600 it", "BAD_TOKENS", {}};
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) return failed(file, "cannot be read");
    std::string text;
    std::copy_n(std::istreambuf_iterator<char>(in),
                std::min<std::size_t>(kFileMax, static_cast<std::size_t>(info.st_size)), std::back_inserter(text));
    auto parsed = parse_json(text);
    if (!parsed) return std::move(parsed).error().in(file.string());
    std::vector<Token> tokens;
    for (const Json& entry : parsed->value("tokens", Json::array())) {
        auto token = token_of(entry);
        if (!token) return std::move(token).error().in(file.string());
        tokens.push_back(std::move(*token));
    }
    return tokens;
}

Status save_tokens(const std::filesystem::path& file, const std::vector<Token>& tokens) {
    Json entries = Json::array();
    for (const Token& token : tokens) {
        Json entry{{"name", token.name},
                   {"role", to_string(token.role)},
                   {"sha256", token.sha256},
                   {"created", format_time(token.created_wall_ns)}};
        if (token.expires_wall_ns != 0) entry["expires"] = format_time(token.expires_wall_ns);
        entries.push_back(std::move(entry));
    }
    return write_private_file(file, write_json(Json{{"tokens", entries}}, 2) + "\n");
}

TokenStore::TokenStore(std::filesystem::path file, std::string_view local)
    : file_(std::move(file)), local_hash_(hash_of(local)) {}

TokenStore::Stamp TokenStore::stamp() const {
    struct stat info {};
    if (::stat(file_.c_str(), &info) != 0) return {};
    return {std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_ino, info.st_size};
}

// A file that cannot be understood lets nobody in: an old state of it could hold a token that was revoked.
void TokenStore::read_again() {
    const Stamp now = stamp();
    if (now == stamp_) return;
    stamp_ = now;
    auto tokens = load_tokens(file_);
    if (!tokens) log::error("tokens refused", {{"reason", tokens.error().message}});
    tokens_ = tokens ? std::move(*tokens) : std::vector<Token>{};
    log::info("tokens read", {{"valid", tokens_.size()}});
}

std::optional<TokenStore::Holder> TokenStore::find(std::string_view secret, std::int64_t now_wall_ns) {
    const std::string hash = hash_of(secret);
    const std::scoped_lock lock(mutex_);
    read_again();
    std::optional<Holder> found;
    if (equal(hash, local_hash_)) found = Holder{"local", Role::admin, true};
    for (const Token& token : tokens_) {
        const bool valid = token.expires_wall_ns == 0 || now_wall_ns < token.expires_wall_ns;
        if (equal(hash, token.sha256) && valid) found = Holder{token.name, token.role, false};
    }
    return found;
}

}  // namespace weir::admin
