#include "runtime/journal/schema.hpp"

#include <string_view>

namespace weir::journal {

namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE streams (
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL UNIQUE,
  begin_offset INTEGER NOT NULL,   -- first offset this segment may hold
  next_offset  INTEGER NOT NULL,
  duplicates   INTEGER NOT NULL,
  conflicts    INTEGER NOT NULL
) STRICT;

CREATE TABLE cursors (
  stream    INTEGER NOT NULL,
  partition TEXT NOT NULL,
  cursor    BLOB NOT NULL,
  PRIMARY KEY (stream, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE lanes (
  id           INTEGER PRIMARY KEY,
  route        TEXT NOT NULL,
  destination  TEXT NOT NULL,
  stream       INTEGER NOT NULL,
  begin_offset INTEGER NOT NULL,   -- where the lane started
  position     INTEGER NOT NULL,
  settled      BLOB NOT NULL,      -- ranges beyond position
  delivered    INTEGER NOT NULL,
  duplicates   INTEGER NOT NULL,
  filtered     INTEGER NOT NULL,
  next_attempt INTEGER NOT NULL
) STRICT;

CREATE TABLE groups (
  pos      INTEGER PRIMARY KEY,    -- stream << 40 | first offset
  count    INTEGER NOT NULL,
  wall_ns  INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  indexed  INTEGER NOT NULL,       -- 1: its identities take part in de-duplication
  hashes   BLOB NOT NULL,          -- before payload, so that a start reads no payload pages
  payload  BLOB NOT NULL
) STRICT;

CREATE TABLE attempts (
  lane       INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,
  kind       INTEGER NOT NULL,     -- 1 deliver, 2 resolve
  started_ns INTEGER NOT NULL,
  settled_ns INTEGER,              -- NULL: no outcome yet
  ranges     BLOB NOT NULL,
  items      BLOB NOT NULL,
  PRIMARY KEY (lane, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery_rows (
  id            INTEGER PRIMARY KEY,
  lane          INTEGER NOT NULL,
  record_offset INTEGER NOT NULL,
  part          INTEGER NOT NULL,
  state         INTEGER NOT NULL,  -- 1 retrying 2 unknown 3 held 4 dead 5 delivered 6 waiting 7 resolved
  attempts      INTEGER NOT NULL,
  probes        INTEGER NOT NULL,
  error_class   INTEGER NOT NULL,
  remote_status INTEGER NOT NULL,
  next_ns       INTEGER NOT NULL,
  updated_ns    INTEGER NOT NULL,
  code          TEXT NOT NULL,
  message       TEXT NOT NULL,
  remote_id     TEXT NOT NULL,
  external_ref  TEXT NOT NULL,
  step          TEXT NOT NULL,
  frame         BLOB NOT NULL,
  opened_ns     INTEGER NOT NULL DEFAULT 0,  -- the last four came with version 2
  redo          INTEGER NOT NULL DEFAULT 0,  -- of a waiting row: 1 deliver 2 steps
  replay        INTEGER NOT NULL DEFAULT 0,
  frame_check   INTEGER NOT NULL DEFAULT 0,  -- 0: none, the frame is of version 1 or empty
  UNIQUE (lane, record_offset, part)
) STRICT;
CREATE INDEX delivery_rows_open ON delivery_rows (lane, record_offset, part) WHERE state <> 5;

CREATE TABLE state (
  scope      TEXT NOT NULL,
  key        TEXT NOT NULL,
  value      BLOB NOT NULL,
  expires_ns INTEGER NOT NULL,     -- 0: never
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX state_expiring ON state (expires_ns) WHERE expires_ns > 0;

CREATE TABLE quarantine (
  stream       INTEGER NOT NULL,
  first_offset INTEGER NOT NULL,
  count        INTEGER NOT NULL,
  segment      INTEGER NOT NULL,
  found_ns     INTEGER NOT NULL,
  reason       TEXT NOT NULL,
  PRIMARY KEY (stream, first_offset)
) STRICT, WITHOUT ROWID;
)sql";

// What people did. Small, and copied into every next segment.
constexpr std::string_view kPeopleTables = R"sql(
CREATE TABLE audit (
  seq     INTEGER PRIMARY KEY,     -- dense from 1
  id      TEXT NOT NULL UNIQUE,
  wall_ns INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  role    TEXT NOT NULL,
  action  TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason  TEXT NOT NULL,
  detail  TEXT NOT NULL,
  hash    BLOB NOT NULL            -- over the hash before and every field but seq
) STRICT;

CREATE TABLE delivery_notes (
  seq           INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  lane          INTEGER NOT NULL,
  record_offset INTEGER NOT NULL,
  part          INTEGER NOT NULL,
  wall_ns       INTEGER NOT NULL,
  actor         TEXT NOT NULL,
  action        TEXT NOT NULL,
  text          TEXT NOT NULL,
  detail        TEXT NOT NULL,
  frame         BLOB NOT NULL      -- of an edit: the record as it was before
) STRICT;
CREATE INDEX delivery_notes_item ON delivery_notes (lane, record_offset, part, seq);
)sql";

// The partial index keeps the UPDATE away from what is delivered, which may be millions of rows.
constexpr std::string_view kFromVersion1 = R"sql(
ALTER TABLE delivery_rows ADD COLUMN opened_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery_rows ADD COLUMN redo INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery_rows ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery_rows ADD COLUMN frame_check INTEGER NOT NULL DEFAULT 0;
UPDATE delivery_rows SET opened_ns = updated_ns WHERE state <> 5;
DROP VIEW records;
DROP VIEW deliveries;
DROP VIEW lane_progress;
)sql";

}  // namespace

std::string schema_tables() { return std::string(kTables) + std::string(kPeopleTables); }

std::string schema_from_version_1() { return std::string(kFromVersion1) + std::string(kPeopleTables) + schema_views(); }

}  // namespace weir::journal
