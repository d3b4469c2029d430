-- Schedules and minimum wages can be added by people, who stand in the books for them; 0 and '' came with the program. A slip
-- keeps what its tax was worked out from, so that it can be explained as it was, whatever is paid later.
ALTER TABLE tax_tables ADD COLUMN recorded_at BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE tax_tables ADD COLUMN recorded_by TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE minimum_wages ADD COLUMN recorded_at BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE minimum_wages ADD COLUMN recorded_by TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE slips ADD COLUMN income_before BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE slips ADD COLUMN tax_before BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE slips ADD COLUMN tax_free BIGINT NOT NULL DEFAULT 0;
