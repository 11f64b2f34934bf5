#include "tests/fault/sim_erp.hpp"

#include <algorithm>

namespace weir::test {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

plugin::Outcome outcome(std::uint32_t kind, std::string code = {}, std::int32_t status = 0) {
    plugin::Outcome result;
    result.kind = kind;
    result.code = std::move(code);
    result.message = "the simulated ERP says so";
    result.remote_status = status;
    return result;
}

// "ACC;12.34;text": the account a document is booked to, and how much.
Document document_of(const std::string& lane, const weir_record& record) {
    Document document;
    document.lane = lane;
    document.id = view(record.id);
    document.key = view(record.key);
    document.payload = view(record.payload);
    const std::size_t first = document.payload.find(';');
    const std::size_t second = document.payload.find(';', first + 1);
    document.account = document.payload.substr(0, first);
    document.amount = *Decimal::parse(document.payload.substr(first + 1, second - first - 1));
    return document;
}

// What an atomic batch cannot give to one record alone.
bool for_all(const plugin::Outcome& one) {
    return one.kind == WEIR_OUT_RETRY || one.kind == WEIR_OUT_RETRY_UNKNOWN || one.kind == WEIR_OUT_THROTTLED;
}

}  // namespace

// ------------------------------------------------------------------------------------------------ the sink

class ErpSink final : public plugin::SinkHandle {
  public:
    ErpSink(SimErp& erp, std::uint32_t lane, std::string name) : erp_(erp), lane_(lane), name_(std::move(name)) {}

    Status start(const plugin::CallContext&) override { return ok(); }
    Status flush(const plugin::CallContext&) override { return ok(); }
    Status probe(const plugin::CallContext&) override { return ok(); }
    void stop() override {}
    plugin::SinkLimits limits() const noexcept override {
        plugin::SinkLimits limits;
        limits.max_batch_records = erp_.traits.max_batch;
        limits.settle = std::chrono::nanoseconds{erp_.traits.settle_ns};
        return limits;
    }
    std::uint32_t traits() const noexcept override {
        return (erp_.traits.atomic ? std::uint32_t{WEIR_TRAIT_ATOMIC_BATCH} : 0u) |
               (erp_.traits.idempotent ? std::uint32_t{WEIR_TRAIT_IDEMPOTENT_KEY} : 0u) |
               (erp_.traits.natural ? std::uint32_t{WEIR_TRAIT_IDEMPOTENT_NATURAL} : 0u);
    }
    bool can_resolve() const noexcept override { return erp_.traits.resolves; }

    plugin::CallResult deliver(const plugin::CallContext& call, const BatchPtr& batch,
                               std::span<const plugin::Item> items, std::vector<plugin::Outcome>& outcomes) override {
        erp_.commit_late();
        erp_.count_request();
        open(call.id, *batch, items);
        const bool dies = erp_.chance(erp_.faults.crash);
        if (dies && erp_.chance(50)) throw Crash{};
        plugin::CallResult result;
        outcomes.assign(batch->size(), {});
        if (!whole_call(result, outcomes)) book_all(*batch, items, outcomes);
        if (dies) throw Crash{};
        close(call.id, items, outcomes);
        return result;
    }

    plugin::CallResult resolve(const plugin::CallContext&, const BatchPtr& batch, std::span<const plugin::Item> items,
                               std::vector<plugin::Outcome>& outcomes) override {
        erp_.commit_late();
        erp_.count_request();
        for (std::size_t i = 0; i < batch->size(); ++i) {
            const std::string reference(items[i].external_ref);
            if (erp_.down || erp_.chance(erp_.faults.cannot_tell)) {
                outcomes.push_back(outcome(WEIR_OUT_RETRY_UNKNOWN, "CANNOT_TELL"));
                continue;
            }
            erp_.uncertain_.erase(reference);
            outcomes.push_back(outcome(erp_.documents_.contains(reference) ? WEIR_OUT_OK : WEIR_OUT_RETRY));
        }
        return {};
    }

  private:
    void open(std::uint64_t attempt, const RecordBatch& batch, std::span<const plugin::Item> items) {
        SimErp::Call& call = erp_.open_[{lane_, attempt}];
        std::set<std::string_view> keys;
        for (std::size_t i = 0; i < items.size(); ++i) {
            const std::string reference(items[i].external_ref);
            if (erp_.uncertain_.contains(reference) && !erp_.traits.repeatable()) {
                erp_.violations.push_back(name_ + ": " + std::string(view(batch[i].id)) +
                                          " was repeated blindly: nobody asked whether it had happened");
            }
            if (!erp_.traits.atomic && batch[i].key.size > 0 && !keys.insert(view(batch[i].key)).second) {
                erp_.violations.push_back(name_ + ": two records of key " + std::string(view(batch[i].key)) +
                                          " in one call");
            }
            call.references.push_back(reference);
        }
    }

    void close(std::uint64_t attempt, std::span<const plugin::Item> items,
               const std::vector<plugin::Outcome>& outcomes) {
        SimErp::Call& call = erp_.open_[{lane_, attempt}];
        for (std::size_t i = 0; i < items.size(); ++i) {
            const bool unknown = outcomes[i].kind == WEIR_OUT_RETRY_UNKNOWN;
            if (unknown) call.unknown.insert(std::string(items[i].external_ref));
        }
    }

    // What happens to a call as a whole. False: nothing; each record decides.
    bool whole_call(plugin::CallResult& result, std::vector<plugin::Outcome>& outcomes) {
        const auto all = [&](const plugin::Outcome& one) { std::ranges::fill(outcomes, one); };
        if (erp_.chance(erp_.faults.throttled)) {
            auto wait = outcome(WEIR_OUT_THROTTLED, "HTTP_429", 429);
            wait.retry_after = std::chrono::seconds{erp_.between(0, 5)};
            all(wait);
        } else if (erp_.chance(erp_.faults.disconnect)) {
            result.end = plugin::CallEnd::disconnected;
            result.error = {Errc::unavailable, "connection refused", "disconnected", {}};
            auto again = outcome(WEIR_OUT_RETRY, "DISCONNECTED");
            again.counts_attempt = false;
            all(again);
        } else if (erp_.chance(erp_.faults.broken)) {
            result.end = plugin::CallEnd::broken;
            result.error = {Errc::unavailable, "the instance is unusable", "broken", {}};
            all(outcome(WEIR_OUT_RETRY_UNKNOWN, "BROKEN"));
        } else if (erp_.down) {
            all(outcome(erp_.chance(30) ? WEIR_OUT_RETRY_UNKNOWN : WEIR_OUT_RETRY, "HTTP_503", 503));
        } else {
            return false;
        }
        return true;
    }

    void book_all(const RecordBatch& batch, std::span<const plugin::Item> items,
                  std::vector<plugin::Outcome>& outcomes) {
        std::vector<Document> documents;
        for (const weir_record& record : batch.records()) documents.push_back(document_of(name_, record));
        if (!erp_.traits.atomic) {
            for (std::size_t i = 0; i < documents.size(); ++i) {
                outcomes[i] = erp_.answer(std::string(items[i].external_ref), documents[i]);
            }
            return;
        }
        // One transaction: a technical misfortune is everybody's; what is refused is refused alone.
        for (std::size_t i = 0; i < documents.size(); ++i) {
            if (auto refused = erp_.rejection(documents[i])) outcomes[i] = *refused;
        }
        const auto first = std::ranges::find(outcomes, std::uint32_t{WEIR_OUT_UNSET}, &plugin::Outcome::kind);
        if (first == outcomes.end()) return;
        // Drawn once: the first one's fate is that of all.
        const ErpFaults saved = erp_.faults;
        const auto fate = erp_.chance(saved.failed)   ? &ErpFaults::failed
                          : erp_.chance(saved.lost)   ? &ErpFaults::lost
                          : erp_.chance(saved.booked) ? &ErpFaults::booked
                          : erp_.chance(saved.late)   ? &ErpFaults::late
                                                      : nullptr;
        erp_.faults = {};
        if (fate != nullptr) erp_.faults.*fate = 100;
        for (std::size_t i = 0; i < documents.size(); ++i) {
            if (outcomes[i].kind != WEIR_OUT_UNSET) continue;
            outcomes[i] = erp_.answer(std::string(items[i].external_ref), documents[i]);
        }
        erp_.faults = saved;
        const auto bad = std::ranges::find_if(outcomes, for_all);
        if (bad == outcomes.end()) return;
        for (auto& one : outcomes) {
            if (one.kind != WEIR_OUT_REJECTED) one = *bad;
        }
    }

    SimErp& erp_;
    std::uint32_t lane_;
    std::string name_;
};

std::unique_ptr<plugin::SinkHandle> SimErp::make_sink(std::uint32_t lane, std::string name) {
    return std::make_unique<ErpSink>(*this, lane, std::move(name));
}

// ------------------------------------------------------------------------------------------------ the books

std::optional<plugin::Outcome> SimErp::rejection(const Document& document) const {
    std::string code;
    if (closed_accounts.contains(document.account)) code = "PERIOD_CLOSED";
    if (unmapped.contains(document.account)) code = "UNKNOWN_CUSTOMER";
    if (code.empty()) return std::nullopt;
    auto refused = outcome(WEIR_OUT_REJECTED, code, 422);
    refused.error_class = WEIR_CLASS_BUSINESS;
    return refused;
}

plugin::Outcome SimErp::answer(const std::string& reference, const Document& document) {
    // What stands already stands, whatever has been closed since.
    if (traits.repeatable() && documents_.contains(reference)) {
        book(reference, document, false);
        return outcome(WEIR_OUT_DUPLICATE, {}, 200);
    }
    if (auto refused = rejection(document)) return *refused;
    if (chance(faults.failed)) return outcome(WEIR_OUT_RETRY, "HTTP_503", 503);
    if (chance(faults.lost)) return outcome(WEIR_OUT_RETRY_UNKNOWN, "CUT");
    if (chance(faults.late)) {
        // A target that can be asked promises to know after its settle time; another promises nothing.
        const std::int64_t most = traits.resolves && !traits.repeatable() ? traits.settle_ns - 1 : 30 * kSecond;
        // A transaction appears as a whole.
        const bool same = traits.atomic && late_call_ == calls;
        late_at_ = same ? late_at_ : clock_.mono_ns() + between(1, most);
        late_call_ = calls;
        late_.push_back({late_at_, reference, document});
        last_late_ns_ = std::max(last_late_ns_, late_.back().at);
        return outcome(WEIR_OUT_RETRY_UNKNOWN, "TIMEOUT");
    }
    book(reference, document, false);
    if (chance(faults.booked)) return outcome(WEIR_OUT_RETRY_UNKNOWN, "HTTP_502", 502);
    auto done = outcome(WEIR_OUT_OK, {}, 201);
    if (chance(30)) done.remote_id = "JE-" + std::to_string(order_.size());
    return done;
}

void SimErp::book(const std::string& reference, const Document& document, bool late) {
    const auto [at, fresh] = documents_.try_emplace(reference, document);
    if (fresh) {
        order_.push_back(reference);
        return;
    }
    if (!(at->second == document)) {
        violations.push_back(document.lane + ": " + document.id + " came again with other content");
    }
    if (!traits.repeatable()) {
        violations.push_back(document.lane + ": " + document.id + " was booked twice" + (late ? " (late)" : ""));
    }
}

void SimErp::commit_late() {
    std::ranges::stable_sort(late_, {}, &Late::at);
    std::vector<Late> due;
    while (!late_.empty() && late_.front().at <= clock_.mono_ns()) {
        due.push_back(std::move(late_.front()));
        late_.erase(late_.begin());
    }
    for (const Late& one : due) book(one.reference, one.document, true);
}

bool SimErp::has(const std::string& reference) {
    commit_late();
    return documents_.contains(reference);
}

const std::map<std::string, Document>& SimErp::documents() {
    commit_late();
    return documents_;
}

const std::vector<std::string>& SimErp::booked_order() {
    commit_late();
    return order_;
}

std::map<std::string, Decimal> SimErp::balances() {
    std::map<std::string, Decimal> balances;
    for (const auto& [reference, document] : documents()) {
        Decimal& balance = balances[document.account];
        balance = balance + document.amount;
    }
    return balances;
}

// ------------------------------------------------------------------------------------------------ what it watches

void SimErp::count_request() {
    ++calls;
    const std::int64_t now = clock_.mono_ns();
    requests_.push_back(now);
    while (!requests_.empty() && requests_.front() <= now - 60 * kSecond) requests_.pop_front();
    const auto since = [&](std::int64_t length) {
        return static_cast<std::uint64_t>(
            std::ranges::count_if(requests_, [&](std::int64_t at) { return at > now - length; }));
    };
    if (limits_.per_minute > 0 && since(60 * kSecond) > limits_.per_minute) {
        violations.push_back("more than " + std::to_string(limits_.per_minute) + " requests in a minute");
    }
    if (limits_.per_second > 0 && since(kSecond) > limits_.per_second) {
        violations.push_back("more than " + std::to_string(limits_.per_second) + " requests in a second");
    }
}

void SimErp::settled(std::uint32_t lane, std::uint64_t attempt) {
    const auto found = open_.find({lane, attempt});
    if (found == open_.end()) return;
    uncertain_.insert(found->second.unknown.begin(), found->second.unknown.end());
    for (const std::string& reference : found->second.references) {
        if (!found->second.unknown.contains(reference)) uncertain_.erase(reference);
    }
    open_.erase(found);
}

void SimErp::crashed() {
    for (const auto& [id, call] : open_) uncertain_.insert(call.references.begin(), call.references.end());
    open_.clear();
}

}  // namespace weir::test
