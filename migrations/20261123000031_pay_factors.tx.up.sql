-- Factors on the piece rate: sessions marked as overtime, rest day or holiday (Wage Payment Provisions 1994, art. 13: 150, 200, 300 %), and
-- grades of workers, such as learners, from a day on. A line keeps the rate agreed and the factors, so that it explains itself.
ALTER TABLE work_sessions ADD COLUMN day_kind TEXT NOT NULL DEFAULT '' CHECK (day_kind IN ('', 'overtime', 'rest_day', 'holiday'));
--bun:split
ALTER TABLE work_sessions ADD COLUMN rate_percent INTEGER NOT NULL DEFAULT 100 CHECK (rate_percent BETWEEN 100 AND 1000);
--bun:split
CREATE INDEX sessions_marked ON work_sessions (workshop_id) WHERE day_kind <> '';
--bun:split
CREATE TABLE worker_grades (
  id {{.ID}},
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  effective_from {{.Date}} NOT NULL,
  name TEXT NOT NULL,
  percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 500),
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL,
  UNIQUE (worker_id, effective_from)
);
--bun:split
ALTER TABLE slip_lines ADD COLUMN agreed_rate BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE slip_lines ADD COLUMN day_kind TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE slip_lines ADD COLUMN day_percent INTEGER NOT NULL DEFAULT 100;
--bun:split
ALTER TABLE slip_lines ADD COLUMN grade TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE slip_lines ADD COLUMN grade_percent INTEGER NOT NULL DEFAULT 100;
--bun:split
-- A draft whose sessions, grades or rules have changed since must be computed again before anybody approves it.
ALTER TABLE pay_runs ADD COLUMN stale BOOLEAN NOT NULL DEFAULT FALSE;
