-- The work: who, what, at which rate, and every piece counted. Codes never change; they are what other programs know.
CREATE TABLE areas (
  id {{.ID}},
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 4),
  parent_id BIGINT REFERENCES areas (id)
);
--bun:split
CREATE TABLE workshops (
  id {{.ID}},
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  area_id BIGINT REFERENCES areas (id),
  timezone TEXT NOT NULL DEFAULT 'Asia/Shanghai',
  currency TEXT NOT NULL DEFAULT 'CNY',
  pay_scrap_material BOOLEAN NOT NULL DEFAULT TRUE,
  pay_scrap_workmanship BOOLEAN NOT NULL DEFAULT FALSE,
  pay_rework BOOLEAN NOT NULL DEFAULT FALSE,
  damage_cap_percent INTEGER NOT NULL DEFAULT 20 CHECK (damage_cap_percent BETWEEN 0 AND 100),
  chain_seq BIGINT NOT NULL DEFAULT 0,
  chain_hash {{.Bytes}}
);
--bun:split
CREATE TABLE contractors (
  id {{.ID}},
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  phone TEXT NOT NULL DEFAULT ''
);
--bun:split
CREATE TABLE workers (
  id {{.ID}},
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  phone TEXT NOT NULL DEFAULT '',
  share_weight BIGINT NOT NULL DEFAULT 1000000 CHECK (share_weight > 0),
  active BOOLEAN NOT NULL DEFAULT TRUE
);
--bun:split
CREATE INDEX workers_workshop ON workers (workshop_id, code);
--bun:split
CREATE TABLE products (
  id {{.ID}},
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  craft TEXT NOT NULL DEFAULT 'other' CHECK (craft IN ('artificial_flower', 'eyelash', 'earring', 'peachwood', 'other'))
);
--bun:split
CREATE TABLE operations (
  id {{.ID}},
  product_id BIGINT NOT NULL REFERENCES products (id),
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq >= 0),
  UNIQUE (product_id, code)
);
--bun:split
CREATE TABLE processing_orders (
  id {{.ID}},
  code TEXT NOT NULL UNIQUE,
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  contractor_id BIGINT NOT NULL REFERENCES contractors (id),
  product_id BIGINT NOT NULL REFERENCES products (id),
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  unit_fee BIGINT NOT NULL CHECK (unit_fee >= 0),
  ordered_on {{.Date}} NOT NULL,
  due_on {{.Date}},
  closed_at BIGINT NOT NULL DEFAULT 0
);
--bun:split
CREATE INDEX orders_workshop ON processing_orders (workshop_id, ordered_on);
--bun:split
CREATE INDEX orders_contractor ON processing_orders (contractor_id, ordered_on);
--bun:split
CREATE TABLE piece_rates (
  id {{.ID}},
  product_id BIGINT NOT NULL REFERENCES products (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  order_id BIGINT REFERENCES processing_orders (id),
  effective_from {{.Date}} NOT NULL,
  rate BIGINT NOT NULL CHECK (rate >= 0),
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL
);
--bun:split
-- A rate is agreed once for a day; a change is a later day or another order, so that "what applied when" stays answerable.
CREATE UNIQUE INDEX rates_product ON piece_rates (operation_id, effective_from) WHERE order_id IS NULL;
--bun:split
CREATE UNIQUE INDEX rates_order ON piece_rates (operation_id, order_id, effective_from) WHERE order_id IS NOT NULL;
--bun:split
CREATE TABLE work_sessions (
  id {{.ID}},
  code TEXT NOT NULL UNIQUE,
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  work_date {{.Date}} NOT NULL,
  starts_at TEXT NOT NULL DEFAULT '',
  ends_at TEXT NOT NULL DEFAULT '',
  closed_at BIGINT NOT NULL DEFAULT 0,
  closed_by TEXT NOT NULL DEFAULT ''
);
--bun:split
CREATE INDEX sessions_workshop ON work_sessions (workshop_id, work_date);
--bun:split
CREATE TABLE attendances (
  id {{.ID}},
  session_id BIGINT NOT NULL REFERENCES work_sessions (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  check_in BIGINT NOT NULL,
  check_out BIGINT NOT NULL DEFAULT 0,
  UNIQUE (session_id, worker_id),
  CHECK (check_out = 0 OR check_out >= check_in)
);
--bun:split
CREATE TABLE tallies (
  id {{.ID}},
  uid TEXT NOT NULL UNIQUE,
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  session_id BIGINT NOT NULL REFERENCES work_sessions (id),
  work_date {{.Date}} NOT NULL,
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  good BIGINT NOT NULL CHECK (good >= 0),
  rework BIGINT NOT NULL CHECK (rework >= 0),
  scrap_workmanship BIGINT NOT NULL CHECK (scrap_workmanship >= 0),
  scrap_material BIGINT NOT NULL CHECK (scrap_material >= 0),
  ticket TEXT NOT NULL DEFAULT '',
  reverses_id BIGINT REFERENCES tallies (id),
  reason TEXT NOT NULL DEFAULT '',
  recorded_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL,
  chain_seq BIGINT NOT NULL,
  hash {{.Bytes}} NOT NULL,
  CHECK (good + rework + scrap_workmanship + scrap_material > 0)
);
--bun:split
CREATE UNIQUE INDEX tallies_chain ON tallies (workshop_id, chain_seq);
--bun:split
CREATE INDEX tallies_session ON tallies (session_id);
--bun:split
CREATE INDEX tallies_worker ON tallies (worker_id, work_date);
--bun:split
CREATE INDEX tallies_order ON tallies (order_id, operation_id);
--bun:split
-- A tally is struck at most once, whoever strikes it.
CREATE UNIQUE INDEX tallies_reverses ON tallies (reverses_id) WHERE reverses_id IS NOT NULL;
--bun:split
-- One ticket pays one operation once. A struck tally frees its ticket again, which only the application can know,
-- so this index serves the look-up and the check is made where tallies are recorded.
CREATE INDEX tallies_ticket ON tallies (ticket, operation_id) WHERE ticket <> '';
--bun:split
-- Tallies are append-only for every program, not only for ours.
{{.Forbid "tallies" "UPDATE"}}
--bun:split
{{.Forbid "tallies" "DELETE"}}
--bun:split
CREATE TABLE deliveries (
  id {{.ID}},
  code TEXT NOT NULL UNIQUE,
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  delivered_on {{.Date}} NOT NULL,
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  note TEXT NOT NULL DEFAULT '',
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL
);
--bun:split
CREATE INDEX deliveries_order ON deliveries (order_id, delivered_on);
--bun:split
-- What the contractor decided about a delivery, in one or several sittings; the sum is what stands.
CREATE TABLE acceptances (
  id {{.ID}},
  delivery_id BIGINT NOT NULL REFERENCES deliveries (id),
  accepted BIGINT NOT NULL CHECK (accepted >= 0),
  rejected BIGINT NOT NULL CHECK (rejected >= 0),
  returned BIGINT NOT NULL CHECK (returned >= 0),
  note TEXT NOT NULL DEFAULT '',
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL,
  CHECK (accepted + rejected + returned > 0)
);
--bun:split
CREATE INDEX acceptances_delivery ON acceptances (delivery_id);
