-- Income tax: which rule holds for whom from when, and the schedules as dated data. Sources: Announcement 2018 No. 61 (labour
-- remuneration, salary), Announcement 2025 No. 16 (platform), Individual Income Tax Law, table 1. Amounts in fen.
CREATE TABLE income_types (
  id {{.ID}},
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  effective_from {{.Date}} NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('none', 'labour', 'salary', 'platform')),
  monthly_deductions BIGINT NOT NULL DEFAULT 0 CHECK (monthly_deductions >= 0),
  reason TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL,
  UNIQUE (worker_id, effective_from)
);
--bun:split
CREATE TABLE tax_tables (
  id {{.ID}},
  type TEXT NOT NULL CHECK (type IN ('labour', 'salary', 'platform')),
  effective_from {{.Date}} NOT NULL,
  allowance BIGINT NOT NULL CHECK (allowance >= 0),
  source TEXT NOT NULL,
  UNIQUE (type, effective_from)
);
--bun:split
CREATE TABLE tax_brackets (
  id {{.ID}},
  table_id BIGINT NOT NULL REFERENCES tax_tables (id),
  pos INTEGER NOT NULL,
  up_to BIGINT,
  percent BIGINT NOT NULL CHECK (percent BETWEEN 0 AND 100),
  quick BIGINT NOT NULL CHECK (quick >= 0),
  UNIQUE (table_id, pos)
);
--bun:split
INSERT INTO tax_tables (type, effective_from, allowance, source) VALUES
  ('labour', '2019-01-01', 0, '国家税务总局公告2018年第61号'),
  ('salary', '2019-01-01', 500000, '国家税务总局公告2018年第61号'),
  ('platform', '2025-10-01', 500000, '国家税务总局公告2025年第16号');
--bun:split
INSERT INTO tax_brackets (table_id, pos, up_to, percent, quick)
SELECT t.id, b.pos, b.up_to, b.percent, b.quick FROM tax_tables t JOIN (
  SELECT 1 AS pos, 2000000 AS up_to, 20 AS percent, 0 AS quick
  UNION ALL SELECT 2, 5000000, 30, 200000
  UNION ALL SELECT 3, NULL, 40, 700000) b ON t.type = 'labour';
--bun:split
INSERT INTO tax_brackets (table_id, pos, up_to, percent, quick)
SELECT t.id, b.pos, b.up_to, b.percent, b.quick FROM tax_tables t JOIN (
  SELECT 1 AS pos, 3600000 AS up_to, 3 AS percent, 0 AS quick
  UNION ALL SELECT 2, 14400000, 10, 252000
  UNION ALL SELECT 3, 30000000, 20, 1692000
  UNION ALL SELECT 4, 42000000, 25, 3192000
  UNION ALL SELECT 5, 66000000, 30, 5292000
  UNION ALL SELECT 6, 96000000, 35, 8592000
  UNION ALL SELECT 7, NULL, 45, 18192000) b ON t.type IN ('salary', 'platform');
--bun:split
ALTER TABLE slips ADD COLUMN income_type TEXT NOT NULL DEFAULT 'none';
--bun:split
ALTER TABLE slips ADD COLUMN income BIGINT NOT NULL DEFAULT 0;
