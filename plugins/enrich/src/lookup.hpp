// Values by URL: kept, asked for, and used beyond their time while nobody answers.
#pragma once

#include "finder.hpp"

#include <weir/http.hpp>
#include <weir/json.hpp>
#include <weir/services.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::enrich {

// One call at a time.
class Lookup final : public Finder {
  public:
    // `config` must outlive it.
    Lookup(const Host& host, const Config& config);

    // One answer per URL, in their order; a URL that stands there twice is asked for once.
    [[nodiscard]] std::vector<Answer> find(const Call& call, std::span<const std::string> urls) override;
    void stop() noexcept override { stopped_ = true; }
    [[nodiscard]] std::chrono::nanoseconds wish() const noexcept override;

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
