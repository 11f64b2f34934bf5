#include "runtime/routetest/destination.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/text.hpp"

namespace weir::routetest {

namespace {

plugin::Outcome outcome(std::uint32_t kind, std::string code = {}) {
    plugin::Outcome result;
    result.kind = kind;
    result.code = std::move(code);
    result.message = "the script says so";
    return result;
}

plugin::Outcome rejected(std::uint32_t error_class, const Word& word) {
    plugin::Outcome result = outcome(WEIR_OUT_REJECTED, word.code);
    result.error_class = error_class;
    return result;
}

bool business(Word::Kind kind) {
    return kind == Word::Kind::rejected || kind == Word::Kind::policy || kind == Word::Kind::refused;
}

Json envelope_of(const weir_record& record) {
    Json envelope{Json::Kind::object, {}, {}, {}};
    const std::pair<const char*, weir_str> fields[] = {{"id", record.id},
                                                       {"source", record.source},
                                                       {"type", record.type},
                                                       {"subject", record.subject},
                                                       {"key", record.key},
                                                       {"schema", record.schema},
                                                       {"content_type", record.content_type},
                                                       {"correlation_id", record.correlation_id},
                                                       {"causation_id", record.causation_id}};
    for (const auto& [name, value] : fields) {
        if (value.size > 0) envelope.set(name, Json::string(std::string(view(value))));
    }
    if (record.time_unix_ns != WEIR_TIME_UNKNOWN) {
        envelope.set("time", Json::string(format_time(record.time_unix_ns)));
    }
    Json attributes{Json::Kind::object, {}, {}, {}};
    for (std::uint32_t i = 0; i < record.attr_count; ++i) {
        attributes.set(std::string(view(record.attrs[i].key)), Json::string(std::string(view(record.attrs[i].value))));
    }
    if (!attributes.members.empty()) envelope.set("attributes", std::move(attributes));
    return envelope;
}

}  // namespace

class ScriptedSink final : public plugin::SinkHandle {
  public:
    explicit ScriptedSink(Destination& to) : to_(to) {}

    Status start(const plugin::CallContext&) override { return ok(); }
    plugin::CallResult deliver(const plugin::CallContext&, const BatchPtr& batch, std::span<const plugin::Item> items,
                               std::vector<plugin::Outcome>& outcomes) override {
        outcomes.assign(batch->size(), {});
        to_.check_keys(*batch);
        std::vector<Word> words;
        for (const weir_record& record : batch->records()) {
            words.push_back(to_.next_word(std::string(view(record.id))));
        }
        if (to_.atomic_) decide_together(words);
        plugin::CallResult result;
        for (std::size_t i = 0; i < batch->size(); ++i) {
            const Word& word = words[i];
            if (word.kind == Word::Kind::disconnected || word.kind == Word::Kind::broken) {
                lose(word, outcomes, i, result);
                return result;
            }
            to_.attempts_[std::string(view((*batch)[i].id))]++;
            outcomes[i] = act(word, (*batch)[i], items[i]);
        }
        return result;
    }

    plugin::CallResult resolve(const plugin::CallContext&, const BatchPtr& batch, std::span<const plugin::Item> items,
                               std::vector<plugin::Outcome>& outcomes) override {
        for (std::size_t i = 0; i < batch->size(); ++i) {
            const std::string id(view((*batch)[i].id));
            to_.probes_[id]++;
            if (const auto it = to_.script_.cannot_tell.find(id);
                it != to_.script_.cannot_tell.end() && it->second > 0) {
                it->second--;
                outcomes.push_back(outcome(WEIR_OUT_RETRY_UNKNOWN, "CANNOT_TELL"));
                continue;
            }
            const bool found = to_.booked_refs_.contains(std::string(items[i].external_ref));
            outcomes.push_back(outcome(found ? WEIR_OUT_OK : WEIR_OUT_RETRY));
        }
        return {};
    }
    Status flush(const plugin::CallContext&) override { return ok(); }
    Status probe(const plugin::CallContext&) override { return ok(); }
    void stop() override {}
    plugin::SinkLimits limits() const noexcept override { return to_.limits_; }
    std::uint32_t traits() const noexcept override {
        return (to_.atomic_ ? std::uint32_t{WEIR_TRAIT_ATOMIC_BATCH} : 0u) |
               (to_.idempotent_ ? std::uint32_t{WEIR_TRAIT_IDEMPOTENT_KEY} : 0u);
    }
    bool can_resolve() const noexcept override { return to_.can_resolve_; }

  private:
    // All or nothing, as a database transaction: the first technical word decides for the whole batch.
    static void decide_together(std::vector<Word>& words) {
        const auto decides = std::ranges::find_if(
            words, [](const Word& word) { return word.kind != Word::Kind::ok && !business(word.kind); });
        if (decides == words.end()) return;
        const Word decided = *decides;
        std::ranges::fill(words, decided);
    }

    static void lose(const Word& word, std::vector<plugin::Outcome>& outcomes, std::size_t from,
                     plugin::CallResult& result) {
        const bool broken = word.kind == Word::Kind::broken;
        const char* code = broken ? "BROKEN" : "DISCONNECTED";
        result.end = broken ? plugin::CallEnd::broken : plugin::CallEnd::disconnected;
        result.error = {Errc::unavailable, "the script says so", code, {}};
        for (std::size_t i = from; i < outcomes.size(); ++i) {
            outcomes[i] = outcome(broken ? WEIR_OUT_RETRY_UNKNOWN : WEIR_OUT_RETRY, code);
            outcomes[i].counts_attempt = broken;
        }
    }

    plugin::Outcome act(const Word& word, const weir_record& record, const plugin::Item& item) {
        using Kind = Word::Kind;
        if (word.kind == Kind::ok || word.kind == Kind::unknown_applied || word.kind == Kind::duplicate) {
            to_.book(record, item.external_ref);
        }
        switch (word.kind) {
            case Kind::ok:
                return outcome(WEIR_OUT_OK);
            case Kind::duplicate:
                return outcome(WEIR_OUT_DUPLICATE);
            case Kind::unknown:
            case Kind::unknown_applied:
                return outcome(WEIR_OUT_RETRY_UNKNOWN, "NO_ANSWER");
            case Kind::throttled: {
                plugin::Outcome result = outcome(WEIR_OUT_THROTTLED, "THROTTLED");
                result.retry_after = word.after;
                return result;
            }
            case Kind::rejected:
                return rejected(WEIR_CLASS_BUSINESS, word);
            case Kind::policy:
                return rejected(WEIR_CLASS_POLICY, word);
            case Kind::refused:
                return rejected(WEIR_CLASS_TECHNICAL, word);
            default:
                return outcome(WEIR_OUT_RETRY, word.code);
        }
    }

    Destination& to_;
};

Destination::Destination(DestinationScript script, std::uint32_t traits, std::uint32_t batch_max)
    : script_(std::move(script)),
      can_resolve_(script_.resolves.value_or(true)),
      idempotent_(script_.idempotent.value_or((traits & WEIR_TRAIT_IDEMPOTENT_KEY) != 0)),
      atomic_(script_.atomic.value_or((traits & WEIR_TRAIT_ATOMIC_BATCH) != 0)) {
    limits_.order = script_.order.value_or(WEIR_ORDER_PER_KEY);
    limits_.max_batch_records = script_.batch != 0 ? script_.batch : 1000;
    if (batch_max != 0) limits_.max_batch_records = std::min(limits_.max_batch_records, batch_max);
    limits_.settle = std::chrono::milliseconds{1};
}

std::unique_ptr<plugin::SinkHandle> Destination::make_sink() { return std::make_unique<ScriptedSink>(*this); }

Word Destination::next_word(const std::string& id) {
    auto it = script_.replies.find(id);
    if (it == script_.replies.end()) it = script_.replies.find("*");
    if (it == script_.replies.end() || it->second.empty()) return {};
    std::size_t& used = used_words_[id];
    return it->second[std::min(used++, it->second.size() - 1)];
}

std::vector<std::string> Destination::unused() const {
    std::vector<std::string> unused;
    for (const auto& [id, words] : script_.replies) {
        if (id != "*" && !used_words_.contains(id)) unused.push_back("replies: \"" + id + "\" never came there");
    }
    for (const auto& [id, times] : script_.cannot_tell) {
        if (!probes_.contains(id)) unused.push_back("cannot_tell: nobody asked about \"" + id + "\"");
    }
    return unused;
}

void Destination::book(const weir_record& record, std::string_view external_ref) {
    const std::string ref(external_ref);
    if (booked_refs_.contains(ref)) {
        // A target that honours the key swallows the repeat; for any other it is what weir exists to prevent.
        if (!idempotent_) violations_.push_back("booked twice: \"" + std::string(view(record.id)) + "\"");
        return;
    }
    booked_refs_[ref] = books_.size();
    books_.push_back({std::string(view(record.id)), std::string(view(record.key)), envelope_of(record),
                      std::string(view(record.payload))});
}

// A batch of a sink that is not atomic must not hold two records of one key.
void Destination::check_keys(const RecordBatch& batch) {
    if (atomic_ || limits_.order == WEIR_ORDER_NONE) return;
    std::map<std::string, int> seen;
    for (const weir_record& record : batch.records()) {
        if (record.key.size > 0 && ++seen[std::string(view(record.key))] > 1) {
            violations_.push_back("two records of key \"" + std::string(view(record.key)) + "\" in one call");
        }
    }
}

}  // namespace weir::routetest
