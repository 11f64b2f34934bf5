// One request on its way through quota, faults, authentication and idempotency to its endpoint, and the answer back.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>

#include "site.hpp"

namespace weir::standin {

// The io_context's thread. Lives until the answer is given and every delay it started has passed, also when its
// connection has gone: a server that has read a request carries it out.
class Exchange : public std::enable_shared_from_this<Exchange> {
  public:
    using Done = std::function<void(Reply)>;

    // The header has been read. Counts as in flight from now on until the last reference is dropped or finished().
    Exchange(boost::asio::io_context& io, std::shared_ptr<Site> site, Request head);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
    // The body has been read. `done` is called once, perhaps before this returns.
    void run(std::string body, Done done);
    // The answer was sent, `status`; 0: the connection was cut.
    void finished(int status);

  private:
    void after_quota();
    void reserve();
    void commit();
    void commit_late();
    void answer(Reply reply);
    [[nodiscard]] Reply dispatch();
    void answer_now();
    [[nodiscard]] const Endpoint* endpoint() const;
    [[nodiscard]] CallEntry* entry() { return site_->log.find(number_); }
    // Calls `next` at once when `delay_ms` is 0.
    void after(std::int64_t delay_ms, void (Exchange::*next)());

    // Shared, because delays that are pending when the process ends outlive everything but the io_context.
    const std::shared_ptr<Site> site_;
    boost::asio::steady_timer timer_;
    Request request_;
    Plan plan_;
    Done done_;
    std::int64_t number_ = 0;  // in the log
    bool finished_ = false;
    std::string key_;  // Idempotency-Key that is in progress because of this request; empty: none
    std::optional<Reply> refusal_;
    Reply reply_;
};

}  // namespace weir::standin
