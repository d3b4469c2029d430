-- The right to make the first administrator: one row, stored as a hash, gone once used.
CREATE TABLE setup_codes (
  hash {{.Bytes}} NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL
);
