-- Rates that pay by time: what an hour is worth, how long how many pieces should take, and what is paid for being faster. Premium is
-- a fraction such as 1/2 (of the time saved, or on top), bonuses a table of efficiency and bonus in hundredths of a percent.
ALTER TABLE piece_rates ADD COLUMN scheme TEXT NOT NULL DEFAULT '' CHECK (scheme IN ('', 'halsey', 'rowan', 'gantt', 'emerson'));
--bun:split
ALTER TABLE piece_rates ADD COLUMN hourly BIGINT NOT NULL DEFAULT 0 CHECK (hourly >= 0);
--bun:split
ALTER TABLE piece_rates ADD COLUMN standard_pieces BIGINT NOT NULL DEFAULT 0 CHECK (standard_pieces >= 0);
--bun:split
ALTER TABLE piece_rates ADD COLUMN standard_minutes BIGINT NOT NULL DEFAULT 0 CHECK (standard_minutes >= 0);
--bun:split
ALTER TABLE piece_rates ADD COLUMN premium TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE piece_rates ADD COLUMN bonuses TEXT NOT NULL DEFAULT '';
--bun:split
-- What a workshop guarantees for work by the piece; a run keeps what held when it was computed.
ALTER TABLE workshops ADD COLUMN guarantee_amount BIGINT NOT NULL DEFAULT 0 CHECK (guarantee_amount >= 0);
--bun:split
ALTER TABLE workshops ADD COLUMN guarantee_per TEXT NOT NULL DEFAULT '' CHECK (guarantee_per IN ('', 'hour', 'day', 'period'));
--bun:split
ALTER TABLE workshops ADD COLUMN guarantee_over TEXT NOT NULL DEFAULT '' CHECK (guarantee_over IN ('', 'day', 'period'));
--bun:split
ALTER TABLE pay_runs ADD COLUMN guarantee_amount BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE pay_runs ADD COLUMN guarantee_per TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE pay_runs ADD COLUMN guarantee_over TEXT NOT NULL DEFAULT '';
--bun:split
-- What a line is put together from, where it is not pieces × rate: the sessions of a line paid by time, the days of a guarantee.
CREATE TABLE slip_parts (
  id {{.ID}},
  slip_id BIGINT NOT NULL REFERENCES slips (id),
  pos INTEGER NOT NULL,
  day {{.Date}} NOT NULL,
  session_id BIGINT REFERENCES work_sessions (id),
  pieces BIGINT NOT NULL DEFAULT 0,
  total BIGINT NOT NULL DEFAULT 0,
  standard_ms BIGINT NOT NULL DEFAULT 0,
  taken_ms BIGINT NOT NULL DEFAULT 0,
  due BIGINT NOT NULL,
  amount BIGINT NOT NULL
);
--bun:split
CREATE INDEX slip_parts_slip ON slip_parts (slip_id, pos);
--bun:split
CREATE INDEX slip_parts_session ON slip_parts (session_id);
