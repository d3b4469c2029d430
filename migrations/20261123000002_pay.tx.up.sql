-- The pay: runs claim tallies, slips are written once and numbered in the workshop's chain.
CREATE TABLE pay_runs (
  id {{.ID}},
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  period_from {{.Date}} NOT NULL,
  period_to {{.Date}} NOT NULL,
  status TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'approved', 'paid', 'discarded')),
  computed_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  approved_at BIGINT NOT NULL DEFAULT 0,
  approved_by TEXT NOT NULL DEFAULT '',
  paid_at BIGINT NOT NULL DEFAULT 0,
  paid_by TEXT NOT NULL DEFAULT '',
  CHECK (period_from <= period_to)
);
--bun:split
-- Two people who start the same settlement at the same moment get one draft, not two.
CREATE UNIQUE INDEX runs_one_draft ON pay_runs (workshop_id, period_from, period_to) WHERE status = 'draft';
--bun:split
CREATE INDEX runs_workshop ON pay_runs (workshop_id, period_to);
--bun:split
-- The primary key is the promise that no tally is ever paid twice.
CREATE TABLE tally_claims (
  tally_id {{.Key}} REFERENCES tallies (id),
  run_id BIGINT NOT NULL REFERENCES pay_runs (id)
);
--bun:split
CREATE INDEX claims_run ON tally_claims (run_id);
--bun:split
-- The rate each (order, operation, work date) was priced at, so that a later reversal is priced as the original was.
CREATE TABLE run_rates (
  run_id BIGINT NOT NULL REFERENCES pay_runs (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  work_date {{.Date}} NOT NULL,
  rate BIGINT NOT NULL CHECK (rate >= 0),
  PRIMARY KEY (run_id, order_id, operation_id, work_date)
);
--bun:split
CREATE TABLE adjustments (
  id {{.ID}},
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  work_date {{.Date}} NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('bonus', 'allowance', 'deduction', 'damage', 'advance')),
  amount BIGINT NOT NULL CHECK (amount > 0),
  note TEXT NOT NULL DEFAULT '',
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL,
  run_id BIGINT REFERENCES pay_runs (id),
  withdrawn_at BIGINT NOT NULL DEFAULT 0,
  withdrawn_by TEXT NOT NULL DEFAULT ''
);
--bun:split
CREATE INDEX adjustments_workshop ON adjustments (workshop_id, work_date);
--bun:split
CREATE INDEX adjustments_worker ON adjustments (worker_id, work_date);
--bun:split
CREATE INDEX adjustments_run ON adjustments (run_id);
--bun:split
CREATE TABLE slips (
  id {{.ID}},
  run_id BIGINT NOT NULL REFERENCES pay_runs (id),
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  version INTEGER NOT NULL CHECK (version >= 1),
  gross BIGINT NOT NULL CHECK (gross >= 0),
  deductions BIGINT NOT NULL CHECK (deductions >= 0),
  tax BIGINT NOT NULL CHECK (tax >= 0),
  net BIGINT NOT NULL CHECK (net >= 0),
  carried_forward BIGINT NOT NULL CHECK (carried_forward >= 0),
  reason TEXT NOT NULL DEFAULT '',
  superseded BOOLEAN NOT NULL DEFAULT FALSE,
  issued_at BIGINT NOT NULL DEFAULT 0,
  issued_by TEXT NOT NULL DEFAULT '',
  check_code TEXT,
  chain_seq BIGINT,
  hash {{.Bytes}},
  UNIQUE (run_id, worker_id, version),
  CHECK (net = gross - tax - deductions)
);
--bun:split
CREATE UNIQUE INDEX slips_check_code ON slips (check_code) WHERE check_code IS NOT NULL;
--bun:split
CREATE UNIQUE INDEX slips_chain ON slips (workshop_id, chain_seq) WHERE chain_seq IS NOT NULL;
--bun:split
CREATE INDEX slips_worker ON slips (worker_id, run_id);
--bun:split
CREATE TABLE slip_lines (
  id {{.ID}},
  slip_id BIGINT NOT NULL REFERENCES slips (id),
  pos INTEGER NOT NULL,
  kind TEXT NOT NULL,
  order_id BIGINT REFERENCES processing_orders (id),
  operation_id BIGINT REFERENCES operations (id),
  quantity BIGINT NOT NULL DEFAULT 0,
  rate BIGINT NOT NULL DEFAULT 0,
  amount BIGINT NOT NULL,
  good BIGINT NOT NULL DEFAULT 0,
  rework BIGINT NOT NULL DEFAULT 0,
  scrap_workmanship BIGINT NOT NULL DEFAULT 0,
  scrap_material BIGINT NOT NULL DEFAULT 0,
  adjustment_id BIGINT REFERENCES adjustments (id),
  corrects_run_id BIGINT REFERENCES pay_runs (id),
  carried_from_run_id BIGINT REFERENCES pay_runs (id),
  note TEXT NOT NULL DEFAULT '',
  UNIQUE (slip_id, pos)
);
--bun:split
-- What did not fit into a slip and waits for the worker's next run.
CREATE TABLE carries (
  id {{.ID}},
  slip_id BIGINT NOT NULL REFERENCES slips (id),
  run_id BIGINT NOT NULL REFERENCES pay_runs (id),
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  kind TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  since {{.Date}} NOT NULL,
  order_id BIGINT REFERENCES processing_orders (id),
  operation_id BIGINT REFERENCES operations (id),
  adjustment_id BIGINT REFERENCES adjustments (id),
  note TEXT NOT NULL DEFAULT '',
  taken_by_run_id BIGINT REFERENCES pay_runs (id)
);
--bun:split
CREATE INDEX carries_open ON carries (workshop_id, worker_id) WHERE taken_by_run_id IS NULL;
--bun:split
CREATE INDEX carries_slip ON carries (slip_id);
