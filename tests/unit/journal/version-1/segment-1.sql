-- Segment 1 of a journal as the first release left it: format version 1, printed with `sqlite3 .dump`.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('created_ns',1780000000000000000);
INSERT INTO meta VALUES('journal_id','019e7044-8800-7b79-ba66-e8fd67116dbd');
INSERT INTO meta VALUES('probes',0);
INSERT INTO meta VALUES('sealed_ns',1780691200000000000);
INSERT INTO meta VALUES('segment',1);
CREATE TABLE streams (
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL UNIQUE,
  begin_offset INTEGER NOT NULL,   -- first offset this segment may hold
  next_offset  INTEGER NOT NULL,
  duplicates   INTEGER NOT NULL,
  conflicts    INTEGER NOT NULL
) STRICT;
INSERT INTO streams VALUES(1,'usage',0,10,0,0);
CREATE TABLE cursors (
  stream    INTEGER NOT NULL,
  partition TEXT NOT NULL,
  cursor    BLOB NOT NULL,
  PRIMARY KEY (stream, partition)
) STRICT, WITHOUT ROWID;
INSERT INTO cursors VALUES(1,'p',X'6c696e65203130');
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
INSERT INTO lanes VALUES(1,'orders','',1,0,0,X'',0,0,0,1);
INSERT INTO lanes VALUES(2,'orders','ledger',1,0,7,X'08000000000000000900000000000000',4,1,0,2);
CREATE TABLE groups (
  pos      INTEGER PRIMARY KEY,    -- stream << 40 | first offset
  count    INTEGER NOT NULL,
  wall_ns  INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  indexed  INTEGER NOT NULL,       -- 1: its identities take part in de-duplication
  hashes   BLOB NOT NULL,          -- before payload, so that a start reads no payload pages
  payload  BLOB NOT NULL
) STRICT;
INSERT INTO "groups" VALUES(1099511627776,10,1780000000000000000,-4103347309020997144,1,X'96bcf0cffc16e01e2c89314d02dbac83f435a3ac811e5781c76624968c0c7b79a8c84bd0094b9b67ba3f391729f65bc3b435c4e0e410cbb3adad95921d16fece194bd519fc0e0bfd04e0446aa80ebc7b',X'6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006530636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226530227d6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006531636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226531227d6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006532636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226532227d6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006533636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226533227d6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006534636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226534227d6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006535636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226535227d6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006536636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226536227d6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006537636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226537227d6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006538636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226538227d6400000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000b0000006539636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d377b226964223a226539227d');
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
INSERT INTO attempts VALUES(2,1,1,1780000000000000000,1780000000000000001,X'00000000000000000600000000000000',X'');
CREATE TABLE delivery_rows (
  id            INTEGER PRIMARY KEY,
  lane          INTEGER NOT NULL,
  record_offset INTEGER NOT NULL,
  part          INTEGER NOT NULL,
  state         INTEGER NOT NULL,  -- 1 retrying 2 unknown 3 held 4 dead 5 delivered 6 waiting
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
  UNIQUE (lane, record_offset, part)
) STRICT;
INSERT INTO delivery_rows VALUES(1,2,2,0,1,1,0,0,0,1780000000000000099,1780000000000000007,'http_503','','','','',X'6800000000000000000032b491d4b318010032b491d4b318020000001100000004000a00000000000000000000000000000000000f0000006532636f6d2e6578616d706c652e6576656e7474657374637573746f6d65722d37617320697420776173207472696564');
INSERT INTO delivery_rows VALUES(2,2,3,0,5,1,0,0,0,0,1780000000000000007,'http_503','','je-3','WR-3','',X'');
INSERT INTO delivery_rows VALUES(3,2,4,0,3,1,0,0,0,0,1780000000000000007,'http_503','','','','',X'');
INSERT INTO delivery_rows VALUES(4,2,5,0,4,1,0,0,0,0,1780000000000000007,'http_503','','','','',X'');
INSERT INTO delivery_rows VALUES(5,1,6,0,3,1,0,0,0,0,1780000000000000007,'http_503','','','','',X'');
CREATE TABLE state (
  scope      TEXT NOT NULL,
  key        TEXT NOT NULL,
  value      BLOB NOT NULL,
  expires_ns INTEGER NOT NULL,     -- 0: never
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
INSERT INTO state VALUES('orders/sum','k',X'76',0);
CREATE TABLE quarantine (
  stream       INTEGER NOT NULL,
  first_offset INTEGER NOT NULL,
  count        INTEGER NOT NULL,
  segment      INTEGER NOT NULL,
  found_ns     INTEGER NOT NULL,
  reason       TEXT NOT NULL,
  PRIMARY KEY (stream, first_offset)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_rows_open ON delivery_rows (lane, record_offset, part) WHERE state <> 5;
CREATE INDEX state_expiring ON state (expires_ns) WHERE expires_ns > 0;
CREATE VIEW records AS
WITH RECURSIVE cut(pos, k, at, frame, next, wall_ns) AS (
  SELECT pos, 0, 1, x'', '', wall_ns FROM groups
  UNION ALL
  SELECT c.pos, c.k + 1, c.at + length(c.frame),
    CASE c.k WHEN 0 THEN x'' ELSE substr(g.payload, c.at + length(c.frame), ((instr('0123456789ABCDEF', substr(c.next, 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(c.next, 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(c.next, 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(c.next, 4, 1)) - 1 << 8) | (instr('0123456789ABCDEF', substr(c.next, 5, 1)) - 1 << 20) | (instr('0123456789ABCDEF', substr(c.next, 6, 1)) - 1 << 16) | (instr('0123456789ABCDEF', substr(c.next, 7, 1)) - 1 << 28) | (instr('0123456789ABCDEF', substr(c.next, 8, 1)) - 1 << 24))) END,
    hex(substr(g.payload, c.at + length(c.frame) + CASE c.k WHEN 0 THEN 0 ELSE ((instr('0123456789ABCDEF', substr(c.next, 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(c.next, 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(c.next, 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(c.next, 4, 1)) - 1 << 8) | (instr('0123456789ABCDEF', substr(c.next, 5, 1)) - 1 << 20) | (instr('0123456789ABCDEF', substr(c.next, 6, 1)) - 1 << 16) | (instr('0123456789ABCDEF', substr(c.next, 7, 1)) - 1 << 28) | (instr('0123456789ABCDEF', substr(c.next, 8, 1)) - 1 << 24)) END, 4)),
    c.wall_ns
  FROM cut c JOIN groups g ON g.pos = c.pos WHERE c.k <= g.count
  ORDER BY 1, 2 LIMIT -1
),
-- The OFFSET keeps SQLite from writing these expressions out at every use below.
parts AS (SELECT *, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 5, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 5, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 5, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 5, 2)), 4, 1)) - 1 << 8)) & 32768 AS is_held, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 4, 1)) - 1 << 8)) AS l0, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 27, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 27, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 27, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 27, 2)), 4, 1)) - 1 << 8)) AS l1, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 29, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 29, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 29, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 29, 2)), 4, 1)) - 1 << 8)) AS l2, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 31, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 31, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 31, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 31, 2)), 4, 1)) - 1 << 8)) AS l3, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 33, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 33, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 33, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 33, 2)), 4, 1)) - 1 << 8)) AS l4, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 35, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 35, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 35, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 35, 2)), 4, 1)) - 1 << 8)) AS l5, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 37, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 37, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 37, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 37, 2)), 4, 1)) - 1 << 8)) AS l6, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 39, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 39, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 39, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 39, 2)), 4, 1)) - 1 << 8)) AS l7, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 41, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 41, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 41, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 41, 2)), 4, 1)) - 1 << 8)) AS l8, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 43, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 43, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 43, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 43, 2)), 4, 1)) - 1 << 8)) AS l9, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 45, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 45, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 45, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 45, 2)), 4, 1)) - 1 << 8)) AS l10 FROM cut WHERE k >= 2 LIMIT -1 OFFSET 0)
SELECT
  (SELECT name FROM streams WHERE id = pos >> 40) AS stream,
  (pos & 1099511627775) + k - 2 AS record_offset,
  CAST(substr(frame, 57, l0) AS TEXT) AS id,
  CAST(substr(frame, 57+l0, l1) AS TEXT) AS key,
  CAST(substr(frame, 57+l0+l1, l2) AS TEXT) AS type,
  CAST(substr(frame, 57+l0+l1+l2, l3) AS TEXT) AS schema,
  CAST(substr(frame, 57+l0+l1+l2+l3, l4) AS TEXT) AS source,
  CAST(substr(frame, 57+l0+l1+l2+l3+l4, l5) AS TEXT) AS subject,
  CAST(substr(frame, 57+l0+l1+l2+l3+l4+l5, l6) AS TEXT) AS content_type,
  CAST(substr(frame, 57+l0+l1+l2+l3+l4+l5+l6, l7) AS TEXT) AS correlation_id,
  CAST(substr(frame, 57+l0+l1+l2+l3+l4+l5+l6+l7, l8) AS TEXT) AS causation_id,
  CAST(substr(frame, 57+l0+l1+l2+l3+l4+l5+l6+l7+l8, l9) AS TEXT) AS traceparent,
  CAST(substr(frame, 57+l0+l1+l2+l3+l4+l5+l6+l7+l8+l9, l10) AS TEXT) AS tracestate,
  ((instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 4, 1)) - 1 << 8) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 5, 1)) - 1 << 20) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 6, 1)) - 1 << 16) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 7, 1)) - 1 << 28) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 8, 1)) - 1 << 24) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 9, 1)) - 1 << 36) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 10, 1)) - 1 << 32) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 11, 1)) - 1 << 44) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 12, 1)) - 1 << 40) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 13, 1)) - 1 << 52) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 14, 1)) - 1 << 48) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 15, 1)) - 1 << 60) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 9, 8)), 16, 1)) - 1 << 56)) AS time_ns,
  ((instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 4, 1)) - 1 << 8) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 5, 1)) - 1 << 20) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 6, 1)) - 1 << 16) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 7, 1)) - 1 << 28) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 8, 1)) - 1 << 24) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 9, 1)) - 1 << 36) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 10, 1)) - 1 << 32) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 11, 1)) - 1 << 44) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 12, 1)) - 1 << 40) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 13, 1)) - 1 << 52) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 14, 1)) - 1 << 48) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 15, 1)) - 1 << 60) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 17, 8)), 16, 1)) - 1 << 56)) AS ingest_ns,
  wall_ns AS accepted_ns,
  strftime('%Y-%m-%dT%H:%M:%SZ', wall_ns / 1000000000, 'unixepoch') AS accepted,
  CASE WHEN is_held THEN CAST(substr(frame, 57+l0+l1+l2+l3+l4+l5+l6+l7+l8+l9+l10+2, ((instr('0123456789ABCDEF', substr(hex(substr(frame, 57+l0+l1+l2+l3+l4+l5+l6+l7+l8+l9+l10+1, 1)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 57+l0+l1+l2+l3+l4+l5+l6+l7+l8+l9+l10+1, 1)), 2, 1)) - 1 << 0))) AS TEXT) END AS hold_code,
  CAST(substr(frame, length(frame) - ((instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 4, 1)) - 1 << 8) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 5, 1)) - 1 << 20) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 6, 1)) - 1 << 16) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 7, 1)) - 1 << 28) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 8, 1)) - 1 << 24)) + 1) AS TEXT) AS payload
FROM parts
;
CREATE VIEW deliveries AS
SELECT
  l.route, l.destination, s.name AS stream, d.record_offset, d.part,
  CASE d.state WHEN 1 THEN 'retrying' WHEN 2 THEN 'unknown' WHEN 3 THEN 'held' WHEN 4 THEN 'dead'
               WHEN 5 THEN 'delivered' WHEN 6 THEN 'waiting' ELSE d.state END AS state,
  d.attempts, d.probes, d.code, d.message, d.remote_status, d.remote_id, d.external_ref, d.step,
  CASE WHEN d.next_ns > 0 THEN strftime('%Y-%m-%dT%H:%M:%SZ', d.next_ns / 1000000000, 'unixepoch') END AS next_at,
  strftime('%Y-%m-%dT%H:%M:%SZ', d.updated_ns / 1000000000, 'unixepoch') AS updated_at,
  CASE WHEN length(frame) > 0 THEN CAST(substr(frame, (57), ((instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 4, 1)) - 1 << 8))) AS TEXT) END AS record_id,
  CASE WHEN length(frame) > 0 THEN CAST(substr(frame, (57 + ((instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 25, 2)), 4, 1)) - 1 << 8)) + ((instr('0123456789ABCDEF', substr(hex(substr(frame, 27, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 27, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 27, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 27, 2)), 4, 1)) - 1 << 8)) + ((instr('0123456789ABCDEF', substr(hex(substr(frame, 29, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 29, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 29, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 29, 2)), 4, 1)) - 1 << 8)) + ((instr('0123456789ABCDEF', substr(hex(substr(frame, 31, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 31, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 31, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 31, 2)), 4, 1)) - 1 << 8))), ((instr('0123456789ABCDEF', substr(hex(substr(frame, 33, 2)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 33, 2)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 33, 2)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 33, 2)), 4, 1)) - 1 << 8))) AS TEXT) END AS record_source,
  CASE WHEN length(frame) > 0 THEN CAST(substr(frame, length(frame) - ((instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 1, 1)) - 1 << 4) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 2, 1)) - 1 << 0) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 3, 1)) - 1 << 12) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 4, 1)) - 1 << 8) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 5, 1)) - 1 << 20) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 6, 1)) - 1 << 16) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 7, 1)) - 1 << 28) | (instr('0123456789ABCDEF', substr(hex(substr(frame, 53, 4)), 8, 1)) - 1 << 24)) + 1) AS TEXT) END AS payload
FROM delivery_rows d JOIN lanes l ON l.id = d.lane JOIN streams s ON s.id = l.stream;
CREATE VIEW lane_progress AS
SELECT l.id, l.route, l.destination, s.name AS stream, l.begin_offset, l.position, s.next_offset AS stream_end,
  s.next_offset - l.position AS unsettled_at_most, length(l.settled) / 16 AS settled_ranges,
  l.delivered, l.duplicates, l.filtered, l.next_attempt
FROM lanes l JOIN streams s ON s.id = l.stream;
COMMIT;
PRAGMA application_id = 2003134834;
PRAGMA user_version = 1;
