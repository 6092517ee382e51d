-- Schema 10. The pack bench: a row a scanned piece, written at the scan, and what is to be printed because of it. No personal data:
-- orders are named by id, codes are products'.

CREATE TABLE packing (
  order_id   INTEGER PRIMARY KEY REFERENCES orders(id),
  state      TEXT NOT NULL,            -- open, done, aside (cancelled while it was packed)
  who        TEXT NOT NULL,
  began_at   INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX packing_open ON packing(changed_at) WHERE state = 'open';

CREATE TABLE packing_scans (
  order_id INTEGER NOT NULL REFERENCES packing(order_id),
  seq      INTEGER NOT NULL,           -- from 1
  code     TEXT NOT NULL,              -- as it was read
  line     TEXT NOT NULL,              -- '' by its code, else the line that was counted by hand
  at       INTEGER NOT NULL,
  PRIMARY KEY (order_id, seq)
) STRICT, WITHOUT ROWID;

-- What a rule asked for: written in the transaction of its cause, taken before it is handed to the print queue.
CREATE TABLE due_prints (
  id         INTEGER PRIMARY KEY,
  event      TEXT NOT NULL,            -- arrived, labelled, packed
  order_id   INTEGER NOT NULL REFERENCES orders(id),
  document   TEXT NOT NULL,
  printer    TEXT NOT NULL,            -- its name; '' the only one
  copies     INTEGER NOT NULL,         -- 0: as its profile says
  state      TEXT NOT NULL,            -- due, taken, done, failed
  job_before INTEGER NOT NULL DEFAULT 0,  -- the last print job when it was taken
  job_id     INTEGER,
  message    TEXT,                     -- why it failed, as JSON
  made_at    INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  UNIQUE (event, order_id, document, printer)
) STRICT;
CREATE INDEX due_prints_open ON due_prints(id) WHERE state IN ('due', 'taken', 'failed');

-- A scan must find its order among a million.
CREATE INDEX orders_by_tracking ON orders(tracking) WHERE tracking <> '';
CREATE INDEX parcels_by_barcode ON parcels(barcode) WHERE barcode <> '';
CREATE INDEX parcels_by_tracking ON parcels(tracking_number) WHERE tracking_number <> '';
CREATE INDEX listings_by_barcode ON listings(barcode) WHERE barcode <> '';
