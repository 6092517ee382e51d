-- Schema 8. Bulk changes: products with their costs, plans that are previewed before anything is sent, their lines, recipes.
-- No personal data.

CREATE TABLE products (
  sku            TEXT PRIMARY KEY,  -- exactly as it is written: never folded
  cost_micros    INTEGER,           -- with VAT
  currency       TEXT NOT NULL,     -- of cost, floor and ceiling
  vat_bp         INTEGER,           -- hundredths of a per cent: 2000 is 20 %
  floor_micros   INTEGER,           -- no price below, with VAT
  ceiling_micros INTEGER,
  shelf          TEXT NOT NULL DEFAULT '',
  desi_milli     INTEGER,
  changed_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  kind          TEXT NOT NULL,               -- formula, sheet, undo …: where its lines come from
  title         TEXT NOT NULL,               -- the formula, the file's name
  connection_id INTEGER REFERENCES connections(id),
  filter        TEXT NOT NULL DEFAULT '',
  undo_of       INTEGER REFERENCES plans(id),
  state         TEXT NOT NULL,               -- building, ready, applied
  guards        TEXT NOT NULL,               -- JSON: the limits that its lines were held against
  totals        TEXT NOT NULL DEFAULT '{}',  -- JSON
  created_at    INTEGER NOT NULL,
  applied_at    INTEGER
) STRICT;
CREATE INDEX plans_undone ON plans(undo_of) WHERE undo_of IS NOT NULL;

-- Prices in micros of `currency`, VAT as the listing's own. Where a sent line is (queued, sent, done, refused, unknown) is told
-- by the outbox row of its key, never here.
CREATE TABLE plan_lines (
  plan_id         INTEGER NOT NULL REFERENCES plans(id),
  position        INTEGER NOT NULL,
  listing_id      INTEGER NOT NULL REFERENCES listings(id),
  connection_id   INTEGER NOT NULL REFERENCES connections(id),
  currency        TEXT NOT NULL,
  old_micros      INTEGER,
  new_micros      INTEGER,                   -- NULL: there is no new price, `hold` says why
  old_list_micros INTEGER,
  new_list_micros INTEGER,                   -- NULL: the crossed-out price stays
  hold            TEXT NOT NULL,             -- why it waits for somebody's eye: codes parted by a blank; '' goes
  released_at     INTEGER,
  outcome         TEXT NOT NULL DEFAULT '',  -- why it is never sent: changed, gone, not_ours …
  intent_key      TEXT NOT NULL DEFAULT '',  -- of its outbox row, once it is queued
  queued_at       INTEGER,
  PRIMARY KEY (plan_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_lines_queued ON plan_lines(queued_at) WHERE queued_at IS NOT NULL;
CREATE INDEX plan_lines_held ON plan_lines(plan_id, hold) WHERE hold <> '';

CREATE TABLE recipes (
  name     TEXT PRIMARY KEY,
  formula  TEXT NOT NULL,
  saved_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
