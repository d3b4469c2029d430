-- The contractor's side. The day on which the contractor decided is the day on which he owes the fee.
ALTER TABLE acceptances ADD COLUMN decided_on {{.Date}};
--bun:split
UPDATE acceptances SET decided_on = (SELECT d.delivered_on FROM deliveries d WHERE d.id = acceptances.delivery_id);
--bun:split
-- The ticket of a bundle that came back from the contractor names the decision that sent it back.
ALTER TABLE bundle_tickets ADD COLUMN rework_of BIGINT REFERENCES acceptances (id);
--bun:split
-- Who bears what a contractor charges back, by whose fault it was. Who bears anything else is the workshop.
ALTER TABLE workshops ADD COLUMN bear_material TEXT NOT NULL DEFAULT 'contractor' CHECK (bear_material IN ('workshop', 'contractor'));
--bun:split
ALTER TABLE workshops ADD COLUMN bear_workmanship TEXT NOT NULL DEFAULT 'workshop' CHECK (bear_workmanship IN ('workshop', 'worker'));
--bun:split
-- What was handed over and charged back of an order, kept summed beside the records and written in the same transaction: a record
-- that goes missing, or is there twice, shows in the difference.
CREATE TABLE order_flow (
  order_id {{.Key}} REFERENCES processing_orders (id),
  delivered BIGINT NOT NULL DEFAULT 0,
  accepted BIGINT NOT NULL DEFAULT 0,
  rejected BIGINT NOT NULL DEFAULT 0,
  returned BIGINT NOT NULL DEFAULT 0,
  charged BIGINT NOT NULL DEFAULT 0
);
--bun:split
INSERT INTO order_flow (order_id, delivered, accepted, rejected, returned)
SELECT d.order_id, SUM(d.quantity), SUM(COALESCE(a.accepted, 0)), SUM(COALESCE(a.rejected, 0)), SUM(COALESCE(a.returned, 0))
FROM deliveries d LEFT JOIN (SELECT delivery_id, SUM(accepted) AS accepted, SUM(rejected) AS rejected, SUM(returned) AS returned
  FROM acceptances GROUP BY delivery_id) a ON a.delivery_id = d.id
GROUP BY d.order_id;
--bun:split
-- A way to one order without signing in. The address carries the id, the end and a signature; the row can end it sooner.
CREATE TABLE order_links (
  id {{.ID}},
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  name TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  revoked_at BIGINT NOT NULL DEFAULT 0,
  revoked_by TEXT NOT NULL DEFAULT ''
);
--bun:split
CREATE INDEX order_links_order ON order_links (order_id);
--bun:split
CREATE TABLE order_questions (
  id {{.ID}},
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  question TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  asked_by TEXT NOT NULL,
  answer TEXT NOT NULL DEFAULT '',
  answered_at BIGINT NOT NULL DEFAULT 0,
  answered_by TEXT NOT NULL DEFAULT ''
);
--bun:split
CREATE INDEX order_questions_order ON order_questions (order_id);
--bun:split
-- Money a contractor takes off for pieces that were wrong. One that is withdrawn stays in the books and counts no more.
CREATE TABLE chargebacks (
  id {{.ID}},
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  acceptance_id BIGINT REFERENCES acceptances (id),
  charged_on {{.Date}} NOT NULL,
  pieces BIGINT NOT NULL CHECK (pieces >= 0),
  amount BIGINT NOT NULL CHECK (amount > 0),
  fault TEXT NOT NULL CHECK (fault IN ('workmanship', 'material', 'other')),
  bearer TEXT NOT NULL CHECK (bearer IN ('workshop', 'contractor', 'worker')),
  operation_id BIGINT REFERENCES operations (id),
  ticket TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL,
  withdrawn_at BIGINT NOT NULL DEFAULT 0,
  withdrawn_by TEXT NOT NULL DEFAULT ''
);
--bun:split
CREATE INDEX chargebacks_order ON chargebacks (order_id, charged_on);
--bun:split
{{.Forbid "chargebacks" "DELETE"}}
--bun:split
-- What a worker bears of a chargeback, and the tally it was traced to; the adjustment takes it from her pay, as far as the cap lets it.
CREATE TABLE chargeback_shares (
  id {{.ID}},
  chargeback_id BIGINT NOT NULL REFERENCES chargebacks (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  tally_id BIGINT NOT NULL REFERENCES tallies (id),
  amount BIGINT NOT NULL CHECK (amount >= 0),
  adjustment_id BIGINT REFERENCES adjustments (id)
);
--bun:split
CREATE INDEX chargeback_shares_of ON chargeback_shares (chargeback_id);
--bun:split
-- Money that a contractor paid a workshop. One that did not arrive is taken back by one below zero.
CREATE TABLE contractor_payments (
  id {{.ID}},
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  contractor_id BIGINT NOT NULL REFERENCES contractors (id),
  received_on {{.Date}} NOT NULL,
  amount BIGINT NOT NULL CHECK (amount <> 0),
  method TEXT NOT NULL CHECK (method IN ('cash', 'bank', 'wechat', 'alipay')),
  note TEXT NOT NULL DEFAULT '',
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL
);
--bun:split
CREATE INDEX contractor_payments_of ON contractor_payments (contractor_id, workshop_id, received_on);
--bun:split
{{.Forbid "contractor_payments" "UPDATE"}}
--bun:split
{{.Forbid "contractor_payments" "DELETE"}}
--bun:split
CREATE TABLE contractor_sums (
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  contractor_id BIGINT NOT NULL REFERENCES contractors (id),
  received BIGINT NOT NULL,
  PRIMARY KEY (workshop_id, contractor_id)
){{.Clustered}};
--bun:split
-- A statement as both sides see it. What it says never changes; if the facts do, there is another version.
CREATE TABLE contractor_statements (
  id {{.ID}},
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  contractor_id BIGINT NOT NULL REFERENCES contractors (id),
  period_from {{.Date}} NOT NULL,
  period_to {{.Date}} NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  opening BIGINT NOT NULL,
  fees BIGINT NOT NULL,
  charged BIGINT NOT NULL,
  received BIGINT NOT NULL,
  closing BIGINT NOT NULL,
  hash {{.Bytes}} NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  workshop_at BIGINT NOT NULL DEFAULT 0,
  workshop_by TEXT NOT NULL DEFAULT '',
  contractor_at BIGINT NOT NULL DEFAULT 0,
  contractor_by TEXT NOT NULL DEFAULT '',
  UNIQUE (workshop_id, contractor_id, period_from, period_to, version),
  CHECK (closing = opening + fees - charged - received),
  CHECK (period_from <= period_to)
);
--bun:split
{{.Forbid "contractor_statements" "DELETE"}}
--bun:split
CREATE TABLE contractor_statement_lines (
  id {{.ID}},
  statement_id BIGINT NOT NULL REFERENCES contractor_statements (id),
  pos INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('fee', 'chargeback', 'payment')),
  day {{.Date}} NOT NULL,
  order_code TEXT NOT NULL DEFAULT '',
  delivery_code TEXT NOT NULL DEFAULT '',
  product TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  quantity BIGINT NOT NULL DEFAULT 0,
  rate BIGINT NOT NULL DEFAULT 0,
  amount BIGINT NOT NULL,
  UNIQUE (statement_id, pos)
);
--bun:split
{{.Forbid "contractor_statement_lines" "UPDATE"}}
--bun:split
{{.Forbid "contractor_statement_lines" "DELETE"}}
