#include "runtime/canonical/cross_references.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <unordered_map>

#include "runtime/base/text.hpp"
#include "runtime/sqlite/sqlite.hpp"

namespace weir::canonical {

namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::int64_t kApplicationId = 0x57585246;  // "WXRF"
constexpr std::int64_t kSchemaVersion = 1;
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kIdMax = 256;
constexpr std::size_t kCanonicalMax = 128;

constexpr const char* kSchema = R"sql(
CREATE TABLE link (
  system TEXT NOT NULL, environment TEXT NOT NULL, type TEXT NOT NULL, external_id TEXT NOT NULL,
  canonical_id TEXT NOT NULL, alternate INTEGER NOT NULL, at_wall_ns INTEGER NOT NULL,
  PRIMARY KEY (system, environment, type, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_canonical ON link (canonical_id, system, environment, type);
CREATE UNIQUE INDEX link_given_out ON link (canonical_id, system, environment, type) WHERE alternate = 0;
CREATE TABLE history (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_wall_ns INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,
  action TEXT NOT NULL, system TEXT NOT NULL, environment TEXT NOT NULL, type TEXT NOT NULL, external_id TEXT NOT NULL,
  canonical_id TEXT NOT NULL, alternate INTEGER NOT NULL
) STRICT;
CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history is not changed'); END;
CREATE TRIGGER history_is_kept BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history is kept'); END;
PRAGMA user_version = 1;
PRAGMA application_id = 1465406022;
)sql";
static_assert(kApplicationId == 1465406022 && kSchemaVersion == 1);

constexpr const char* kWhere =
    " WHERE (?1 = '' OR canonical_id = ?1) AND (?2 = '' OR system = ?2) AND (?3 = '' OR environment = ?3)"
    " AND (?4 = '' OR type = ?4) AND (?5 = '' OR external_id = ?5) ";

std::string in_quotes(std::string_view text) { return '"' + std::string(text.substr(0, kIdMax)) + '"'; }

bool is_text(std::string_view text, std::size_t size_max) {
    return !text.empty() && text.size() <= size_max && is_utf8(text) &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// "weir:customer:ACME"
bool is_canonical(std::string_view id) {
    constexpr std::string_view kPrefix = "weir:";
    if (!id.starts_with(kPrefix) || id.size() > kCanonicalMax) return false;
    const std::size_t colon = id.find(':', kPrefix.size());
    if (colon == std::string_view::npos || colon == kPrefix.size() || colon + 1 == id.size()) return false;
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::string_view type = id.substr(kPrefix.size(), colon - kPrefix.size());
    return std::ranges::all_of(type, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }) &&
           std::ranges::all_of(id.substr(colon + 1),
                               [&](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

Status check(const Link& link) {
    const auto bad = [](const char* what, std::string_view found, const std::string& expected) -> Status {
        return Error{
            Errc::invalid, std::string(what) + ": found " + in_quotes(found) + ", expected " + expected, "xref", {}};
    };
    const std::string name = "up to " + std::to_string(kNameMax) + " characters";
    if (!is_text(link.external.system, kNameMax)) return bad("system", link.external.system, name);
    if (!link.external.environment.empty() && !is_text(link.external.environment, kNameMax)) {
        return bad("environment", link.external.environment, name);
    }
    if (!is_text(link.external.type, kNameMax)) return bad("type", link.external.type, name);
    if (!is_text(link.external.id, kIdMax)) {
        return bad("external id", link.external.id, "up to " + std::to_string(kIdMax) + " characters");
    }
    if (!is_canonical(link.canonical)) return bad("canonical id", link.canonical, "one like \"weir:customer:ACME\"");
    return ok();
}

Status check(const ChangedBy& by) {
    if (by.who.empty()) return Error{Errc::invalid, "nobody is named who changes it", "xref", {}};
    if (by.why.empty()) return Error{Errc::invalid, "no reason is given", "xref", {}};
    if (!is_utf8(by.who) || !is_utf8(by.why)) return Error{Errc::invalid, "the reason is not UTF-8", "xref", {}};
    return ok();
}

class SqliteCrossReferences final : public CrossReferences {
  public:
    SqliteCrossReferences(Database db, const Clock& clock) : clock_(clock), db_(std::move(db)) {}

    Status prepare() {
        const std::pair<Statement*, const char*> statements[] = {
            {&data_version_, "PRAGMA data_version"},
            {&begin_, "BEGIN IMMEDIATE"},
            {&commit_, "COMMIT"},
            {&rollback_, "ROLLBACK"},
            {&canonical_of_,
             "SELECT canonical_id, alternate FROM link "
             "WHERE system = ?1 AND environment = ?2 AND type = ?3 AND external_id = ?4"},
            {&external_of_,
             "SELECT external_id FROM link "
             "WHERE system = ?1 AND environment = ?2 AND type = ?3 AND canonical_id = ?4 AND alternate = 0"},
            {&alternate_of_,
             "SELECT external_id FROM link "
             "WHERE system = ?1 AND environment = ?2 AND type = ?3 AND canonical_id = ?4 AND alternate = 1"},
            {&insert_, "INSERT INTO link VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
            {&remove_, "DELETE FROM link WHERE system = ?1 AND environment = ?2 AND type = ?3 AND external_id = ?4"},
            {&note_,
             "INSERT INTO history (system, environment, type, external_id, canonical_id, alternate, at_wall_ns, "
             "action, "
             "who, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"}};
        for (const auto& [statement, sql] : statements) {
            WEIR_TRY(*statement, db_.prepare(sql));
        }
        return ok();
    }

    Result<std::string> canonical_id(std::string_view system, std::string_view environment, std::string_view type,
                                     std::string_view external) override {
        const std::lock_guard lock(mutex_);
        return look_up('c', canonical_of_, system, environment, type, external,
                       [&] { return describe(system, environment, type, external) + " has no canonical id"; });
    }
    Result<std::string> external_id(std::string_view system, std::string_view environment, std::string_view type,
                                    std::string_view canonical) override {
        const std::lock_guard lock(mutex_);
        return look_up('e', external_of_, system, environment, type, canonical, [&] {
            return in_quotes(canonical) + " has no " + std::string(type) + " id in " + place(system, environment);
        });
    }

    Status link(const Link& link, const ChangedBy& by, bool several) override {
        WEIR_TRY(Linked linked, link_all({&link, 1}, by, several));
        if (!linked.problems.empty()) return std::move(linked.problems.front().second);
        return ok();
    }

    Result<Linked> link_all(std::span<const Link> links, const ChangedBy& by, bool several) override {
        WEIR_CHECK_OK(check(by));
        const std::lock_guard lock(mutex_);
        WEIR_CHECK_OK(begin_.run());
        Linked linked;
        for (std::size_t i = 0; i < links.size(); ++i) {
            auto added = link_one(links[i], by, several);
            if (added.ok()) {
                ++(*added ? linked.added : linked.present);
                continue;
            }
            const Errc errc = added.error().errc;
            if (errc != Errc::invalid && errc != Errc::conflict) return give_up(std::move(added).error());
            linked.problems.emplace_back(i, std::move(added).error());
        }
        if (!linked.problems.empty()) {
            WEIR_CHECK_OK(rollback_.run());
            linked.added = linked.present = 0;
            return linked;
        }
        WEIR_CHECK_OK(commit());
        return linked;
    }

    Status unlink(const ExternalId& external, const ChangedBy& by) override {
        WEIR_CHECK_OK(check(by));
        const std::lock_guard lock(mutex_);
        WEIR_CHECK_OK(begin_.run());
        if (Status done = unlink_one(external, by); !done.ok()) return give_up(std::move(done).error());
        return commit();
    }

    Result<std::vector<Link>> list(const LinkFilter& filter) override {
        const std::lock_guard lock(mutex_);
        WEIR_TRY(Statement statement,
                 db_.prepare(std::string("SELECT system, environment, type, external_id, canonical_id, alternate, "
                                         "at_wall_ns FROM link") +
                             kWhere + "ORDER BY canonical_id, system, environment, type, external_id LIMIT ?6"));
        bind(statement, filter);
        std::vector<Link> links;
        for (;;) {
            WEIR_TRY(const bool row, statement.step());
            if (!row) return links;
            links.push_back(read_link(statement));
        }
    }

    Result<std::vector<LinkChange>> history(const LinkFilter& filter) override {
        const std::lock_guard lock(mutex_);
        WEIR_TRY(Statement statement,
                 db_.prepare(std::string("SELECT system, environment, type, external_id, canonical_id, alternate, "
                                         "at_wall_ns, sequence, who, why, action FROM history") +
                             kWhere + "ORDER BY sequence DESC LIMIT ?6"));
        bind(statement, filter);
        std::vector<LinkChange> changes;
        for (;;) {
            WEIR_TRY(const bool row, statement.step());
            if (!row) return changes;
            LinkChange change;
            change.link = read_link(statement);
            change.at_wall_ns = change.link.at_wall_ns;
            change.sequence = statement.integer(7);
            change.by = {statement.text(8), statement.text(9)};
            change.action = statement.text(10);
            changes.push_back(std::move(change));
        }
    }

  private:
    static std::string place(std::string_view system, std::string_view environment) {
        return in_quotes(std::string(system) + (environment.empty() ? "" : "/" + std::string(environment)));
    }
    static std::string describe(std::string_view system, std::string_view environment, std::string_view type,
                                std::string_view id) {
        return std::string(type) + ' ' + in_quotes(id) + " of " + place(system, environment);
    }
    static void bind(Statement& statement, const LinkFilter& filter) {
        statement.bind_text(1, filter.canonical)
            .bind_text(2, filter.system)
            .bind_text(3, filter.environment)
            .bind_text(4, filter.type);
        statement.bind_text(5, filter.id).bind(6, static_cast<std::int64_t>(filter.limit));
    }
    static Link read_link(const Statement& row) {
        return {{row.text(0), row.text(1), row.text(2), row.text(3)}, row.text(4), row.integer(5) != 0, row.integer(6)};
    }
    static Statement& bind(Statement& statement, const ExternalId& external) {
        return statement.bind_text(1, external.system)
            .bind_text(2, external.environment)
            .bind_text(3, external.type)
            .bind_text(4, external.id);
    }

    // The first column of the one row, or nothing.
    static Result<std::optional<std::string>> first(Statement& statement) {
        WEIR_TRY(const bool row, statement.step());
        std::optional<std::string> text;
        if (row) text = statement.text(0);
        statement.reset();
        return text;
    }

    // Forgets what was kept when another process, or another object of this one, has committed since.
    Status forget_what_is_old() {
        WEIR_TRY([[maybe_unused]] const bool row, data_version_.step());
        const std::int64_t version = data_version_.integer(0);
        data_version_.reset();
        if (std::exchange(seen_version_, version) != version) cache_.clear();
        seen_at_mono_ns_ = clock_.mono_ns();
        return ok();
    }

    template <class Missing>
    Result<std::string> look_up(char direction, Statement& statement, std::string_view system,
                                std::string_view environment, std::string_view type, std::string_view id,
                                const Missing& missing) {
        key_.assign(1, direction);
        for (const std::string_view part : {system, environment, type, id}) key_.append(part).push_back('\0');
        auto known = cache_.find(key_);
        // "Nobody has linked it" ends a record: it is asked anew each time.
        const bool trusted = clock_.mono_ns() - seen_at_mono_ns_ < kTrustedForNs;
        if (known != cache_.end() && known->second && trusted) return *known->second;
        WEIR_CHECK_OK(forget_what_is_old());
        known = cache_.find(key_);
        if (known == cache_.end()) {
            statement.bind_text(1, system).bind_text(2, environment).bind_text(3, type).bind_text(4, id);
            WEIR_TRY(auto found, first(statement));
            if (cache_.size() >= kCachedMax) cache_.clear();
            known = cache_.emplace(key_, std::move(found)).first;
        }
        if (known->second) return *known->second;
        return Error{Errc::not_found, missing(), "XREF_UNKNOWN", {}};
    }

    // True: it is new.
    Result<bool> link_one(const Link& link, const ChangedBy& by, bool several) {
        WEIR_CHECK_OK(check(link));
        const ExternalId& external = link.external;
        WEIR_TRY(const auto canonical, first(bind(canonical_of_, external)));
        if (canonical == link.canonical) return false;
        if (canonical) {
            return Error{Errc::conflict,
                         external.to_string() + " stands for " + in_quotes(*canonical) + " already, not for " +
                             in_quotes(link.canonical) + "; unlink it first",
                         "XREF_CONFLICT",
                         {}};
        }
        external_of_.bind_text(1, external.system).bind_text(2, external.environment).bind_text(3, external.type);
        WEIR_TRY(const auto other, first(external_of_.bind_text(4, link.canonical)));
        if (other && !several) {
            return Error{Errc::conflict,
                         in_quotes(link.canonical) + " has the " + external.type + " id " + in_quotes(*other) + " in " +
                             place(external.system, external.environment) + " already, besides " +
                             in_quotes(external.id) + "; a further one must be asked for",
                         "XREF_CONFLICT",
                         {}};
        }
        Link made = link;
        made.alternate = other.has_value();
        made.at_wall_ns = clock_.wall_ns();
        WEIR_CHECK_OK(bind(insert_, made).run());
        WEIR_CHECK_OK(note("link", made, by));
        return true;
    }

    Status unlink_one(const ExternalId& external, const ChangedBy& by) {
        Statement& found = bind(canonical_of_, external);
        WEIR_TRY(const bool row, found.step());
        const Link link{external, row ? found.text(0) : "", row && found.integer(1) != 0, clock_.wall_ns()};
        found.reset();
        if (!row) return Error{Errc::not_found, external.to_string() + " has no canonical id", "XREF_UNKNOWN", {}};
        if (!link.alternate) {
            alternate_of_.bind_text(1, external.system).bind_text(2, external.environment).bind_text(3, external.type);
            WEIR_TRY(const auto other, first(alternate_of_.bind_text(4, link.canonical)));
            if (other) {
                return Error{Errc::conflict,
                             external.to_string() + " is the one given out for " + in_quotes(link.canonical) +
                                 "; unlink its alternate " + in_quotes(*other) + " first",
                             "XREF_CONFLICT",
                             {}};
            }
        }
        WEIR_CHECK_OK(bind(remove_, external).run());
        return note("unlink", link, by);
    }

    static Statement& bind(Statement& statement, const Link& link) {
        return bind(statement, link.external)
            .bind_text(5, link.canonical)
            .bind(6, static_cast<std::int64_t>(link.alternate))
            .bind(7, link.at_wall_ns);
    }
    Status note(std::string_view action, const Link& link, const ChangedBy& by) {
        return bind(note_, link).bind_text(8, action).bind_text(9, by.who).bind_text(10, by.why).run();
    }

    Status commit() {
        if (Status done = commit_.run(); !done.ok()) return give_up(std::move(done).error());
        cache_.clear();  // data_version tells only of others' commits
        return ok();
    }
    // Ends the transaction; the first error is the one to tell.
    Error give_up(Error error) {
        [[maybe_unused]] const Status ended = rollback_.run();
        return error;
    }

    const Clock& clock_;
    std::mutex mutex_;  // over all below
    Database db_;
    Statement data_version_, begin_, commit_, rollback_, canonical_of_, external_of_, alternate_of_, insert_, remove_,
        note_;
    std::int64_t seen_version_ = -1;
    std::int64_t seen_at_mono_ns_ = std::numeric_limits<std::int64_t>::min() / 2;
    std::string key_;
    std::unordered_map<std::string, std::optional<std::string>> cache_;
};

Result<std::int64_t> pragma(Database& db, const char* name) {
    WEIR_TRY(Statement statement, db.prepare(std::string("PRAGMA ") + name));
    WEIR_TRY(const bool row, statement.step());
    return row ? statement.integer(0) : 0;
}

// Makes the tables of an empty file; refuses one that is not ours.
Status prepare_file(Database& db) {
    WEIR_CHECK_OK(db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
    // Two processes may find the file empty at the same time.
    WEIR_CHECK_OK(db.exec("BEGIN IMMEDIATE"));
    WEIR_TRY(const std::int64_t version, pragma(db, "user_version"));
    WEIR_TRY(const std::int64_t application, pragma(db, "application_id"));
    if (version == 0 && application == 0) {
        WEIR_CHECK_OK(db.exec(kSchema));
    } else if (application != kApplicationId) {
        return Error{Errc::invalid, "is a database of another program", "xref", {}};
    } else if (version != kSchemaVersion) {
        return Error{Errc::invalid, "has version " + std::to_string(version) + ", this weir knows 1", "xref", {}};
    }
    return db.exec("COMMIT");
}

}  // namespace

std::string ExternalId::to_string() const {
    return type + ' ' + in_quotes(id) + " of " + in_quotes(system + (environment.empty() ? "" : "/" + environment));
}

Result<std::unique_ptr<CrossReferences>> CrossReferences::open(const std::filesystem::path& file, const Clock& clock) {
    WEIR_TRY(Database db, Database::open(file.string(), Database::Mode::create, "", kBusyTimeout));
    if (Status prepared = prepare_file(db); !prepared.ok()) return std::move(prepared).error().in(file.string());
    auto references = std::make_unique<SqliteCrossReferences>(std::move(db), clock);
    if (Status prepared = references->prepare(); !prepared.ok()) return std::move(prepared).error().in(file.string());
    return std::unique_ptr<CrossReferences>(std::move(references));
}

}  // namespace weir::canonical
