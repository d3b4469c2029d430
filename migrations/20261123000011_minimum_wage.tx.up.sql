-- Minimum wages as dated data, by region (Shandong's three tiers, 鲁政字), and the hours a run has looked at. Amounts in fen.
CREATE TABLE minimum_wages (
  id {{.ID}},
  region TEXT NOT NULL,
  effective_from {{.Date}} NOT NULL,
  monthly BIGINT NOT NULL CHECK (monthly > 0),
  hourly BIGINT NOT NULL CHECK (hourly > 0),
  source TEXT NOT NULL,
  UNIQUE (region, effective_from)
);
--bun:split
INSERT INTO minimum_wages (region, effective_from, monthly, hourly, source) VALUES
  ('山东一类', '2018-06-01', 191000, 1910, '鲁政字〔2018〕80号'),
  ('山东二类', '2018-06-01', 173000, 1730, '鲁政字〔2018〕80号'),
  ('山东三类', '2018-06-01', 155000, 1550, '鲁政字〔2018〕80号'),
  ('山东一类', '2021-10-01', 210000, 2100, '鲁政字〔2021〕169号'),
  ('山东二类', '2021-10-01', 190000, 1900, '鲁政字〔2021〕169号'),
  ('山东三类', '2021-10-01', 170000, 1700, '鲁政字〔2021〕169号'),
  ('山东一类', '2023-10-01', 220000, 2200, '鲁政字〔2023〕172号'),
  ('山东二类', '2023-10-01', 201000, 2000, '鲁政字〔2023〕172号'),
  ('山东三类', '2023-10-01', 182000, 1800, '鲁政字〔2023〕172号'),
  ('山东一类', '2025-10-01', 240000, 2400, '鲁政字〔2025〕140号'),
  ('山东二类', '2025-10-01', 221000, 2200, '鲁政字〔2025〕140号'),
  ('山东三类', '2025-10-01', 202000, 2000, '鲁政字〔2025〕140号');
--bun:split
ALTER TABLE workshops ADD COLUMN wage_region TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE workshops ADD COLUMN top_up BOOLEAN NOT NULL DEFAULT FALSE;
--bun:split
ALTER TABLE attendances ADD COLUMN run_id BIGINT REFERENCES pay_runs (id);
--bun:split
CREATE INDEX attendances_run ON attendances (run_id);
--bun:split
ALTER TABLE slips ADD COLUMN minutes BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE slips ADD COLUMN minimum_hourly BIGINT NOT NULL DEFAULT 0;
