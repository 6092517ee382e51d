-- Schema 7. Alerts, what is told of them where, and counted security events. No address, no key: channels keep those elsewhere.

CREATE TABLE alerts (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  rule          TEXT NOT NULL,
  subject       TEXT NOT NULL,         -- what it is about: connection:7, account:…, '' the computer
  severity      TEXT NOT NULL,
  connections   TEXT NOT NULL,         -- JSON array of ids
  names         TEXT NOT NULL,         -- JSON array, of the connections
  figures       TEXT NOT NULL,         -- JSON object, in the rule's unit
  cause         TEXT,                  -- message
  opened_at     INTEGER NOT NULL,
  last_at       INTEGER NOT NULL,
  ended_at      INTEGER,
  acked_at      INTEGER,
  snoozed_until INTEGER
) STRICT;
CREATE UNIQUE INDEX alerts_one_open ON alerts(rule, subject) WHERE ended_at IS NULL;
CREATE INDEX alerts_by_end ON alerts(ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE alert_deliveries (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  key        TEXT NOT NULL UNIQUE,     -- ours, towards the receiver: the same at every try
  alert_id   INTEGER NOT NULL REFERENCES alerts(id) ON DELETE CASCADE,
  channel    TEXT NOT NULL,
  event      TEXT NOT NULL,            -- opened, again, ended
  state      TEXT NOT NULL,            -- waiting, sending, done, failed, dropped
  tries      INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  message    TEXT                      -- why the last try failed, or what was left of it
) STRICT;
CREATE INDEX alert_deliveries_by_alert ON alert_deliveries(alert_id, channel);
CREATE INDEX alert_deliveries_open ON alert_deliveries(not_before) WHERE state IN ('waiting', 'sending');

CREATE TABLE security_events (
  kind  TEXT NOT NULL,
  at    INTEGER NOT NULL,              -- start of the minute
  count INTEGER NOT NULL,
  PRIMARY KEY (kind, at)
) STRICT, WITHOUT ROWID;
