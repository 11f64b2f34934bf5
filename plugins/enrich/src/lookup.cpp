#include "lookup.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace weir::enrich {

namespace {

constexpr std::uint64_t kAnswerMax = 512u << 10;  // below what the host keeps as one value of state
constexpr std::size_t kStateKeyMax = 512;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kWishMax = 24 * 3600;  // seconds

// Retry-After in seconds (RFC 9110, section 10.2.3); 0 for a date, or none: the host's own back-off.
std::int64_t retry_after_ns(std::string_view text) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (end != text.data() + text.size() || seconds < 0) return 0;
    return (error == std::errc::result_out_of_range ? kWishMax : std::min(seconds, kWishMax)) * kSecond;
}

// Whether a status says nothing about what is asked for: come back later, or once somebody has renewed a credential.
bool says_nothing(std::int32_t status) {
    return status >= 500 || status == 401 || status == 403 || status == 407 || status == 408 || status == 425 ||
           status == 429;
}

Answer unavailable(std::string why) { return {.kind = Answer::Kind::unavailable, .text = std::move(why)}; }

}  // namespace

Lookup::Lookup(const Host& host, const Config& config) : config_(config), host_(host), client_(host) {
    if (config.bearer) secrets_.emplace(host);
    if (config.concurrency == 0) throw ConfigError("/concurrency", "found 0, expected at least 1");
    if (!config.url->starts_with("http://") && !config.url->starts_with("https://")) {
        throw ConfigError("/url", "found \"" + *config.url + "\", expected an http or https URL");
    }
    (void)host.require<weir_svc_state>(WEIR_SVC_STATE);
}

std::chrono::nanoseconds Lookup::wish() const noexcept {
    return std::chrono::nanoseconds(std::max<std::int64_t>(0, not_before_mono_ns_ - host_.mono().count()));
}

// Another part of the same answer is another value.
std::string Lookup::key_of(std::string_view url) const { return std::string(url) + ' ' + config_.pointer; }

std::optional<Lookup::Kept> Lookup::read(const State& state, std::string_view url) const {
    const std::string key = key_of(url);
    std::optional<Kept> kept;
    if (const auto recent = recent_.find(std::string(url)); recent != recent_.end()) kept = recent->second;
    if (key.size() > kStateKeyMax) return kept;
    const auto stored = unwrap(state.get(key));
    if (!stored) return kept;
    Kept durable;  // "<unix ns> <JSON>"
    const char* const end = stored->data() + stored->size();
    const auto [stop, error] = std::from_chars(stored->data(), end, durable.at_unix_ns);
    if (error != std::errc{} || stop == end) return kept;
    if (kept && kept->at_unix_ns >= durable.at_unix_ns) return kept;
    durable.text.assign(stop + 1, end);
    return durable;
}

void Lookup::keep(const State& state, std::string_view url, const Kept& value) const {
    const std::string key = key_of(url);
    const std::int64_t age = host_.wall_unix_ns() - value.at_unix_ns;
    const auto left = config_.fresh_for + config_.stale_for - std::chrono::nanoseconds(age);
    // A URL that is too long for a key is asked for again after a restart. 0 would be for ever.
    if (key.size() > kStateKeyMax || left.count() <= 0) return;
    unwrap(state.put(key, std::to_string(value.at_unix_ns) + ' ' + value.text, left));
}

std::vector<Answer> Lookup::find(const Call& call, std::span<const std::string> urls) {
    const State state(host_, call);
    std::vector<Wanted> wanted;
    std::unordered_map<std::string_view, std::size_t> index;
    for (const std::string& url : urls) {
        if (index.try_emplace(url, wanted.size()).second) wanted.push_back({url, read(state, url), {}});
    }
    const std::int64_t now = host_.wall_unix_ns();
    std::vector<Wanted*> open;
    for (Wanted& one : wanted) {
        // A value of the future was kept before the clock was set back: nobody knows how old it is.
        if (one.kept && one.kept->at_unix_ns > now) one.kept.reset();
        const std::int64_t age = one.kept ? now - one.kept->at_unix_ns : 0;
        if (one.kept && age < config_.fresh_for.count()) {
            one.answer = {.kind = Answer::Kind::value, .text = one.kept->text, .age_ns = age};
            if (recent_.contains(std::string(one.url))) keep(state, one.url, *one.kept);
        } else {
            open.push_back(&one);
        }
    }
    if (call.dry_run()) {
        for (Wanted* one : open) one->answer.kind = Answer::Kind::missing;
    } else if (!open.empty()) {
        ask(call, open);
    }
    for (Wanted* one : open) settle(state, *one);

    std::unordered_map<std::string, Kept> used;
    for (Wanted& one : wanted) {
        if (one.kept) used.emplace(one.url, *std::move(one.kept));
    }
    recent_ = std::move(used);
    std::vector<Answer> answers;
    answers.reserve(urls.size());
    for (const std::string& url : urls) answers.push_back(wanted[index.at(url)].answer);
    return answers;
}

// What the answer, or that there is none, means for the value that is kept.
void Lookup::settle(const State& state, Wanted& wanted) const {
    const std::int64_t now = host_.wall_unix_ns();
    switch (wanted.answer.kind) {
        case Answer::Kind::value:
            wanted.kept = Kept{wanted.answer.text, now};
            keep(state, wanted.url, *wanted.kept);
            return;
        case Answer::Kind::missing:
        case Answer::Kind::refused:  // the source has spoken: an older value is not its word any more
            if (const std::string key = key_of(wanted.url); wanted.kept && key.size() <= kStateKeyMax) {
                unwrap(state.del(key));
            }
            wanted.kept.reset();
            return;
        case Answer::Kind::unavailable:
            break;
    }
    if (!wanted.kept) return;
    const std::int64_t age = now - wanted.kept->at_unix_ns;
    if (age < (config_.fresh_for + config_.stale_for).count()) {
        wanted.answer = {.kind = Answer::Kind::value, .text = wanted.kept->text, .stale = true, .age_ns = age};
    }
}

void Lookup::ask(const Call& call, std::span<Wanted* const> open) {
    const auto all_unavailable = [](std::span<Wanted* const> these, const std::string& why) {
        for (Wanted* one : these) one->answer = unavailable(why);
    };
    if (wish().count() > 0) return all_unavailable(open, "the source asked not to be asked again so soon");
    std::vector<HttpHeader> headers{{"Accept", "application/json"}};
    for (const auto& [name, value] : config_.headers) headers.push_back({name, value});
    std::string authorization;
    if (config_.bearer) {
        const auto secret = secrets_->get(*config_.bearer);
        if (!secret) return all_unavailable(open, secret.error().message);
        authorization = "Bearer " + std::string(secret->reveal());
        headers.push_back({"Authorization", authorization});
    }
    // As many at once as may be under way: when none of them is answered, the others would only wait for as long.
    while (!open.empty()) {
        if (stopped_ || call.cancelled()) return all_unavailable(open, "stopped before it was asked");
        const auto some = open.first(std::min<std::size_t>(open.size(), config_.concurrency));
        open = open.subspan(some.size());
        if (!ask_some(call, some, headers)) return all_unavailable(open, some.front()->answer.text);
    }
}

// False: nobody answers.
bool Lookup::ask_some(const Call& call, std::span<Wanted* const> some, const std::vector<HttpHeader>& headers) {
    std::vector<HttpRequest> requests;
    requests.reserve(some.size());
    for (const Wanted* one : some) {
        requests.push_back({.method = "GET",
                            .url = one->url,
                            .headers = headers,
                            .timeout = config_.timeout,
                            .response_max = kAnswerMax});
    }
    const auto exchange = client_.exchange(call, requests, config_.concurrency);
    bool answered = false;
    for (std::size_t i = 0; i < some.size(); ++i) {
        some[i]->answer = exchange ? judge((*exchange)[i]) : unavailable(exchange.error().message);
        answered |= some[i]->answer.kind != Answer::Kind::unavailable;
    }
    return answered;
}

Answer Lookup::judge(const HttpResponse& response) {
    const std::int32_t status = response.status();
    if (response.error_code() == "HTTP_RESPONSE_TOO_LARGE") {
        return {.kind = Answer::Kind::refused,
                .text = "the answer is larger than " + std::to_string(kAnswerMax) + " bytes"};
    }
    if (status == 0) {
        return unavailable(std::string(response.error_code()) + ": " + std::string(response.error_message()));
    }
    if (says_nothing(status)) {
        const std::int64_t wish = retry_after_ns(response.header("retry-after"));
        if (wish > 0) not_before_mono_ns_ = std::max(not_before_mono_ns_, host_.mono().count() + wish);
        return unavailable("the source answered " + std::to_string(status));
    }
    if (status == 404 || status == 410) {
        return {.kind = Answer::Kind::missing, .text = "the source answered " + std::to_string(status)};
    }
    if (status != 200) {
        return {.kind = Answer::Kind::refused, .text = "the source answered " + std::to_string(status)};
    }
    return value_in(response.body());
}

Answer Lookup::value_in(std::string_view body) {
    const auto document = parser_.parse(body);
    // A page for people or half an answer: something between us and the source has spoken, not the source.
    if (!document) return unavailable("the answer is not JSON: " + document.error().message);
    const JsonValue value = document->pointer(config_.pointer);
    if (!value.exists()) {
        return {.kind = Answer::Kind::missing, .text = "the answer has nothing at \"" + config_.pointer + "\""};
    }
    return {.kind = Answer::Kind::value, .text = std::string(value.raw())};
}

}  // namespace weir::enrich
