-- What is printed and scanned. A code means one thing for ever: a lost badge gets a new code, and the old one says so.
CREATE TABLE code_serials (
  kind TEXT NOT NULL PRIMARY KEY,
  last BIGINT NOT NULL CHECK (last BETWEEN 1 AND 1073741823)
);
--bun:split
CREATE TABLE codes (
  kind TEXT NOT NULL CHECK (kind IN ('W', 'T', 'S', 'H', 'G')),
  serial BIGINT NOT NULL CHECK (serial > 0),
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  target_id BIGINT NOT NULL,
  issued_at BIGINT NOT NULL,
  issued_by TEXT NOT NULL,
  replaced_at BIGINT NOT NULL DEFAULT 0,
  replaced_by BIGINT NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (kind, serial)
);
--bun:split
CREATE INDEX codes_target ON codes (kind, target_id);
--bun:split
-- Of all codes a thing ever had, one is valid.
CREATE UNIQUE INDEX codes_valid ON codes (kind, target_id) WHERE replaced_at = 0;
--bun:split
{{.Forbid "codes" "DELETE"}}
--bun:split
-- Bundles of an order, each with a ticket that goes along with the pieces. A ticket that was split keeps the operations that were
-- credited on it; its parts cover the others.
CREATE TABLE bundle_tickets (
  id {{.ID}},
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  number BIGINT NOT NULL CHECK (number > 0),
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  operations TEXT NOT NULL DEFAULT '',
  split_from BIGINT REFERENCES bundle_tickets (id),
  cut_at BIGINT NOT NULL,
  cut_by TEXT NOT NULL,
  voided_at BIGINT NOT NULL DEFAULT 0,
  voided_by TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  kept TEXT NOT NULL DEFAULT '',
  UNIQUE (order_id, number),
  CHECK (voided_at > 0 OR kept = '')
);
--bun:split
{{.Forbid "bundle_tickets" "DELETE"}}
