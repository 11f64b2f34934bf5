#include "exchange.hpp"

#include <utility>

#include "time.hpp"

namespace weir::standin {

Exchange::Exchange(boost::asio::io_context& io, std::shared_ptr<Site> site, Request head)
    : site_(std::move(site)), timer_(io), request_(std::move(head)) {
    const std::int64_t now = mono_ms();
    plan_ = site_->faults.plan(request_.method, request_.path, now);
    CallEntry entry;
    entry.at_ms = now;
    entry.method = request_.method;
    entry.target = request_.target;
    entry.key = request_.header("idempotency-key");
    entry.ref = site_->external_ref_of(request_, {});
    entry.faults = plan_.names;
    number_ = site_->log.begin(std::move(entry));
    refusal_ = site_->quota.arrived(site_->settings.at("quota"), now, site_->settings.number("violation_grace_ms"));
}

Exchange::~Exchange() { finished(0); }

void Exchange::finished(int status) {
    if (std::exchange(finished_, true)) return;
    site_->quota.left();
    if (CallEntry* logged = entry()) {
        logged->status = status;
        logged->done_ms = mono_ms();
    }
}

void Exchange::run(std::string body, Done done) {
    request_.body = std::move(body);
    done_ = std::move(done);
    if (CallEntry* logged = entry(); logged != nullptr && logged->ref.empty()) {
        const auto parsed = parse_json(request_.body);
        if (parsed.ok()) logged->ref = site_->external_ref_of(request_, *parsed);
    }
    if (refusal_) return answer(std::move(*refusal_));
    after_quota();
}

void Exchange::after_quota() {
    if (!plan_.quota.is_null()) {
        // A wrong quota in a fault shows itself as a 500 that says so.
        const Status changed = site_->settings.patch({{"quota", plan_.quota}});
        if (!changed.ok()) return answer(problem(500, changed.error()));
    }
    if (plan_.expire_sessions) site_->auth.expire_all();
    reserve();
}

const Endpoint* Exchange::endpoint() const { return site_->router->find(request_).endpoint; }

// Authentication and Idempotency-Key come before the delays, so that a second request during one sees the first.
void Exchange::reserve() {
    const Endpoint* found = endpoint();
    const bool answers_before = plan_.answer && plan_.answer->when == When::before_commit;
    if (found != nullptr && !answers_before) {
        std::optional<Reply> refused;
        if (found->access == Access::session) refused = site_->auth.refuse(request_, mono_ms());
        const std::string key = request_.header("idempotency-key");
        if (!refused && found->effect == Effect::writes && site_->settings.flag("idempotency")) {
            if (key.empty() && site_->settings.flag("require_idempotency_key")) {
                refused = problem(400, "IDEMPOTENCY_KEY_MISSING", "this stand-in wants an Idempotency-Key");
            } else if (!key.empty()) {
                refused = site_->idempotency.begin(key, request_);
                if (!refused) key_ = key;
                if (CallEntry* logged = entry()) logged->replayed = refused && refused->status < 300;
            }
        }
        refusal_ = std::move(refused);
    }
    after(plan_.slow_before_ms, &Exchange::commit);
}

void Exchange::commit() {
    if (plan_.answer && plan_.answer->when == When::before_commit) return answer(plan_.answer->reply);
    if (refusal_) {
        reply_ = std::move(*refusal_);
    } else if (plan_.late_commit) {
        reply_ = problem(plan_.late_commit->status, "INJECTED_LATE_COMMIT", "a fault of the stand-in");
        after(plan_.late_commit->after_ms, &Exchange::commit_late);
        return answer(std::move(reply_));
    } else {
        reply_ = dispatch();
    }
    if (plan_.answer) reply_ = plan_.answer->reply;
    after(plan_.slow_after_ms, &Exchange::answer_now);
}

// Nobody hears the answer: the books show it.
void Exchange::commit_late() { static_cast<void>(dispatch()); }

Reply Exchange::dispatch() {
    const std::string closed = plan_.closed_period.value_or("");
    if (key_.empty()) return site_->dispatch(request_, closed, entry());
    return site_->dispatch_once(request_, std::exchange(key_, {}), closed, entry());
}

void Exchange::answer_now() { answer(std::move(reply_)); }

void Exchange::answer(Reply reply) {
    site_->quota.answered(site_->settings.at("quota"), reply, mono_ms());
    std::exchange(done_, nullptr)(std::move(reply));
}

void Exchange::after(std::int64_t delay_ms, void (Exchange::*next)()) {
    if (delay_ms <= 0) return (this->*next)();
    timer_.expires_after(std::chrono::milliseconds(delay_ms));
    timer_.async_wait([self = shared_from_this(), next](const boost::system::error_code& error) {
        if (!error) (self.get()->*next)();
    });
}

}  // namespace weir::standin
