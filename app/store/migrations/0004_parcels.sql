-- Schema 4. Parcels: what carriers are asked to carry, their labels as they came, their way. receiver, city, signed_by,
-- label bytes and events hold people: an erasure clears them.

CREATE TABLE parcels (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  connection_id   INTEGER NOT NULL REFERENCES connections(id),
  account_id      TEXT NOT NULL REFERENCES accounts(id),
  reference       TEXT NOT NULL UNIQUE,  -- ours: kept before it is sent, looked up by after a lost answer
  carrier         TEXT NOT NULL,         -- as channels and people are told
  state           TEXT NOT NULL,
  write_kind      TEXT NOT NULL,         -- create or cancel: what the last intent asks
  write_state     TEXT NOT NULL,         -- where that intent is; '' when it is settled well
  write_key       TEXT NOT NULL,
  message         TEXT,
  numbers         TEXT NOT NULL,         -- its orders' numbers, joined by a blank
  receiver        TEXT NOT NULL,
  city            TEXT NOT NULL,
  pieces          INTEGER NOT NULL,
  weight_g        INTEGER NOT NULL,      -- of all pieces; 0 unknown
  desi_milli      INTEGER NOT NULL,      -- of all pieces, thousandths; 0 unknown
  cod_micros      INTEGER,
  cod_currency    TEXT NOT NULL,
  own_label       INTEGER NOT NULL,      -- the carrier gives none: ours is drawn
  trackable       INTEGER NOT NULL,
  tracking_number TEXT NOT NULL DEFAULT '',
  tracking_url    TEXT NOT NULL DEFAULT '',
  barcode         TEXT NOT NULL DEFAULT '',
  vendor_status   TEXT NOT NULL DEFAULT '',
  price_micros    INTEGER,
  price_currency  TEXT NOT NULL DEFAULT '',
  signed_by       TEXT NOT NULL DEFAULT '',
  label_due       INTEGER,               -- when the carrier is asked for its label again; NULL: not
  label_tries     INTEGER NOT NULL DEFAULT 0,
  track_due       INTEGER,               -- when its way is asked for; NULL: no more
  misses          INTEGER NOT NULL DEFAULT 0,  -- times in a row that the carrier knew nothing of it
  printed_at      INTEGER,
  print_count     INTEGER NOT NULL DEFAULT 0,
  created_at      INTEGER NOT NULL,
  changed_at      INTEGER NOT NULL,
  accepted_at     INTEGER,
  delivered_at    INTEGER
) STRICT;
CREATE INDEX parcels_by_state ON parcels(state, write_state);
CREATE INDEX parcels_to_track ON parcels(connection_id, track_due) WHERE track_due IS NOT NULL;
CREATE INDEX parcels_to_label ON parcels(connection_id, label_due) WHERE label_due IS NOT NULL;

CREATE TABLE parcel_orders (
  parcel_id  INTEGER NOT NULL REFERENCES parcels(id),
  order_id   INTEGER NOT NULL REFERENCES orders(id),
  notify     INTEGER NOT NULL,           -- the channel is told once there is a tracking number
  notice_key TEXT NOT NULL DEFAULT '',   -- of that intent: set means told, never twice
  PRIMARY KEY (parcel_id, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX parcel_orders_by_order ON parcel_orders(order_id);

CREATE TABLE parcel_labels (
  id        INTEGER PRIMARY KEY,
  parcel_id INTEGER NOT NULL REFERENCES parcels(id),
  position  INTEGER NOT NULL,
  format    TEXT NOT NULL,
  data      BLOB NOT NULL,               -- as it came
  width_mm  INTEGER NOT NULL,
  height_mm INTEGER NOT NULL,
  dpi       INTEGER NOT NULL,
  sha256    TEXT NOT NULL,
  at        INTEGER NOT NULL,
  UNIQUE (parcel_id, position)
) STRICT;

CREATE TABLE parcel_events (
  id        INTEGER PRIMARY KEY,
  parcel_id INTEGER NOT NULL REFERENCES parcels(id),
  at        INTEGER NOT NULL,
  status    TEXT NOT NULL,
  text      TEXT NOT NULL,
  place     TEXT NOT NULL,
  UNIQUE (parcel_id, at, status, text)
) STRICT;

-- The merchant's own correction of where an order goes: no pull ever writes it.
CREATE TABLE order_addresses (
  order_id INTEGER PRIMARY KEY REFERENCES orders(id),
  document BLOB NOT NULL,                -- Address as JSON
  at       INTEGER NOT NULL
) STRICT;
