-- Above an amount a workshop may ask for a second person: -1 never. An advance may be taken back in parts, and not before a day.
ALTER TABLE workshops ADD COLUMN second_person_above BIGINT NOT NULL DEFAULT -1;
--bun:split
ALTER TABLE adjustments ADD COLUMN needs_approval BOOLEAN NOT NULL DEFAULT FALSE;
--bun:split
ALTER TABLE adjustments ADD COLUMN approved_at BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE adjustments ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE adjustments ADD COLUMN instalment BIGINT NOT NULL DEFAULT 0 CHECK (instalment >= 0);
--bun:split
ALTER TABLE adjustments ADD COLUMN not_before {{.Date}};
