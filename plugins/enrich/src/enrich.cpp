// The enrich transform: looks a value up per record and puts it into the payload.
#include "local.hpp"
#include "lookup.hpp"
#include "splice.hpp"
#include "template.hpp"

#include <weir/lookup.h>
#include <weir/plugin.hpp>
#include <weir/transform.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir::enrich {
namespace {

constexpr std::string_view kStaleAttribute = "enrichstale";

const std::string& only_one(const Config& config) {
    const int given = (config.url ? 1 : 0) + (config.table ? 1 : 0) + (config.xref ? 1 : 0);
    if (given != 1) throw ConfigError("", "expected one of url, table and xref, found " + std::to_string(given));
    if (config.table && !config.key) throw ConfigError("/key", "expected the key of the row to look up");
    if (config.key && !config.table) throw ConfigError("/key", "is for table only");
    return config.url ? *config.url : config.table ? *config.key : config.xref->id;
}

Template template_of(const Config& config) {
    using Encoding = Template::Encoding;
    const std::string& text = only_one(config);
    return {text, config.url ? Encoding::percent : Encoding::plain,
            config.url     ? "/url"
            : config.table ? "/key"
                           : "/xref/id"};
}

std::unique_ptr<Finder> finder_of(const Host& host, const Config& config) {
    if (!config.pointer.empty() && config.pointer.front() != '/') {
        throw ConfigError("/pointer", "found \"" + config.pointer + "\", expected a JSON pointer like \"/customer\"");
    }
    if (config.url) return std::make_unique<Lookup>(host, config);
    if (config.table) return std::make_unique<TableFinder>(host, config);
    return std::make_unique<XrefFinder>(host, config);
}

class Enrich final : public Transform<Config> {
  public:
    Enrich(Host host, Config config)
        : Transform(host, std::move(config)), key_(template_of(cfg())), finder_(finder_of(host, cfg())) {
        if (cfg().into.empty()) throw ConfigError("/into", "found \"\", expected a member's name");
    }

    void stop() noexcept override { finder_->stop(); }

    // What a batch needs is looked up together; then each record gets its own.
    void batch(Call& call, const Batch& in, weir_out* out) override {
        constexpr std::size_t kNone = SIZE_MAX;
        std::vector<std::string> keys;
        place_.assign(in.size(), kNone);
        for (const Record record : in) {
            detail::Fault fault;
            // A record without a key gets its verdict from each(), with the same message.
            const auto fill = [&] { keys.push_back(key_.fill(record, parser_)); };
            if (record.tombstone() || !detail::guard(fault, fill)) continue;
            place_[record.index()] = keys.size() - 1;
        }
        answers_ = finder_->find(call, keys);
        Transform::batch(call, in, out);
    }

    void each(Call& call, const Record& in, Emit& emit) override {
        if (in.tombstone()) return emit.pass();
        if (place_[in.index()] == SIZE_MAX) (void)key_.fill(in, parser_);  // throws why
        const Answer& answer = answers_.at(place_[in.index()]);
        switch (answer.kind) {
            case Answer::Kind::value:
                return put(in, answer, emit);
            case Answer::Kind::unavailable:
                return emit.wait("LOOKUP_UNAVAILABLE", answer.text, finder_->wish());
            case Answer::Kind::refused:
                throw Reject("LOOKUP_REFUSED", answer.text, ErrorClass::technical);
            case Answer::Kind::missing:
                break;
        }
        // Of a URL nobody was asked in a dry run.
        const Missing missing = call.dry_run() && cfg().url ? Missing::null : cfg().missing;
        if (missing == Missing::reject) throw Reject("LOOKUP_NOT_FOUND", answer.text, ErrorClass::business);
        if (missing == Missing::drop) return emit.filter("LOOKUP_NOT_FOUND", answer.text);
        put(in, {.kind = Answer::Kind::value, .text = "null"}, emit);
    }

  private:
    void put(const Record& in, const Answer& answer, Emit& emit) {
        const std::string payload = with_member(parser_, in.payload(), cfg().into, answer.text, cfg().replace);
        if (!answer.stale) return emit(payload);
        std::string age = std::to_string(answer.age_ns / 1'000'000'000);
        std::vector<weir_attr> attrs;
        for (std::uint32_t i = 0; i < in.attr_count(); ++i) {
            const auto [key, value] = in.attr(i);
            if (key != kStaleAttribute) {
                attrs.push_back({str(key), str(value)});
            } else if (older(value, age)) {  // an earlier step has marked it
                age = value;
            }
        }
        attrs.push_back({str(kStaleAttribute), str(age)});
        emit(payload, {.attrs = attrs.data(), .attr_count = static_cast<std::uint32_t>(attrs.size())});
    }
    // Of two counts of seconds without leading zeros.
    [[nodiscard]] static bool older(std::string_view one, std::string_view other) {
        return one.size() != other.size() ? one.size() > other.size() : one > other;
    }

    Template key_;  // a URL, the key of a row, or an id
    std::unique_ptr<Finder> finder_;
    JsonParser parser_;
    std::vector<Answer> answers_;     // of the call under way
    std::vector<std::size_t> place_;  // of each record's answer among them; SIZE_MAX: it has none
};

// What the host may do with a step depends on where its values come from: rows of tables do not change while it runs.
std::uint32_t traits_of(const weir_component*, weir_str config_json) noexcept {
    JsonParser parser;
    const auto config = parser.parse(view(config_json));
    return config.ok() && (*config)["table"].exists() ? WEIR_TRAIT_PURE : WEIR_TRAIT_BLOCKING;
}

constexpr weir_ext_traits kTraits{.struct_size = sizeof kTraits, .reserved = 0, .traits = &traits_of};

const void* extension(const weir_component*, const char* id) noexcept {
    return std::string_view(id) == WEIR_EXT_TRAITS ? &kTraits : nullptr;
}

constexpr weir_component make_enrich() {
    weir_component component = detail::make_component<Enrich>("enrich", WEIR_TRAIT_BLOCKING);
    component.extension = &extension;
    return component;
}

}  // namespace
}  // namespace weir::enrich

extern const weir_component enrich;
constinit const weir_component enrich = weir::enrich::make_enrich();
WEIR_PLUGIN(&enrich)
