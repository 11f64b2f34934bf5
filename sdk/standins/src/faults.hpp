// Faults that a test switches on over HTTP: which requests they hit, and what happens to those.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "message.hpp"

namespace weir::standin {

enum class When : std::uint8_t { before_commit, after_commit };
enum class Down : std::uint8_t {
    no,
    refuse,  // nobody listens: the client knows that nothing was sent
    accept,  // taken and reset at once
};

// What happens to one request: of all faults that hit it, the first that says something about each of these.
struct Plan {
    struct Answer {
        When when = When::before_commit;
        Reply reply;
    };
    struct LateCommit {
        std::int64_t after_ms = 0;
        int status = 504;
    };
    std::int64_t slow_before_ms = 0;
    std::int64_t slow_after_ms = 0;
    std::optional<Answer> answer;
    std::optional<LateCommit> late_commit;
    std::optional<std::size_t> cut_request_at;   // bytes of the body that are read before the connection is reset
    std::optional<std::size_t> cut_response_at;  // bytes of the response that are sent before it
    std::optional<std::string> closed_period;
    Json quota;  // null: as it is
    bool expire_sessions = false;
    std::vector<std::string> names;  // of the faults that were applied
};

// One thread.
class Faults {
  public:
    // {"match": {...}, "do": {...}, "name": "..."}; sdk/standins/README.md has every form. The id it got.
    // `invalid`: an unknown member, a wrong type, or not exactly one action.
    [[nodiscard]] Result<std::int64_t> add(const Json& fault, std::int64_t now_ms);
    // False: no fault has this id.
    bool remove(std::int64_t id);
    void clear();
    [[nodiscard]] Json list(std::int64_t now_ms) const;

    // Counts the request against every fault, and says what happens to it.
    [[nodiscard]] Plan plan(std::string_view method, std::string_view path, std::int64_t now_ms);
    [[nodiscard]] Down down(std::int64_t now_ms) const;
    // A connection was reset because of `down: accept`.
    void connection_refused();
    // When the earliest `down` that is in force ends by itself; empty: it does not.
    [[nodiscard]] std::optional<std::int64_t> down_until() const;
    // Called after each change of the list.
    void on_change(std::function<void()> call) { changed_ = std::move(call); }

  private:
    struct Fault;
    [[nodiscard]] static bool in_force(const Fault& fault, std::int64_t now_ms);
    [[nodiscard]] static bool hits(Fault& fault, std::string_view method, std::string_view path, std::int64_t now_ms);
    static void merge(const Fault& fault, Plan& plan);

    std::vector<std::shared_ptr<Fault>> faults_;
    std::int64_t last_id_ = 0;
    std::function<void()> changed_;
};

// `*` stands for any text, also none.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text) noexcept;

}  // namespace weir::standin
