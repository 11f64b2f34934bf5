#include "tests/routes/target.hpp"

#include <algorithm>

namespace weir::test {

namespace {

plugin::Outcome outcome(std::uint32_t kind, std::string code = {}) {
    plugin::Outcome result;
    result.kind = kind;
    result.code = std::move(code);
    result.message = "the script says so";
    return result;
}

plugin::Outcome rejected(std::uint32_t error_class, std::string_view word) {
    plugin::Outcome result = outcome(WEIR_OUT_REJECTED, std::string(word.substr(word.find(':') + 1)));
    result.error_class = error_class;
    return result;
}

}  // namespace

class ScriptedSink final : public plugin::SinkHandle {
  public:
    explicit ScriptedSink(Target& target) : target_(target) {}

    Status start(const plugin::CallContext&) override { return ok(); }
    plugin::CallResult deliver(const plugin::CallContext&, const BatchPtr& batch, std::span<const plugin::Item> items,
                               std::vector<plugin::Outcome>& outcomes) override {
        const std::scoped_lock lock(target_.mutex_);
        outcomes.assign(batch->size(), {});
        plugin::CallResult result;
        check_keys(*batch);
        if (target_.options.atomic) return deliver_atomic(*batch, items, outcomes);
        for (std::size_t i = 0; i < batch->size(); ++i) {
            const std::string id(view((*batch)[i].id));
            const std::string word = target_.next_word(id);
            if (word == "disconnect" || word == "broken") {
                result.end = word == "broken" ? plugin::CallEnd::broken : plugin::CallEnd::disconnected;
                result.error = {Errc::unavailable, word, word, {}};
                for (std::size_t j = i; j < batch->size(); ++j) {
                    outcomes[j] = outcome(word == "broken" ? WEIR_OUT_RETRY_UNKNOWN : WEIR_OUT_RETRY, word);
                    outcomes[j].counts_attempt = word == "broken";
                }
                return result;
            }
            target_.attempts_[id]++;
            outcomes[i] = act(word, (*batch)[i], items[i]);
        }
        return result;
    }

    plugin::CallResult resolve(const plugin::CallContext&, const BatchPtr& batch, std::span<const plugin::Item> items,
                               std::vector<plugin::Outcome>& outcomes) override {
        const std::scoped_lock lock(target_.mutex_);
        for (std::size_t i = 0; i < batch->size(); ++i) {
            target_.probes_++;
            const std::string id(view((*batch)[i].id));
            if (const auto it = target_.cannot_tell.find(id); it != target_.cannot_tell.end() && it->second > 0) {
                it->second--;
                outcomes.push_back(outcome(WEIR_OUT_RETRY_UNKNOWN, "CANNOT_TELL"));
                continue;
            }
            const bool found = target_.booked_refs_.contains(std::string(items[i].external_ref));
            outcomes.push_back(outcome(found ? WEIR_OUT_OK : WEIR_OUT_RETRY));
        }
        return {};
    }
    Status flush(const plugin::CallContext&) override { return ok(); }
    Status probe(const plugin::CallContext&) override { return ok(); }
    void stop() override {}
    plugin::SinkLimits limits() const noexcept override {
        plugin::SinkLimits limits;
        limits.order = target_.options.order;
        limits.max_batch_records = target_.options.max_batch;
        limits.settle = std::chrono::milliseconds{1};
        return limits;
    }
    std::uint32_t traits() const noexcept override {
        return (target_.options.atomic ? std::uint32_t{WEIR_TRAIT_ATOMIC_BATCH} : 0u) |
               (target_.options.idempotent ? std::uint32_t{WEIR_TRAIT_IDEMPOTENT_KEY} : 0u);
    }
    bool can_resolve() const noexcept override { return target_.options.resolves; }

  private:
    // All or nothing, as a database transaction: the first word that is not ok decides for the whole batch.
    plugin::CallResult deliver_atomic(const RecordBatch& batch, std::span<const plugin::Item> items,
                                      std::vector<plugin::Outcome>& outcomes) {
        std::string decided = "ok";
        std::vector<std::string> words;
        for (const weir_record& record : batch.records()) {
            words.push_back(target_.next_word(std::string(view(record.id))));
            const bool technical = words.back() != "ok" && words.back().find(':') == std::string::npos;
            if (technical && decided == "ok") decided = words.back();
        }
        for (std::size_t i = 0; i < batch.size(); ++i) {
            target_.attempts_[std::string(view(batch[i].id))]++;
            const bool business = words[i].find(':') != std::string::npos;
            outcomes[i] = act(business && decided == "ok" ? words[i] : decided, batch[i], items[i]);
        }
        return {};
    }

    plugin::Outcome act(const std::string& word, const weir_record& record, const plugin::Item& item) {
        if (word == "ok" || word == "booked" || word == "duplicate") target_.book(record, item.external_ref);
        if (word == "ok") return outcome(WEIR_OUT_OK);
        if (word == "duplicate") return outcome(WEIR_OUT_DUPLICATE);
        if (word == "booked" || word == "lost") return outcome(WEIR_OUT_RETRY_UNKNOWN, "CUT");
        if (word == "unset") return outcome(WEIR_OUT_UNSET);
        if (word == "throttled") return outcome(WEIR_OUT_THROTTLED, "429");
        if (word.starts_with("rejected:")) return rejected(WEIR_CLASS_BUSINESS, word);
        if (word.starts_with("policy:")) return rejected(WEIR_CLASS_POLICY, word);
        if (word.starts_with("refused:")) return rejected(WEIR_CLASS_TECHNICAL, word);
        if (word.starts_with("retry:")) return outcome(WEIR_OUT_RETRY, word.substr(6));
        return outcome(WEIR_OUT_RETRY, "503");
    }

    // A batch of a sink that is not atomic must not hold two records of one key.
    void check_keys(const RecordBatch& batch) {
        if (target_.options.atomic || target_.options.order == WEIR_ORDER_NONE) return;
        std::map<std::string, int> seen;
        for (const weir_record& record : batch.records()) {
            if (record.key.size > 0 && ++seen[std::string(view(record.key))] > 1) {
                target_.violations_.push_back("two records of key " + std::string(view(record.key)) + " in one batch");
            }
        }
    }

    Target& target_;
};

std::unique_ptr<plugin::SinkHandle> Target::make_sink() {
    const std::scoped_lock lock(mutex_);
    instances_++;
    return std::make_unique<ScriptedSink>(*this);
}

std::string Target::next_word(const std::string& id) {
    const auto it = script.find(id);
    if (it == script.end()) return "ok";
    std::size_t& used = used_words_[id];
    return used < it->second.size() ? it->second[used++] : "ok";
}

void Target::book(const weir_record& record, std::string_view external_ref) {
    const std::string ref(external_ref);
    if (const auto it = booked_refs_.find(ref); it != booked_refs_.end()) {
        // A target that honours the key swallows the repeat; for any other it is what weir exists to prevent.
        if (!options.idempotent) violations_.push_back("booked twice: " + std::string(view(record.id)));
        return;
    }
    booked_refs_[ref] = bookings_.size();
    bookings_.push_back(
        {std::string(view(record.id)), std::string(view(record.key)), std::string(view(record.payload)), ref});
}

std::vector<Target::Booking> Target::bookings() const {
    const std::scoped_lock lock(mutex_);
    return bookings_;
}
std::vector<std::string> Target::violations() const {
    const std::scoped_lock lock(mutex_);
    return violations_;
}
int Target::attempts(const std::string& id) const {
    const std::scoped_lock lock(mutex_);
    const auto it = attempts_.find(id);
    return it == attempts_.end() ? 0 : it->second;
}
int Target::probes() const {
    const std::scoped_lock lock(mutex_);
    return probes_;
}
int Target::instances() const {
    const std::scoped_lock lock(mutex_);
    return instances_;
}

}  // namespace weir::test
