#include "idempotency.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "item.hpp"

namespace http_plugin {

namespace {

constexpr std::size_t kKeyMax = 255;
constexpr std::string_view kPartition = "idempotency-key/";
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kHeadBytes = 8 + 2 * kDigestBytes;  // of a cursor: sequence, key, fingerprint; the answer follows

bool token_char(char c) {
    constexpr std::string_view kOther = "!#$%&'*+-.^_`|~:/";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOther.find(c) != std::string_view::npos;
}

class Sha256 {
  public:
    Sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    ~Sha256() { EVP_MD_CTX_free(context_); }
    // With its length, so that parts do not run into each other.
    Sha256& part(std::string_view bytes) {
        const std::uint64_t size = bytes.size();
        EVP_DigestUpdate(context_, &size, sizeof size);
        EVP_DigestUpdate(context_, bytes.data(), bytes.size());
        return *this;
    }
    [[nodiscard]] std::string digest() {
        std::string out(kDigestBytes, '\0');
        EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(out.data()), nullptr);
        return out;
    }

  private:
    EVP_MD_CTX* context_;
};

}  // namespace

std::optional<std::string> parse_idempotency_key(std::string_view field) {
    std::string key;
    if (field.starts_with('"')) {
        if (field.size() < 2 || !field.ends_with('"')) return std::nullopt;
        field = field.substr(1, field.size() - 2);
        for (std::size_t i = 0; i < field.size(); ++i) {
            const bool escape = field[i] == '\\';
            if (escape && ++i == field.size()) return std::nullopt;
            const char c = field[i];
            const bool special = c == '"' || c == '\\';
            if (escape != special || c < 0x20 || c > 0x7e) return std::nullopt;
            key += c;
        }
    } else {
        if (!std::all_of(field.begin(), field.end(), token_char)) return std::nullopt;
        key = field;
    }
    if (key.empty() || key.size() > kKeyMax) return std::nullopt;
    return key;
}

std::string request_fingerprint(std::span<const weir_attr> headers, std::string_view body) {
    std::vector<std::pair<std::string_view, std::string_view>> said;
    for (const weir_attr& header : headers) {
        const std::string_view name = to_view(header.key);
        if (name == "content-type" || name.starts_with("ce-")) said.emplace_back(name, to_view(header.value));
    }
    std::sort(said.begin(), said.end());  // a proxy may put fields in another order
    Sha256 hash;
    for (const auto& [name, value] : said) hash.part(name).part(value);
    return hash.part(body).digest();
}

IdempotencyKeys::Claim IdempotencyKeys::claim(std::string_view key, std::string fingerprint) {
    const std::string digest = Sha256().part(key).digest();
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[digest];
    if (entry.in_progress) return {KeyUse::in_progress, 0, {}};
    const bool known = entry.sequence != 0;
    if (known && entry.fingerprint != fingerprint) return {KeyUse::reused, 0, {}};
    if (known && !entry.answer.empty()) return {KeyUse::answered, 0, entry.answer};
    entry.fingerprint = std::move(fingerprint);
    entry.in_progress = true;
    entry.stored = known;
    if (!known) {
        entry.sequence = next_sequence_++;
        keys_.emplace(entry.sequence, digest);
    }
    const std::uint64_t sequence = entry.sequence;
    drop_oldest();
    return {KeyUse::fresh, sequence, {}};
}

IdempotencyKeys::Place IdempotencyKeys::place(std::uint64_t sequence, std::string_view answer) const {
    const std::lock_guard lock(mutex_);
    const std::string& key = keys_.at(sequence);
    Place place{std::string(kPartition) + std::to_string(sequence % kept_), {}};
    place.cursor.assign(reinterpret_cast<const char*>(&sequence), sizeof sequence);
    place.cursor += key;
    place.cursor += entries_.at(key).fingerprint;
    if (answer.size() <= kAnswerMax) place.cursor += answer;
    return place;
}

void IdempotencyKeys::done(std::uint64_t sequence, std::string answer) {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_.at(keys_.at(sequence));
    entry.in_progress = false;
    if (answer.size() <= kAnswerMax) entry.answer = std::move(answer);
}

void IdempotencyKeys::forget(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    const auto key = keys_.find(sequence);
    const auto entry = entries_.find(key->second);
    entry->second.in_progress = false;
    if (entry->second.stored) return;  // by an earlier use, whose records are there
    entries_.erase(entry);
    keys_.erase(key);
}

void IdempotencyKeys::load(std::string_view partition, std::string_view cursor) {
    if (!partition.starts_with(kPartition) || cursor.size() < kHeadBytes) return;
    const std::lock_guard lock(mutex_);
    std::uint64_t sequence = 0;
    std::copy_n(cursor.data(), sizeof sequence, reinterpret_cast<char*>(&sequence));
    std::string key(cursor.substr(sizeof sequence, kDigestBytes));
    if (sequence == 0) return;
    Entry& entry = entries_[key];
    // Twice when `kept` was changed between: the same key in an old slot and, forgotten meanwhile, in a new one.
    if (entry.sequence > sequence) return;
    keys_.erase(entry.sequence);
    entry.fingerprint = cursor.substr(sizeof sequence + kDigestBytes, kDigestBytes);
    entry.answer = cursor.substr(kHeadBytes);
    entry.sequence = sequence;
    keys_.emplace(sequence, std::move(key));
    next_sequence_ = std::max(next_sequence_, sequence + 1);
    drop_oldest();
}

// Those whose slot has gone to a later key. One in progress is not dropped: it is found again when it is done.
void IdempotencyKeys::drop_oldest() {
    while (!keys_.empty() && keys_.begin()->first + kept_ < next_sequence_) {
        const auto entry = entries_.find(keys_.begin()->second);
        if (entry->second.in_progress) return;
        entries_.erase(entry);
        keys_.erase(keys_.begin());
    }
}

}  // namespace http_plugin
