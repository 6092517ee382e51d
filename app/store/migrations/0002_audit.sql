-- Schema 2. The audit log: entries are added and never changed, each bound to the one before it by its hash.
-- No column for a person: ids only, so that erasing a buyer leaves the chain whole.

CREATE TABLE audit (
  id            INTEGER PRIMARY KEY,  -- 1, 2, 3 … without a gap
  at            INTEGER NOT NULL,
  actor         TEXT NOT NULL,        -- user name of the operating system
  action        TEXT NOT NULL,
  connection_id INTEGER,              -- no reference: the entry outlives what it tells of
  subject_kind  TEXT NOT NULL,
  subject_id    TEXT NOT NULL,
  outcome       TEXT NOT NULL,
  details       TEXT NOT NULL,        -- JSON object of ids and figures, its keys sorted
  hash          BLOB NOT NULL         -- SHA-256 of the hash before and this entry
) STRICT;
CREATE INDEX audit_by_action ON audit(action, id);
CREATE INDEX audit_by_at ON audit(at);

CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'an audit entry is never changed');
END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'an audit entry is never removed');
END;
-- Also against INSERT OR REPLACE, which removes a row without asking the trigger above.
CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit
WHEN NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM audit) BEGIN
  SELECT RAISE(ABORT, 'an audit entry comes after the last one');
END;
