-- Schema 3. Orders whose people were erased: ids only, so that a later pull keeps those fields blank.

CREATE TABLE erased_orders (
  account_id TEXT NOT NULL,  -- no reference: it outlives the account
  remote_id  TEXT NOT NULL,
  erased_at  INTEGER NOT NULL,
  PRIMARY KEY (account_id, remote_id)
) STRICT, WITHOUT ROWID;
