-- Schema 1. Amounts are INTEGER micros beside their currency; instants are INTEGER epoch milliseconds, UTC.
-- No secret has a column here: secrets live in the vault.

CREATE TABLE accounts (
  id          TEXT PRIMARY KEY,
  family      TEXT NOT NULL,
  environment TEXT NOT NULL,
  label       TEXT NOT NULL,
  settings    TEXT NOT NULL,  -- JSON object of the non-secret credential fields
  urls        TEXT NOT NULL,  -- JSON object, address by purpose
  created_at  INTEGER NOT NULL,
  removed_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE connections (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL,
  integration   TEXT NOT NULL,
  account_id    TEXT NOT NULL REFERENCES accounts(id),
  environment   TEXT NOT NULL,
  switches      TEXT NOT NULL,  -- JSON object, true/false by capability
  own_rate      REAL,           -- calls per second, NULL: the vendor's
  paused        INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL,
  last_ok_at    INTEGER,
  last_error    TEXT,
  last_error_at INTEGER,
  removed_at    INTEGER
) STRICT;
-- A removed connection keeps its row for its orders' sake, and gives its name back.
CREATE UNIQUE INDEX connections_by_name ON connections(name) WHERE removed_at IS NULL;

CREATE TABLE cursors (
  connection_id INTEGER NOT NULL REFERENCES connections(id),
  stream        TEXT NOT NULL,
  covered_until INTEGER NOT NULL,
  moved_at      INTEGER NOT NULL,
  PRIMARY KEY (connection_id, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
  id             INTEGER PRIMARY KEY,
  account_id     TEXT NOT NULL REFERENCES accounts(id),
  connection_id  INTEGER NOT NULL REFERENCES connections(id),
  remote_id      TEXT NOT NULL,
  number         TEXT NOT NULL,
  status         TEXT NOT NULL,
  vendor_status  TEXT NOT NULL,
  placed_at      INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  ship_by        INTEGER,
  total_micros   INTEGER NOT NULL,
  currency       TEXT NOT NULL,
  buyer          TEXT NOT NULL,
  city           TEXT NOT NULL,
  title          TEXT NOT NULL,
  items          INTEGER NOT NULL,
  carrier        TEXT NOT NULL,
  tracking       TEXT NOT NULL,
  cash_on_delivery     INTEGER NOT NULL,
  fulfilled_by_channel INTEGER NOT NULL,
  cancel_asked         INTEGER NOT NULL,
  superseded_by  INTEGER REFERENCES orders(id),
  content_hash   INTEGER NOT NULL,
  arrived_at     INTEGER NOT NULL,
  changed_at     INTEGER NOT NULL,
  -- From here on the merchant's own: no pull ever writes these.
  local_state    TEXT NOT NULL DEFAULT 'new',
  picked_at      INTEGER,
  packed_at      INTEGER,
  printed_at     INTEGER,
  print_count    INTEGER NOT NULL DEFAULT 0,
  shipped_at     INTEGER,
  label_path     TEXT NOT NULL DEFAULT '',
  carrier_choice TEXT NOT NULL DEFAULT '',
  note           TEXT NOT NULL DEFAULT '',
  to_ship INTEGER GENERATED ALWAYS AS (
    status IN ('open', 'partially_shipped') AND local_state <> 'shipped'
    AND fulfilled_by_channel = 0 AND superseded_by IS NULL
  ) VIRTUAL,
  UNIQUE (account_id, remote_id)
) STRICT;
-- Status is in it so that a rare one is found without reading the rows in between.
CREATE INDEX orders_by_placed ON orders(placed_at, status, superseded_by);
CREATE INDEX orders_by_connection ON orders(connection_id, placed_at);
CREATE INDEX orders_by_number ON orders(number);
CREATE INDEX orders_to_ship ON orders(placed_at, ship_by, connection_id, printed_at, cancel_asked) WHERE to_ship = 1;
CREATE INDEX orders_superseded ON orders(superseded_by) WHERE superseded_by IS NOT NULL;

CREATE TABLE order_documents (
  order_id INTEGER PRIMARY KEY REFERENCES orders(id),
  document BLOB NOT NULL,  -- the whole order as JSON
  folded   TEXT NOT NULL,  -- words to search, folded by app.model.fold
  tails    TEXT NOT NULL   -- numbers and phones to search, digits only
) STRICT;

CREATE TABLE order_lines (
  order_id   INTEGER NOT NULL REFERENCES orders(id),
  position   INTEGER NOT NULL,
  remote_id  TEXT NOT NULL,
  sku        TEXT NOT NULL,
  barcode    TEXT NOT NULL,
  title      TEXT NOT NULL,
  quantity   INTEGER NOT NULL,
  unit_micros INTEGER NOT NULL,
  currency   TEXT NOT NULL,
  vat        TEXT NOT NULL,
  cancelled  INTEGER NOT NULL,
  PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE order_history (
  id            INTEGER PRIMARY KEY,
  order_id      INTEGER NOT NULL REFERENCES orders(id),
  at            INTEGER NOT NULL,  -- when we learnt of it
  updated_at    INTEGER NOT NULL,  -- when the channel changed it
  was           TEXT NOT NULL,
  status        TEXT NOT NULL,
  vendor_status TEXT NOT NULL
) STRICT;
CREATE INDEX order_history_by_order ON order_history(order_id);

-- Which order took the place of which remote id; kept even while the replaced one is not known yet.
CREATE TABLE order_replacements (
  account_id TEXT NOT NULL REFERENCES accounts(id),
  remote_id  TEXT NOT NULL,
  order_id   INTEGER NOT NULL REFERENCES orders(id),
  PRIMARY KEY (account_id, remote_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE listings (
  id            INTEGER PRIMARY KEY,
  connection_id INTEGER NOT NULL REFERENCES connections(id),
  account_id    TEXT NOT NULL REFERENCES accounts(id),
  remote_id     TEXT NOT NULL,
  sku           TEXT NOT NULL,
  sku_key       TEXT NOT NULL,  -- folded, without spaces: for suggestions only
  barcode       TEXT NOT NULL,
  title         TEXT NOT NULL,
  price_micros      INTEGER,
  list_price_micros INTEGER,
  currency      TEXT NOT NULL,
  stock         INTEGER,
  status        TEXT NOT NULL,
  parent_id     TEXT NOT NULL,
  updated_at    INTEGER,
  content_hash  INTEGER NOT NULL,
  arrived_at    INTEGER NOT NULL,
  changed_at    INTEGER NOT NULL,
  -- What the merchant wants, until the channel has it: no pull ever writes these.
  wanted_price_micros      INTEGER,
  wanted_list_price_micros INTEGER,
  wanted_currency          TEXT NOT NULL DEFAULT '',
  wanted_stock             INTEGER,
  price_key     TEXT NOT NULL DEFAULT '',
  price_state   TEXT NOT NULL DEFAULT '',
  price_message TEXT,
  stock_key     TEXT NOT NULL DEFAULT '',
  stock_state   TEXT NOT NULL DEFAULT '',
  stock_message TEXT,
  UNIQUE (connection_id, remote_id)
) STRICT;
CREATE INDEX listings_by_sku ON listings(connection_id, sku);
CREATE INDEX listings_by_sku_key ON listings(connection_id, sku_key);

CREATE TABLE listing_documents (
  listing_id INTEGER PRIMARY KEY REFERENCES listings(id),
  document   BLOB NOT NULL,
  folded     TEXT NOT NULL
) STRICT;

-- Search reads its text from the documents; rows above `indexed` are not in the index yet (see search.py).
CREATE VIRTUAL TABLE order_words USING fts5(
  folded, content='order_documents', content_rowid='order_id', columnsize=0, detail=full, prefix='2',
  tokenize='unicode61 remove_diacritics 0'
);
CREATE VIRTUAL TABLE order_digits USING fts5(
  tails, content='order_documents', content_rowid='order_id', columnsize=0, detail=full, tokenize='trigram'
);
CREATE VIRTUAL TABLE listing_words USING fts5(
  folded, content='listing_documents', content_rowid='listing_id', columnsize=0, detail=full, prefix='2',
  tokenize='unicode61 remove_diacritics 0'
);
CREATE TABLE search_state (
  name    TEXT PRIMARY KEY,
  indexed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO search_state VALUES ('orders', 0), ('listings', 0);

CREATE TABLE outbox (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  key           TEXT NOT NULL UNIQUE,
  connection_id INTEGER NOT NULL REFERENCES connections(id),
  account_id    TEXT NOT NULL REFERENCES accounts(id),
  kind          TEXT NOT NULL,
  subject       INTEGER,
  payload       BLOB NOT NULL,
  state         TEXT NOT NULL,
  attempts      INTEGER NOT NULL DEFAULT 0,
  ticket        TEXT NOT NULL DEFAULT '',
  remote_ref    TEXT NOT NULL DEFAULT '',
  message       TEXT,
  not_before    INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL,
  sent_at       INTEGER,
  settled_at    INTEGER,
  plan          TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outbox_open ON outbox(connection_id, kind, state, id)
  WHERE state IN ('queued', 'sending', 'pending', 'unknown');
CREATE INDEX outbox_by_subject ON outbox(connection_id, kind, subject, state);
CREATE INDEX outbox_by_plan ON outbox(plan) WHERE plan <> '';

CREATE TABLE attention (
  id            INTEGER PRIMARY KEY,
  connection_id INTEGER NOT NULL REFERENCES connections(id),
  account_id    TEXT NOT NULL REFERENCES accounts(id),
  stream        TEXT NOT NULL,
  remote_id     TEXT NOT NULL,
  raw           TEXT NOT NULL,
  raw_hash      INTEGER NOT NULL,
  message       TEXT NOT NULL,
  first_at      INTEGER NOT NULL,
  last_at       INTEGER NOT NULL,
  times         INTEGER NOT NULL,
  resolved_at   INTEGER
) STRICT;
CREATE INDEX attention_open ON attention(account_id, stream, remote_id) WHERE resolved_at IS NULL;

CREATE TABLE jobs (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  kind          TEXT NOT NULL,
  connection_id INTEGER REFERENCES connections(id),
  asked_by      TEXT NOT NULL,
  state         TEXT NOT NULL,
  outcome       TEXT NOT NULL DEFAULT '',
  progress      INTEGER NOT NULL DEFAULT 0,
  total         INTEGER,
  message       TEXT,
  started_at    INTEGER NOT NULL,
  ended_at      INTEGER,
  detail        TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX jobs_open ON jobs(state) WHERE state <> 'ended';

CREATE TABLE prints (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id INTEGER REFERENCES orders(id),
  kind     TEXT NOT NULL,
  path     TEXT NOT NULL,
  printer  TEXT NOT NULL,
  copy_no  INTEGER NOT NULL,
  sha256   TEXT NOT NULL,
  at       INTEGER NOT NULL
) STRICT;
CREATE INDEX prints_by_order ON prints(order_id);

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL  -- JSON
) STRICT, WITHOUT ROWID;

-- Connections are not referenced here: a connection test before saving is measured too, as connection 0.
CREATE TABLE sample_rollups (
  connection_id INTEGER NOT NULL,
  series        TEXT NOT NULL,
  span          INTEGER NOT NULL,  -- 60, 3600 or 86400 seconds
  at            INTEGER NOT NULL,  -- start of the span
  counts        TEXT NOT NULL,     -- JSON object, attempts by outcome
  histogram     BLOB NOT NULL,
  PRIMARY KEY (connection_id, series, span, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE sample_errors (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  connection_id INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  operation     TEXT NOT NULL,
  outcome       TEXT NOT NULL,
  status        INTEGER NOT NULL,
  duration_ms   REAL NOT NULL
) STRICT;
CREATE INDEX sample_errors_by_connection ON sample_errors(connection_id, id);
CREATE TABLE sample_latest (
  connection_id INTEGER PRIMARY KEY,
  ok_at         INTEGER NOT NULL
) STRICT;

-- Merge index segments later and in bigger lots: a fifth of the indexing time while a history is read in.
INSERT INTO order_words(order_words, rank) VALUES ('automerge', 16);
INSERT INTO order_digits(order_digits, rank) VALUES ('automerge', 16);
INSERT INTO listing_words(listing_words, rank) VALUES ('automerge', 16);
