#include "runtime/journal/people.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "runtime/journal/audit_chain.hpp"
#include "runtime/journal/sql_clause.hpp"

namespace weir::journal {

namespace {

std::string hex(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        text += kDigits[static_cast<unsigned char>(byte) >> 4];
        text += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

constexpr std::string_view kAuditColumns = "seq, id, wall_ns, actor, role, action, subject, reason, detail, hash";

AuditEntry audit_of_row(const sqlite::Statement& row) {
    return {row.text(1), row.integer(2), row.text(3), row.text(4), row.text(5), row.text(6), row.text(7), row.text(8)};
}

Error tampered(std::uint64_t sequence, std::string_view how) {
    return {Errc::corrupt, fmt::format("audit entry {}: {}", sequence, how), "audit_tampered", {}};
}

// Sequence and hash of the last entry that each older segment has: the newest must agree.
using Copies = std::map<std::uint64_t, std::pair<std::string, std::uint64_t>>;  // hash, segment

Result<Copies> last_copies(SegmentSet& segments) {
    Copies copies;
    for (const auto& reader : segments.readers()) {
        if (reader.get() == &segments.active()) break;
        WEIR_TRY(auto last, reader->database().prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"));
        WEIR_TRY(const bool row, last.step());
        if (row) copies.insert_or_assign(last.as<std::uint64_t>(0), std::pair{last.text(1), reader->number()});
    }
    return copies;
}

}  // namespace

Result<std::vector<DeliveryNote>> read_notes(SegmentSet& segments, LaneId lane, ItemId item) {
    std::vector<DeliveryNote> notes;
    WEIR_TRY(auto rows, segments.active().database().prepare(
                            "SELECT id, wall_ns, actor, action, text, detail, frame FROM delivery_notes "
                            "WHERE lane = ?1 AND record_offset = ?2 AND part = ?3 ORDER BY seq"));
    rows.bind(1, lane).bind(2, item.offset).bind(3, item.part);
    for (;;) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) return notes;
        notes.push_back({rows.text(0), lane, item, rows.integer(1), rows.text(2), rows.text(3), rows.text(4),
                         rows.text(5), rows.text(6)});
    }
}

Result<std::vector<ListedAudit>> read_audit(SegmentSet& segments, const AuditFilter& filter) {
    SqlClause clause;
    clause.add("seq > ?", static_cast<std::int64_t>(filter.after));
    if (filter.actor) clause.add("actor = ?", *filter.actor);
    if (filter.action) clause.add("action = ?", *filter.action);
    // Not LIKE: it would take % and _ of the prefix for wildcards.
    if (filter.subject) clause.add("instr(subject, ?) = 1", *filter.subject);
    if (filter.since_wall_ns) clause.add("wall_ns >= ?", *filter.since_wall_ns);
    if (filter.until_wall_ns) clause.add("wall_ns < ?", *filter.until_wall_ns);
    WEIR_TRY(auto rows, segments.active().database().prepare(
                            fmt::format("SELECT {} FROM audit WHERE {} ORDER BY seq", kAuditColumns, clause.where())));
    clause.bind(rows);
    std::vector<ListedAudit> listed;
    while (listed.size() < filter.limit) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) break;
        listed.push_back({rows.as<std::uint64_t>(0), hex(rows.bytes(9)), audit_of_row(rows)});
    }
    return listed;
}

Result<std::uint64_t> check_audit(SegmentSet& segments) {
    WEIR_TRY(const Copies copies, last_copies(segments));
    WEIR_TRY(auto rows,
             segments.active().database().prepare(fmt::format("SELECT {} FROM audit ORDER BY seq", kAuditColumns)));
    std::uint64_t checked = 0;
    std::string hash = audit_chain_begin();
    for (;;) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) break;
        const auto sequence = rows.as<std::uint64_t>(0);
        if (sequence != checked + 1) return tampered(checked + 1, "is missing");
        hash = audit_hash(hash, audit_of_row(rows));
        if (hash != rows.bytes(9)) return tampered(sequence, "was changed, or one before it was");
        const auto copy = copies.find(sequence);
        if (copy != copies.end() && copy->second.first != hash)
            return tampered(sequence, fmt::format("differs from the copy in segment {}", copy->second.second));
        checked = sequence;
    }
    if (!copies.empty() && copies.rbegin()->first > checked) {
        return tampered(checked + 1, fmt::format("is missing, segment {} has it", copies.rbegin()->second.second));
    }
    return checked;
}

}  // namespace weir::journal
