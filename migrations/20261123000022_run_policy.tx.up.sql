-- A run keeps the workshop's rules it was computed by, so that a slip reads the same however the rules change later.
ALTER TABLE pay_runs ADD COLUMN pay_scrap_material BOOLEAN NOT NULL DEFAULT TRUE;
--bun:split
ALTER TABLE pay_runs ADD COLUMN pay_scrap_workmanship BOOLEAN NOT NULL DEFAULT FALSE;
--bun:split
ALTER TABLE pay_runs ADD COLUMN pay_rework BOOLEAN NOT NULL DEFAULT FALSE;
--bun:split
ALTER TABLE pay_runs ADD COLUMN damage_cap_percent INTEGER NOT NULL DEFAULT 20;
