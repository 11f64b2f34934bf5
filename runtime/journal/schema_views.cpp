// The views that make a segment readable with nothing but the sqlite3 shell. SQLite has no function that reads a
// little-endian integer out of a blob, so each is put together from the digits of hex().
#include <fmt/format.h>

#include <array>
#include <string_view>

#include "runtime/journal/schema.hpp"

namespace weir::journal {

namespace {

// Offsets are those of record_frame.cpp, counted from 1 as substr() does.
constexpr int kFlagsAt = 5;
constexpr int kTimeAt = 9;
constexpr int kIngestAt = 17;
constexpr int kLengthsAt = 25;
constexpr int kPayloadSizeAt = 53;
constexpr int kStringsAt = 57;
constexpr std::array<std::string_view, 11> kStrings = {"id",           "key",         "type",         "schema",
                                                       "source",       "subject",     "content_type", "correlation_id",
                                                       "causation_id", "traceparent", "tracestate"};

// The integer whose little-endian bytes are the hex digits `digits`.
std::string from_hex(std::string_view digits, int bytes) {
    std::string sql = "(";
    for (int i = 0; i < bytes; ++i) {
        for (int half = 0; half < 2; ++half) {
            sql += fmt::format("{}(instr('0123456789ABCDEF', substr({}, {}, 1)) - 1 << {})", i + half > 0 ? " | " : "",
                               digits, 2 * i + half + 1, 8 * i + (half == 0 ? 4 : 0));
        }
    }
    return sql + ")";
}

std::string integer_at(int at, int bytes) {
    return from_hex(fmt::format("hex(substr(frame, {}, {}))", at, bytes), bytes);
}

std::string length_of(std::size_t string) { return integer_at(kLengthsAt + 2 * static_cast<int>(string), 2); }

// Where string number `string` begins; one past the last string for 11.
std::string begin_of(std::size_t string) {
    std::string sql = std::to_string(kStringsAt);
    for (std::size_t i = 0; i < string; ++i) sql += " + " + length_of(i);
    return "(" + sql + ")";
}

std::string text_of(std::size_t string) {
    return fmt::format("CAST(substr(frame, {}, {}) AS TEXT)", begin_of(string), length_of(string));
}

std::string time_text(std::string_view ns) {
    return fmt::format("strftime('%Y-%m-%dT%H:%M:%SZ', {} / 1000000000, 'unixepoch')", ns);
}

std::string payload_text() {
    return fmt::format("CAST(substr(frame, length(frame) - {} + 1) AS TEXT)", integer_at(kPayloadSizeAt, 4));
}

// Cuts payload blobs into frames, one step each: k = 0 is a group, 1 its beginning, from 2 on its records. `next` holds
// the four bytes after the frame, which are the next one's size, so that a step touches the payload only twice. The
// order makes the queue finish one group before it opens another; without the LIMIT SQLite 3.40 drops it as useless.
std::string records_view() {
    std::string lengths;
    std::string fields;
    std::string at = std::to_string(kStringsAt);
    for (std::size_t i = 0; i < kStrings.size(); ++i) {
        lengths += fmt::format(", {} AS l{}", length_of(i), i);
        fields += fmt::format("  CAST(substr(frame, {}, l{}) AS TEXT) AS {},\n", at, i, kStrings[i]);
        at += fmt::format("+l{}", i);
    }
    return fmt::format(R"sql(
CREATE VIEW records AS
WITH RECURSIVE cut(pos, k, at, frame, next, wall_ns) AS (
  SELECT pos, 0, 1, x'', '', wall_ns FROM groups
  UNION ALL
  SELECT c.pos, c.k + 1, c.at + length(c.frame),
    CASE c.k WHEN 0 THEN x'' ELSE substr(g.payload, c.at + length(c.frame), {size}) END,
    hex(substr(g.payload, c.at + length(c.frame) + CASE c.k WHEN 0 THEN 0 ELSE {size} END, 4)),
    c.wall_ns
  FROM cut c JOIN groups g ON g.pos = c.pos WHERE c.k <= g.count
  ORDER BY 1, 2 LIMIT -1
),
-- The OFFSET keeps SQLite from writing these expressions out at every use below.
parts AS (SELECT *, {flags} & 32768 AS is_held{lengths} FROM cut WHERE k >= 2 LIMIT -1 OFFSET 0)
SELECT
  (SELECT name FROM streams WHERE id = pos >> 40) AS stream,
  (pos & 1099511627775) + k - 2 AS record_offset,
{fields}  {time} AS time_ns,
  {ingest} AS ingest_ns,
  wall_ns AS accepted_ns,
  {accepted} AS accepted,
  CASE WHEN is_held THEN CAST(substr(frame, {hold}+2, {hold_length}) AS TEXT) END AS hold_code,
  {payload} AS payload
FROM parts;
)sql",
                       fmt::arg("size", from_hex("c.next", 4)), fmt::arg("flags", integer_at(kFlagsAt, 2)),
                       fmt::arg("lengths", lengths), fmt::arg("fields", fields),
                       fmt::arg("time", integer_at(kTimeAt, 8)), fmt::arg("ingest", integer_at(kIngestAt, 8)),
                       fmt::arg("accepted", time_text("wall_ns")), fmt::arg("hold", at),
                       fmt::arg("hold_length", from_hex(fmt::format("hex(substr(frame, {}+1, 1))", at), 1)),
                       fmt::arg("payload", payload_text()));
}

std::string deliveries_view() {
    return fmt::format(R"sql(
CREATE VIEW deliveries AS
SELECT
  l.route, l.destination, s.name AS stream, d.record_offset, d.part,
  CASE d.state WHEN 1 THEN 'retrying' WHEN 2 THEN 'unknown' WHEN 3 THEN 'held' WHEN 4 THEN 'dead'
               WHEN 5 THEN 'delivered' WHEN 6 THEN 'waiting' WHEN 7 THEN 'resolved' ELSE d.state END AS state,
  d.attempts, d.probes, d.code, d.message, d.remote_status, d.remote_id, d.external_ref, d.step,
  CASE WHEN d.next_ns > 0 THEN {next} END AS next_at,
  {updated} AS updated_at,
  CASE WHEN d.opened_ns > 0 THEN {opened} END AS opened_at,
  CASE d.redo WHEN 1 THEN 'deliver' WHEN 2 THEN 'steps' END AS redo,
  d.replay,
  coalesce((SELECT n.text FROM delivery_notes n WHERE n.lane = d.lane AND n.record_offset = d.record_offset
            AND n.part = d.part AND n.action = 'assign' ORDER BY n.seq DESC LIMIT 1), '') AS assignee,
  CASE WHEN length(frame) > 0 THEN {id} END AS record_id,
  CASE WHEN length(frame) > 0 THEN {source} END AS record_source,
  CASE WHEN length(frame) > 0 THEN {payload} END AS payload
FROM delivery_rows d JOIN lanes l ON l.id = d.lane JOIN streams s ON s.id = l.stream;
)sql",
                       fmt::arg("next", time_text("d.next_ns")), fmt::arg("updated", time_text("d.updated_ns")),
                       fmt::arg("opened", time_text("d.opened_ns")), fmt::arg("id", text_of(0)),
                       fmt::arg("source", text_of(4)), fmt::arg("payload", payload_text()));
}

constexpr std::string_view kLanesView = R"sql(
CREATE VIEW lane_progress AS
SELECT l.id, l.route, l.destination, s.name AS stream, l.begin_offset, l.position, s.next_offset AS stream_end,
  s.next_offset - l.position AS unsettled_at_most, length(l.settled) / 16 AS settled_ranges,
  l.delivered, l.duplicates, l.filtered, l.next_attempt
FROM lanes l JOIN streams s ON s.id = l.stream;
)sql";

}  // namespace

std::string schema_views() { return records_view() + deliveries_view() + std::string(kLanesView); }

}  // namespace weir::journal
