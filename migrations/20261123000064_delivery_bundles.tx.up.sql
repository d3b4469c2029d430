-- Which bundles a delivery carries, and what the contractor decided about each of them; a delivery may also name none. The ticket of pieces
-- that came back names the bundle they were in, and a chargeback the delivery it is about.
CREATE TABLE delivery_bundles (
  id {{.ID}},
  delivery_id BIGINT NOT NULL REFERENCES deliveries (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  ticket_id BIGINT NOT NULL REFERENCES bundle_tickets (id),
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  UNIQUE (delivery_id, ticket_id)
);
--bun:split
CREATE INDEX delivery_bundles_order ON delivery_bundles (order_id, ticket_id);
--bun:split
{{.Forbid "delivery_bundles" "UPDATE"}}
--bun:split
{{.Forbid "delivery_bundles" "DELETE"}}
--bun:split
CREATE TABLE acceptance_bundles (
  id {{.ID}},
  acceptance_id BIGINT NOT NULL REFERENCES acceptances (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  ticket_id BIGINT NOT NULL REFERENCES bundle_tickets (id),
  accepted BIGINT NOT NULL CHECK (accepted >= 0),
  rejected BIGINT NOT NULL CHECK (rejected >= 0),
  returned BIGINT NOT NULL CHECK (returned >= 0),
  UNIQUE (acceptance_id, ticket_id),
  CHECK (accepted + rejected + returned > 0)
);
--bun:split
CREATE INDEX acceptance_bundles_order ON acceptance_bundles (order_id, ticket_id);
--bun:split
{{.Forbid "acceptance_bundles" "UPDATE"}}
--bun:split
{{.Forbid "acceptance_bundles" "DELETE"}}
--bun:split
ALTER TABLE bundle_tickets ADD COLUMN rework_from BIGINT REFERENCES bundle_tickets (id);
--bun:split
ALTER TABLE chargebacks ADD COLUMN delivery_id BIGINT REFERENCES deliveries (id);
--bun:split
-- Kept beside the records, as the rest of the flow is: pieces on tickets, pieces delivered in named bundles, and of them decided about.
ALTER TABLE order_flow ADD COLUMN ticketed BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE order_flow ADD COLUMN carried BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE order_flow ADD COLUMN judged BIGINT NOT NULL DEFAULT 0;
--bun:split
INSERT INTO order_flow (order_id, ticketed)
SELECT b.order_id, SUM(b.quantity) FROM bundle_tickets b WHERE TRUE GROUP BY b.order_id
ON CONFLICT (order_id) DO UPDATE SET ticketed = EXCLUDED.ticketed;
