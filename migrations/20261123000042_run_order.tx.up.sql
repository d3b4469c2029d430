-- A run may settle the work of one order alone, as a task that is paid when it is done. The month's run later takes the rest.
ALTER TABLE pay_runs ADD COLUMN order_id BIGINT REFERENCES processing_orders (id);
--bun:split
DROP INDEX runs_one_draft;
--bun:split
CREATE UNIQUE INDEX runs_one_draft ON pay_runs (workshop_id, COALESCE(order_id, 0), period_from, period_to) WHERE status = 'draft';
--bun:split
CREATE INDEX runs_order ON pay_runs (order_id) WHERE order_id IS NOT NULL;
--bun:split
-- Hours are held against everything that was made in them, also what the run of an order has paid.
ALTER TABLE slips ADD COLUMN earned_by_order BIGINT NOT NULL DEFAULT 0;
