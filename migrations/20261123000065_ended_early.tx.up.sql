-- An order that is given up before everything is delivered and settled says why; closed_at says when, as of any that is closed.
ALTER TABLE processing_orders ADD COLUMN end_reason TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE processing_orders ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';
