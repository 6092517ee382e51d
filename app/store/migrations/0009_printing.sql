-- Schema 9. Printers, and the queue of what is sent to them: a unit (a label, a sheet) is written down before its bytes leave and
-- after they left, so that a stop in the middle is known to the label. No personal data: orders and parcels are named by id.

CREATE TABLE printers (
  id        INTEGER PRIMARY KEY,
  name      TEXT NOT NULL UNIQUE,
  port      TEXT NOT NULL,             -- queue (its driver), raw (queue, bytes as they are), network, file
  address   TEXT NOT NULL,             -- the queue's name, host:port, the file's path
  language  TEXT NOT NULL,             -- zpl, epl, driver
  dpi       INTEGER NOT NULL,
  paper     TEXT NOT NULL,
  right_um  INTEGER NOT NULL,          -- thousandths of a millimetre
  down_um   INTEGER NOT NULL,
  copies    INTEGER NOT NULL,
  cut       INTEGER NOT NULL,
  made_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE print_jobs (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  printer    TEXT NOT NULL,            -- its name then, for people
  wish       TEXT NOT NULL,            -- what to draw and on which printer, as JSON: enough to draw it again
  kind       TEXT NOT NULL,
  who        TEXT NOT NULL,
  state      TEXT NOT NULL,            -- open, done, dropped
  message    TEXT,                     -- why it stopped, as JSON
  made_at    INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX print_jobs_open ON print_jobs(id) WHERE state = 'open';

CREATE TABLE print_units (
  job_id   INTEGER NOT NULL REFERENCES print_jobs(id),
  position INTEGER NOT NULL,           -- from 1, in the order of the paper
  copy     INTEGER NOT NULL,
  unit     INTEGER NOT NULL,           -- which of the drawn ones, from 0
  orders   TEXT NOT NULL,              -- ids as a JSON list
  parcels  TEXT NOT NULL,
  state    TEXT NOT NULL,              -- waiting, sending, sent, doubt, skipped
  again    INTEGER NOT NULL,           -- asked for although it had been printed
  sha256   TEXT NOT NULL DEFAULT '',
  at       INTEGER,
  PRIMARY KEY (job_id, position)
) STRICT, WITHOUT ROWID;

ALTER TABLE prints ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE prints ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
ALTER TABLE prints ADD COLUMN job_id INTEGER REFERENCES print_jobs(id);
