-- Schema 11. What is published where, stock that is held and promised, orders from sheets and orders that share a parcel.

-- Publishing: what a merchant keeps of a product for its listings, what channels ask, what the merchant answered, and
-- where each product's listing on each channel is. No pull writes here.

CREATE TABLE product_content (
  sku           TEXT PRIMARY KEY,            -- as it is written, never folded
  title         TEXT NOT NULL DEFAULT '',
  description   TEXT NOT NULL DEFAULT '',    -- may hold simple HTML
  brand         TEXT NOT NULL DEFAULT '',    -- the merchant's word; a channel's own is in publishing_memory
  category      TEXT NOT NULL DEFAULT '',    -- the merchant's word for it
  product_group TEXT NOT NULL DEFAULT '',    -- SKUs with one group are variants of one product
  barcode       TEXT NOT NULL DEFAULT '',
  images        TEXT NOT NULL DEFAULT '[]',  -- JSON array of addresses, in their order
  attributes    TEXT NOT NULL DEFAULT '{}',  -- JSON object, the merchant's name → the merchant's value
  price_micros  INTEGER,                     -- with VAT; for a product that no channel has yet
  currency      TEXT NOT NULL DEFAULT 'TRY',
  quantity      INTEGER,                     -- pieces; the same
  changed_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A channel's tree as it was read last.
CREATE TABLE channel_categories (
  connection_id INTEGER NOT NULL REFERENCES connections(id),
  id            TEXT NOT NULL,
  path          TEXT NOT NULL,               -- JSON array of names from the root
  leaf          INTEGER NOT NULL,
  folded        TEXT NOT NULL,               -- for the search
  PRIMARY KEY (connection_id, id)
) STRICT, WITHOUT ROWID;

-- When the tree (category_id '') or a category's attributes were read, and the attributes.
CREATE TABLE channel_attributes (
  connection_id INTEGER NOT NULL REFERENCES connections(id),
  category_id   TEXT NOT NULL,
  document      TEXT NOT NULL,               -- JSON array of app.model.Attribute
  read_at       INTEGER NOT NULL,
  PRIMARY KEY (connection_id, category_id)
) STRICT, WITHOUT ROWID;

-- The merchant's answers, kept for the next product. kind: category, brand, attribute (own name → attribute_id), value
-- (own value of an attribute, '' for what holds where a product says nothing).
CREATE TABLE publishing_memory (
  connection_id INTEGER NOT NULL REFERENCES connections(id),
  kind          TEXT NOT NULL,
  category_id   TEXT NOT NULL DEFAULT '',
  attribute_id  TEXT NOT NULL DEFAULT '',
  own_key       TEXT NOT NULL,               -- folded, so that "renk" is "Renk"
  own           TEXT NOT NULL,               -- as it was written
  answer        TEXT NOT NULL,               -- JSON
  at            INTEGER NOT NULL,
  PRIMARY KEY (connection_id, kind, category_id, attribute_id, own_key)
) STRICT, WITHOUT ROWID;

-- What was wished of one SKU on one channel: the subject of the outbox rows of kind 'product'.
CREATE TABLE publications (
  id            INTEGER PRIMARY KEY,
  connection_id INTEGER NOT NULL REFERENCES connections(id),
  sku           TEXT NOT NULL,
  key           TEXT NOT NULL DEFAULT '',    -- of the intent that it waits for
  state         TEXT NOT NULL DEFAULT '',    -- where the wish is; 'done' once the channel has it
  message       TEXT,
  remote_ref    TEXT NOT NULL DEFAULT '',
  wished_at     INTEGER NOT NULL,
  done_at       INTEGER
) STRICT;
CREATE UNIQUE INDEX publications_by_sku ON publications(connection_id, sku);

-- The merchant's own stock: what lies on the shelf, what orders have been promised, how much a channel shows of it.
-- An SKU without a row here is not managed: its orders promise nothing and its channels are told nothing. No personal data.

CREATE TABLE stock (
  sku        TEXT PRIMARY KEY,             -- exactly as it is written: never folded
  barcode    TEXT NOT NULL DEFAULT '',     -- where no listing tells it
  on_hand    INTEGER NOT NULL CHECK (on_hand >= 0),
  reserved   INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),  -- the sum of what its open reservations hold
  lacking    INTEGER NOT NULL DEFAULT 0 CHECK (lacking >= 0),   -- and of what they want and do not get
  buffer     INTEGER NOT NULL DEFAULT 0 CHECK (buffer >= 0),
  low_at     INTEGER,                      -- NULL: the alert rule's own figure
  source     TEXT NOT NULL,                -- hand, sheet, erp
  counted_at INTEGER NOT NULL,             -- what left before is not in on_hand any more
  changed_at INTEGER NOT NULL,
  CHECK (reserved <= on_hand)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_by_barcode ON stock(barcode) WHERE barcode <> '';
CREATE INDEX stock_lacking ON stock(lacking) WHERE lacking > 0;

-- One for each line of an order that wants pieces of a managed SKU. 'held' waits to be shipped; 'taken' has left: `held` pieces
-- are then off on_hand.
CREATE TABLE reservations (
  order_id INTEGER NOT NULL REFERENCES orders(id),
  line     TEXT NOT NULL,
  sku      TEXT NOT NULL REFERENCES stock(sku),
  wanted   INTEGER NOT NULL CHECK (wanted >= 0),
  held     INTEGER NOT NULL CHECK (held >= 0 AND held <= wanted),
  state    TEXT NOT NULL,
  at       INTEGER NOT NULL,               -- held: since when it waits; taken: when it left
  PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations_open ON reservations(sku, at, order_id) WHERE state = 'held';

CREATE TABLE stock_rules (
  connection_id INTEGER PRIMARY KEY REFERENCES connections(id),
  percent       INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
  most          INTEGER,
  least         INTEGER NOT NULL,
  minus         INTEGER NOT NULL,
  changed_at    INTEGER NOT NULL
) STRICT;

-- Orders: sheets from the merchant's hand, several orders in one parcel and one in several, invoice links.

-- Orders that a sheet brought, and with what content: as long as the order still has it no channel has told it since.
CREATE TABLE order_imports (
  order_id     INTEGER PRIMARY KEY REFERENCES orders(id),
  account_id   TEXT NOT NULL REFERENCES accounts(id),
  number       TEXT NOT NULL,
  content_hash INTEGER NOT NULL,
  file         TEXT NOT NULL,
  at           INTEGER NOT NULL
) STRICT;
CREATE INDEX order_imports_by_number ON order_imports(account_id, number);

-- What goes into one parcel, before it is one: several orders of one buyer, or a part of an order. A line of '' is the whole
-- order, whatever its channel changes in it.
CREATE TABLE bundles (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL,  -- combined, split
  made_at      INTEGER NOT NULL,
  dissolved_at INTEGER
) STRICT;
CREATE TABLE bundle_lines (
  bundle_id INTEGER NOT NULL REFERENCES bundles(id),
  order_id  INTEGER NOT NULL REFERENCES orders(id),
  line      TEXT NOT NULL,
  quantity  INTEGER NOT NULL,
  PRIMARY KEY (bundle_id, order_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX bundle_lines_by_order ON bundle_lines(order_id);
ALTER TABLE parcels ADD COLUMN bundle_id INTEGER REFERENCES bundles(id);
CREATE INDEX parcels_by_bundle ON parcels(bundle_id) WHERE bundle_id IS NOT NULL;

-- Where an order's invoice lies, as it was told to its channel; `state` as the channel answered.
CREATE TABLE order_invoices (
  order_id  INTEGER PRIMARY KEY REFERENCES orders(id),
  url       TEXT NOT NULL,
  number    TEXT NOT NULL,
  issued_at INTEGER,
  state     TEXT NOT NULL,
  told_at   INTEGER NOT NULL
) STRICT;

-- How many there are of a rare state, without reading all the others.
CREATE INDEX orders_by_status ON orders(status, superseded_by);
