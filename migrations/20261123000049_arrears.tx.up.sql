-- Arrears of a back-dated rate: what a locked run would have paid more or less by it, agreed by a person, and taken in by one later run.
CREATE TABLE arrears (
  id {{.ID}},
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  run_id BIGINT NOT NULL REFERENCES pay_runs (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  team_id BIGINT REFERENCES workers (id),
  piece_rate_id BIGINT NOT NULL REFERENCES piece_rates (id),
  old_rate_id BIGINT,
  quantity BIGINT NOT NULL,
  old_rate BIGINT NOT NULL,
  new_rate BIGINT NOT NULL,
  paid BIGINT NOT NULL,
  due BIGINT NOT NULL,
  agreed_at BIGINT NOT NULL,
  agreed_by TEXT NOT NULL,
  taken_by_run_id BIGINT REFERENCES pay_runs (id),
  CHECK (due <> paid)
);
--bun:split
-- A difference is agreed once, and the column that names the run which takes it in has room for one.
CREATE UNIQUE INDEX arrears_once ON arrears (run_id, worker_id, COALESCE(team_id, 0), order_id, operation_id, piece_rate_id, COALESCE(old_rate_id, 0), old_rate);
--bun:split
CREATE INDEX arrears_open ON arrears (workshop_id) WHERE taken_by_run_id IS NULL;
--bun:split
CREATE INDEX arrears_taken ON arrears (taken_by_run_id);
--bun:split
CREATE INDEX arrears_rate ON arrears (piece_rate_id);
--bun:split
-- The rate up to which a locked run's work has been paid by arrears, for a worker or a team. Strikes take it back at this rate, and the
-- next back-dated rate is compared with it. What was replaced by a still later rate stays, no longer current.
CREATE TABLE revised_rates (
  id {{.ID}},
  run_id BIGINT NOT NULL REFERENCES pay_runs (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  work_date {{.Date}} NOT NULL,
  rate BIGINT NOT NULL,
  piece_rate_id BIGINT NOT NULL REFERENCES piece_rates (id),
  current BOOLEAN NOT NULL,
  UNIQUE (run_id, worker_id, order_id, operation_id, work_date, piece_rate_id)
);
--bun:split
CREATE UNIQUE INDEX revised_rates_current ON revised_rates (run_id, worker_id, order_id, operation_id, work_date) WHERE current;
--bun:split
CREATE INDEX revised_rates_rate ON revised_rates (piece_rate_id);
--bun:split
-- No foreign key: arrears that only a draft has taken in may still be withdrawn with their rate.
ALTER TABLE slip_lines ADD COLUMN arrears_id BIGINT;
--bun:split
ALTER TABLE slip_lines ADD COLUMN old_rate BIGINT NOT NULL DEFAULT 0;
--bun:split
-- Whether a lowered rate takes back pay that was settled; else such differences are shown and left.
ALTER TABLE workshops ADD COLUMN take_arrears BOOLEAN NOT NULL DEFAULT FALSE;
