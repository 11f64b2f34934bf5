// Values by URL: kept, asked for, and used beyond their time while nobody answers.
#pragma once

#include <weir/http.hpp>
#include <weir/json.hpp>
#include <weir/services.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::enrich {

enum class Missing { reject, null, drop };
WEIR_CONFIG_ENUM(Missing, reject, null, drop)

struct Config {
    std::string url;
    std::map<std::string, std::string> headers;
    std::optional<SecretRef> bearer;
    std::string pointer;  // into the answer; "": all of it
    std::string into;
    bool replace = false;
    std::chrono::milliseconds timeout{5'000};
    std::chrono::nanoseconds fresh_for{std::chrono::seconds{60}};
    std::chrono::nanoseconds stale_for{0};
    Missing missing = Missing::reject;
    std::uint32_t concurrency = 4;
};
WEIR_CONFIG(Config, url, headers, bearer, pointer, into, replace, timeout, fresh_for, stale_for, missing, concurrency)

// What is known about one URL.
struct Answer {
    enum class Kind : std::uint8_t {
        value,        // `text` is JSON
        missing,      // the source says that there is nothing, or nothing at the pointer
        refused,      // the source will never answer this; `text` says why
        unavailable,  // neither an answer nor a value that may still be used; `text` says why
    };
    Kind kind = Kind::unavailable;
    std::string text;
    bool stale = false;       // used although its time is over, because nobody answers
    std::int64_t age_ns = 0;  // of a value
};

// One call at a time.
class Lookup {
  public:
    // `config` must outlive it.
    Lookup(const Host& host, const Config& config);

    // One answer per URL, in their order; a URL that stands there twice is asked for once.
    [[nodiscard]] std::vector<Answer> find(const Call& call, std::span<const std::string> urls);
    // [any] find() asks nobody any more; what is under way ends by itself.
    void stop() noexcept { stopped_ = true; }
    // How long the source wishes not to be asked again; 0: it has no wish.
    [[nodiscard]] std::chrono::nanoseconds wish() const noexcept;

  private:
    struct Kept {
        std::string text;
        std::int64_t at_unix_ns = 0;
    };
    struct Wanted {
        std::string_view url;
        std::optional<Kept> kept;
        Answer answer;
    };

    [[nodiscard]] std::string key_of(std::string_view url) const;
    [[nodiscard]] std::optional<Kept> read(const State& state, std::string_view url) const;
    void keep(const State& state, std::string_view url, const Kept& value) const;
    void ask(const Call& call, std::span<Wanted* const> open);
    [[nodiscard]] bool ask_some(const Call& call, std::span<Wanted* const> some,
                                const std::vector<HttpHeader>& headers);
    [[nodiscard]] Answer judge(const HttpResponse& response);
    [[nodiscard]] Answer value_in(std::string_view body);
    void settle(const State& state, Wanted& wanted) const;

    const Config& config_;
    Host host_;
    HttpClient client_;
    std::optional<Secrets> secrets_;
    JsonParser parser_;
    // Answers of the last call. A batch of which a record waits is given again, and the state it wrote is dropped:
    // what was answered need not be asked for twice.
    std::unordered_map<std::string, Kept> recent_;
    std::int64_t not_before_mono_ns_ = 0;
    std::atomic<bool> stopped_{false};
};

}  // namespace weir::enrich
