// Which id of which system stands for which canonical id, both ways, in one small database beside the journal.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weir/result.hpp>

#include "runtime/base/clock.hpp"

namespace weir::canonical {

// What one system calls an object. `environment` tells installations of a system apart; "": there is one.
struct ExternalId {
    std::string system;       // "netsuite"
    std::string environment;  // "prod"
    std::string type;         // "customer"
    std::string id;           // "7001"
    friend bool operator==(const ExternalId&, const ExternalId&) = default;
    [[nodiscard]] std::string to_string() const;  // "netsuite/prod customer "7001""
};

struct Link {
    ExternalId external;
    std::string canonical;        // "weir:customer:ACME"
    bool alternate = false;       // a further id in the same system: read, never written with
    std::int64_t at_wall_ns = 0;  // when it was linked; set by link()
};

// Who changes something, and why: kept for ever.
struct ChangedBy {
    std::string who;  // "cli:mia", "token:crm-sync"
    std::string why;
};

struct LinkChange {
    std::int64_t sequence = 0;  // from 1, without gaps that mean anything
    std::int64_t at_wall_ns = 0;
    ChangedBy by;
    std::string action;  // "link", "unlink"
    Link link;
};

// Left out: any.
struct LinkFilter {
    std::string canonical{};
    std::string system{};
    std::string environment{};
    std::string type{};
    std::string id{};
    std::size_t limit = 1000;
};

// What several links at once came to: all of them, or none.
struct Linked {
    std::size_t added = 0;
    std::size_t present = 0;                              // were there already
    std::vector<std::pair<std::size_t, Error>> problems;  // by index; when there is one, nothing was written
};

// Any thread. Several processes may have the same file open: each sees what the others have committed, an id that
// nobody had linked at the next call, a changed one kTrustedForNs later at the latest. Answers of look-ups are kept in
// memory (up to kCachedMax of them) until somebody writes.
//
// An external id has exactly one canonical id. A canonical id has one external id for each system, environment and
// type; a further one must be asked for and is an alternate: found when it comes in, never given out.
class CrossReferences {
  public:
    static constexpr std::size_t kCachedMax = 200'000;
    static constexpr std::chrono::milliseconds kBusyTimeout{5000};
    // So long an answer is given again without asking the file whether somebody wrote. Asking takes system calls, which
    // cost more than all the rest; a link that changed in between could as well have changed after the call.
    static constexpr std::int64_t kTrustedForNs = 50'000'000;

    // `file` is made where there is none; its directory must be there. `unavailable`, `corrupt`; `invalid`: made by a
    // newer weir, or another program's. `clock` must outlive it.
    [[nodiscard]] static Result<std::unique_ptr<CrossReferences>> open(const std::filesystem::path& file,
                                                                       const Clock& clock);
    virtual ~CrossReferences() = default;
    CrossReferences() = default;
    CrossReferences(const CrossReferences&) = delete;
    CrossReferences& operator=(const CrossReferences&) = delete;

    // `not_found`: nobody has linked it; `unavailable`: cannot be read now.
    [[nodiscard]] virtual Result<std::string> canonical_id(std::string_view system, std::string_view environment,
                                                           std::string_view type, std::string_view external) = 0;
    [[nodiscard]] virtual Result<std::string> external_id(std::string_view system, std::string_view environment,
                                                          std::string_view type, std::string_view canonical) = 0;

    // `conflict`: the external id belongs to another canonical id, or the canonical id has another external id there
    // and `several` is false; the message names both. What is linked so already stays as it is. `invalid`: a name or id
    // that is empty or too long, a canonical id that is not "weir:<type>:<id>", nobody or no reason in `by`.
    [[nodiscard]] virtual Status link(const Link& link, const ChangedBy& by, bool several = false) = 0;
    [[nodiscard]] virtual Result<Linked> link_all(std::span<const Link> links, const ChangedBy& by,
                                                  bool several = false) = 0;
    // `not_found`; `conflict`: it has alternates, which would be left without the one that is given out.
    [[nodiscard]] virtual Status unlink(const ExternalId& external, const ChangedBy& by) = 0;

    // By canonical id, system, environment, type and id.
    [[nodiscard]] virtual Result<std::vector<Link>> list(const LinkFilter& filter) = 0;
    // The newest first.
    [[nodiscard]] virtual Result<std::vector<LinkChange>> history(const LinkFilter& filter) = 0;
};

}  // namespace weir::canonical
