// What journal tests share: records by a short name, an append that waits, a temporary directory.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/journal/journal.hpp"
#include "runtime/journal/open_journal.hpp"

namespace weir::journal::testing {

inline constexpr std::int64_t kStart = 1'780'000'000'000'000'000;  // 2026-05-28
inline constexpr std::int64_t kSecond = 1'000'000'000;

class TempDir {
  public:
    TempDir() {
        std::string pattern = (std::filesystem::temp_directory_path() / "weir-journal-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        path_ = pattern;
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

struct Event {
    std::string id;
    std::string payload;
    std::string source = "test";
};

inline void encode(const Event& event, const Hold* hold, EncodedBatch& out) {
    weir_record record{};
    record.time_unix_ns = kStart;
    record.ingest_unix_ns = kStart + 1;
    record.id = str(event.id);
    record.source = str(event.source);
    record.type = str("com.example.event");
    record.subject = str("customer-7");
    record.payload = str(event.payload);
    ASSERT_TRUE(encode_record(record, hold, out).ok());
}

inline EncodedBatch encode(const std::vector<Event>& events) {
    EncodedBatch out;
    for (const Event& event : events) encode(event, nullptr, out);
    return out;
}

// Events "<prefix>0", "<prefix>1", ... with payloads that follow from their ids.
inline std::vector<Event> numbered(const std::string& prefix, std::size_t count, std::size_t from = 0) {
    std::vector<Event> events;
    for (std::size_t i = from; i < from + count; ++i) {
        const std::string id = prefix + std::to_string(i);
        events.push_back({id, "{\"id\":\"" + id + "\"}"});
    }
    return events;
}

struct Answer {
    Status status;
    Offset first = 0;
    std::uint32_t stored = 0;
    std::vector<Verdict> verdicts;
};

// One append whose answer can be waited for, whichever thread gives it.
class Pending {
  public:
    void give(const AppendResult& result) {
        const std::scoped_lock lock(mutex_);
        answer_.status = result.status;
        answer_.first = result.first;
        answer_.stored = result.stored;
        answer_.verdicts.assign(result.verdicts.begin(), result.verdicts.end());
        done_ = true;
        changed_.notify_all();
    }
    Answer wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return done_; });
        return answer_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
    Answer answer_;
};

class TestAppend final : public AppendRequest {
  public:
    explicit TestAppend(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}
    void done(const AppendResult& result) noexcept override { pending_->give(result); }

  private:
    std::shared_ptr<Pending> pending_;
};

struct AppendOptions {
    std::optional<CursorUpdate> cursor;
    bool deduplicate = true;
};

inline std::shared_ptr<Pending> start_append(Journal& journal, StreamId stream, EncodedBatch records,
                                             AppendOptions options = {}) {
    auto pending = std::make_shared<Pending>();
    auto request = std::make_unique<TestAppend>(pending);
    request->stream = stream;
    request->records = std::move(records);
    request->cursor = std::move(options.cursor);
    request->deduplicate = options.deduplicate;
    journal.append(std::move(request));
    return pending;
}

inline Answer append(Journal& journal, StreamId stream, const std::vector<Event>& events, AppendOptions options = {}) {
    return start_append(journal, stream, encode(events), std::move(options))->wait();
}

struct Stored {
    Offset offset = 0;
    std::string id;
    std::string payload;
    std::string hold;  // its code
    friend bool operator==(const Stored&, const Stored&) = default;
};

// Every record from `from` on; damaged groups leave a gap.
inline std::vector<Stored> read_all(Journal& journal, StreamId stream, Offset from = 0,
                                    std::size_t max_bytes = 1 << 20) {
    std::vector<Stored> found;
    for (;;) {
        auto groups = journal.read(stream, from, max_bytes);
        EXPECT_TRUE(groups.ok()) << groups.error().message;
        if (!groups.ok() || groups->empty()) return found;
        for (const Group& group : *groups) {
            EXPECT_LE(group.first, from) << "a gap before a group";
            for (std::uint32_t i = 0; !group.damaged && i < group.count; ++i) {
                const Offset offset = group.first + i;
                if (offset < from) continue;
                const weir_record& record = (*group.records.batch)[i];
                std::string hold;
                for (const Hold& one : group.records.holds) {
                    if (one.index == i) hold = one.code;
                }
                found.push_back({offset, std::string(view(record.id)), std::string(view(record.payload)), hold});
            }
            EXPECT_GT(group.end(), from) << "no progress";
            from = group.end();
        }
    }
}

template <class T>
T must(Result<T> result) {
    EXPECT_TRUE(result.ok()) << result.error().message;
    return std::move(result).value();
}

}  // namespace weir::journal::testing
