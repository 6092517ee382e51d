-- Schema 5. Lines of the channels' accounts with the merchant (payouts). No personal data: an order is named by its number only.

CREATE TABLE settlement_lines (
  id            INTEGER PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES accounts(id),
  connection_id INTEGER NOT NULL REFERENCES connections(id),  -- which told it first
  remote_id     TEXT NOT NULL,
  kind          TEXT NOT NULL,
  vendor_kind   TEXT NOT NULL,
  amount_micros INTEGER NOT NULL,  -- signed from the merchant's side
  currency      TEXT NOT NULL,
  vat           TEXT NOT NULL,     -- included, excluded, or '' where the vendor does not say
  order_number  TEXT NOT NULL,
  order_id      TEXT NOT NULL,     -- the channel's own id of the order, where it is told
  payout_id     TEXT NOT NULL,
  booked_at     INTEGER NOT NULL,
  due_at        INTEGER,
  paid          INTEGER NOT NULL,
  content_hash  INTEGER NOT NULL,
  arrived_at    INTEGER NOT NULL,
  changed_at    INTEGER NOT NULL,
  UNIQUE (account_id, remote_id)
) STRICT;
CREATE INDEX settlement_lines_by_booked ON settlement_lines(booked_at);
CREATE INDEX settlement_lines_by_order ON settlement_lines(account_id, order_number) WHERE order_number <> '';
CREATE INDEX settlement_lines_by_payout ON settlement_lines(account_id, payout_id, kind) WHERE payout_id <> '';
-- What may still change: how far back a pull must look again.
CREATE INDEX settlement_lines_unpaid ON settlement_lines(account_id, booked_at) WHERE paid = 0 AND kind <> 'payment';
