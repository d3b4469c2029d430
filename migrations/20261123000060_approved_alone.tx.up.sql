-- Who approves a run has entered nothing of it. Where nobody else could, the run says so for good.
ALTER TABLE pay_runs ADD COLUMN approved_alone BOOLEAN NOT NULL DEFAULT FALSE;
--bun:split
UPDATE pay_runs SET approved_alone = TRUE WHERE approved_at > 0 AND approved_by = created_by;
