// One writer per Tryton database in this process.
//
// Tryton numbers posted documents from one sequence per fiscal year and takes a lock on it: posts at the same time do
// not run faster, they fail with lock errors. The lock also makes "search, then create" one step for all routes of
// this process that post to the same database.
#pragma once

#include <weir/call.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace tryton {

struct PostingQueue {
    std::mutex mutex;
    std::condition_variable freed;
    bool taken = false;
};

// The queue of one database, the same for all who ask with the same name.
[[nodiscard]] PostingQueue& posting_queue(const std::string& database_url);

// Held from a successful construction on. [any]
class PostingLock {
  public:
    // Waits until it is free, the call's deadline has passed, it is cancelled, or `stopping` is set (and the queue's
    // `freed` notified).
    PostingLock(PostingQueue& queue, const weir::Call& call, const std::atomic<bool>& stopping);
    PostingLock(const PostingLock&) = delete;
    PostingLock& operator=(const PostingLock&) = delete;
    ~PostingLock();

    [[nodiscard]] bool held() const noexcept { return held_; }

  private:
    PostingQueue& queue_;
    bool held_ = false;
};

}  // namespace tryton
