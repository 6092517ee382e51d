-- Schema 6. Measured calls per operation and per category, the program's own figures, and the business's, day by day.
-- Instants in ms since 1970 unless a column says otherwise. No personal data, no address, no secret.

-- The words that series are named by: operations of the integrations, categories of the catalogue.
CREATE TABLE sample_names (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
-- Everything of one owner and span lies together, in the order in which a chart reads it.
CREATE TABLE sample_spans (
  owner  INTEGER NOT NULL,  -- a connection; negative: the category of that name
  span   INTEGER NOT NULL,  -- 0 minute, 1 hour, 2 day
  at     INTEGER NOT NULL,  -- which one since 1970, UTC
  series INTEGER NOT NULL,  -- twice the operation's name (0: not known), and 1 for probes
  tally  BLOB NOT NULL,     -- outcomes and the histogram of durations, see histogram.py
  PRIMARY KEY (owner, span, at, series)
) STRICT, WITHOUT ROWID;

ALTER TABLE sample_latest ADD COLUMN requests BLOB;  -- the last ones, whatever became of them: evidence

CREATE TABLE connection_trouble (
  connection_id INTEGER PRIMARY KEY,
  since         INTEGER NOT NULL,  -- the first failed call after a good one
  confirmed_at  INTEGER            -- a later one failed as well
) STRICT;
CREATE TABLE probe_answers (
  connection_id INTEGER PRIMARY KEY,
  at            INTEGER NOT NULL,
  server_orders INTEGER NOT NULL,  -- open orders by the vendor's count
  missing_since INTEGER            -- since when the vendor has had some and the store none
) STRICT;

CREATE TABLE process_spans (
  span   INTEGER NOT NULL,  -- 0 minute, 1 hour, 2 day
  at     INTEGER NOT NULL,
  metric TEXT NOT NULL,
  count  INTEGER NOT NULL,
  total  INTEGER NOT NULL,
  most   INTEGER NOT NULL,
  PRIMARY KEY (span, at, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE business_days (
  connection_id INTEGER NOT NULL,
  day           INTEGER NOT NULL,  -- the merchant's calendar day, as days since 0001-01-01 (date.toordinal)
  active        INTEGER NOT NULL,  -- listings on sale
  out_of_stock  INTEGER NOT NULL,  -- of these, with nothing left
  PRIMARY KEY (connection_id, day)
) STRICT, WITHOUT ROWID;
