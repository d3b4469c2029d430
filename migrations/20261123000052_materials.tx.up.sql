-- Materials. Quantities are millionths of the material's own unit, so that what the contractor's paper says is what the books say.
CREATE TABLE materials (
  id {{.ID}},
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  unit TEXT NOT NULL CHECK (unit <> '')
);
--bun:split
-- What one piece of a product needs; an order starts with it and has its own from then on. operation_id says where it is used, NULL: at
-- whichever operation most pieces were counted.
CREATE TABLE product_materials (
  id {{.ID}},
  product_id BIGINT NOT NULL REFERENCES products (id),
  material_id BIGINT NOT NULL REFERENCES materials (id),
  operation_id BIGINT REFERENCES operations (id),
  per_piece BIGINT NOT NULL CHECK (per_piece > 0),
  own BOOLEAN NOT NULL DEFAULT FALSE,
  unit_cost BIGINT NOT NULL DEFAULT 0 CHECK (unit_cost >= 0),
  UNIQUE (product_id, material_id)
);
--bun:split
CREATE TABLE order_materials (
  id {{.ID}},
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  material_id BIGINT NOT NULL REFERENCES materials (id),
  operation_id BIGINT REFERENCES operations (id),
  per_piece BIGINT NOT NULL CHECK (per_piece > 0),
  own BOOLEAN NOT NULL DEFAULT FALSE,
  unit_cost BIGINT NOT NULL DEFAULT 0 CHECK (unit_cost >= 0),
  UNIQUE (order_id, material_id)
);
--bun:split
-- Everything that happened to material. A wrong movement is struck by another one that names it.
CREATE TABLE material_movements (
  id {{.ID}},
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  material_id BIGINT NOT NULL REFERENCES materials (id),
  kind TEXT NOT NULL CHECK (kind IN ('receipt', 'sent_back', 'issue', 'brought_back', 'count')),
  quantity BIGINT NOT NULL,
  counted BIGINT NOT NULL DEFAULT 0,
  moved_on {{.Date}} NOT NULL,
  document TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  session_id BIGINT REFERENCES work_sessions (id),
  take_home_id BIGINT REFERENCES take_homes (id),
  worker_id BIGINT REFERENCES workers (id),
  reverses_id BIGINT REFERENCES material_movements (id),
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL,
  CHECK (quantity > 0 OR kind = 'count'),
  CHECK (session_id IS NULL OR take_home_id IS NULL),
  CHECK ((kind IN ('issue', 'brought_back')) = (session_id IS NOT NULL OR take_home_id IS NOT NULL))
);
--bun:split
CREATE INDEX material_movements_order ON material_movements (order_id, material_id);
--bun:split
CREATE UNIQUE INDEX material_movements_reverses ON material_movements (reverses_id) WHERE reverses_id IS NOT NULL;
--bun:split
{{.Forbid "material_movements" "UPDATE"}}
--bun:split
{{.Forbid "material_movements" "DELETE"}}
--bun:split
-- What a worker was charged for lost material; the adjustment takes it from her pay as far as the cap lets it.
CREATE TABLE material_charges (
  id {{.ID}},
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  material_id BIGINT NOT NULL REFERENCES materials (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  amount BIGINT NOT NULL CHECK (amount > 0),
  adjustment_id BIGINT NOT NULL REFERENCES adjustments (id)
);
--bun:split
CREATE INDEX material_charges_order ON material_charges (order_id);
--bun:split
-- What an order cost in wages is asked by order.
CREATE INDEX slip_lines_order ON slip_lines (order_id) WHERE order_id IS NOT NULL;
