-- Orders in full. An order that is only offered is a quote until somebody accepts it; nothing else about its state is set by hand.
ALTER TABLE processing_orders ADD COLUMN quote BOOLEAN NOT NULL DEFAULT FALSE;
--bun:split
ALTER TABLE processing_orders ADD COLUMN accepted_at BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE processing_orders ADD COLUMN accepted_by TEXT NOT NULL DEFAULT '';
--bun:split
-- The order that this one repeats.
ALTER TABLE processing_orders ADD COLUMN again_id BIGINT REFERENCES processing_orders (id);
--bun:split
ALTER TABLE processing_orders ADD COLUMN note TEXT NOT NULL DEFAULT '';
--bun:split
-- How much material may be lost, in hundredths of a percent of what the pieces need, and who bears what is lost beyond: '' is the workshop.
ALTER TABLE processing_orders ADD COLUMN loss_allowed INTEGER NOT NULL DEFAULT 0 CHECK (loss_allowed BETWEEN 0 AND 10000);
--bun:split
ALTER TABLE processing_orders ADD COLUMN loss_borne_by TEXT NOT NULL DEFAULT '' CHECK (loss_borne_by IN ('', 'worker'));
--bun:split
CREATE TABLE order_variants (
  id {{.ID}},
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  pos INTEGER NOT NULL,
  size TEXT NOT NULL,
  colour TEXT NOT NULL,
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  UNIQUE (order_id, size, colour),
  CHECK (size <> '' OR colour <> '')
);
--bun:split
-- What the contractor pays for a piece from a day on (NULL: from the first), above a number of accepted pieces. The fee of the first
-- pieces from the first day stands in the order itself.
CREATE TABLE order_fees (
  id {{.ID}},
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  effective_from {{.Date}},
  above BIGINT NOT NULL CHECK (above >= 0),
  fee BIGINT NOT NULL CHECK (fee >= 0),
  agreed_at BIGINT NOT NULL,
  agreed_by TEXT NOT NULL,
  CHECK (effective_from IS NOT NULL OR above > 0)
);
--bun:split
CREATE UNIQUE INDEX order_fees_first ON order_fees (order_id, above) WHERE effective_from IS NULL;
--bun:split
CREATE UNIQUE INDEX order_fees_later ON order_fees (order_id, effective_from, above) WHERE effective_from IS NOT NULL;
--bun:split
-- Pictures of the sample that was agreed on, and others. One that is taken off stays in the books.
CREATE TABLE order_photos (
  photo_id {{.Key}} REFERENCES photos (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  sample BOOLEAN NOT NULL,
  caption TEXT NOT NULL DEFAULT '',
  removed_at BIGINT NOT NULL DEFAULT 0,
  removed_by TEXT NOT NULL DEFAULT ''
);
--bun:split
CREATE INDEX order_photos_order ON order_photos (order_id);
--bun:split
{{.Forbid "order_photos" "DELETE"}}
