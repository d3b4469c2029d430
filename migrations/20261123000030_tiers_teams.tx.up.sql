-- Rates that depend on how many pieces are made, and lines that are one worker's share of what a team made. A run keeps which rate
-- it used, so that a later reversal walks the same steps back.
ALTER TABLE piece_rates ADD COLUMN tier_mode TEXT NOT NULL DEFAULT '' CHECK (tier_mode IN ('', 'marginal', 'whole'));
--bun:split
ALTER TABLE piece_rates ADD COLUMN tier_span TEXT NOT NULL DEFAULT '' CHECK (tier_span IN ('', 'day', 'session', 'period'));
--bun:split
ALTER TABLE piece_rates ADD COLUMN quota BIGINT NOT NULL DEFAULT 0 CHECK (quota >= 0);
--bun:split
CREATE TABLE rate_tiers (
  id {{.ID}},
  rate_id BIGINT NOT NULL REFERENCES piece_rates (id),
  threshold BIGINT NOT NULL CHECK (threshold > 0),
  above BOOLEAN NOT NULL DEFAULT FALSE,
  rate BIGINT NOT NULL CHECK (rate >= 0),
  UNIQUE (rate_id, threshold)
);
--bun:split
-- No foreign key: a rate that only a draft has used may still be withdrawn.
ALTER TABLE run_rates ADD COLUMN piece_rate_id BIGINT;
--bun:split
ALTER TABLE slip_lines ADD COLUMN piece_rate_id BIGINT;
--bun:split
ALTER TABLE slip_lines ADD COLUMN team_id BIGINT REFERENCES workers (id);
--bun:split
ALTER TABLE slip_lines ADD COLUMN team_amount BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE slip_lines ADD COLUMN share TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE slip_lines ADD COLUMN repricing BOOLEAN NOT NULL DEFAULT FALSE;
