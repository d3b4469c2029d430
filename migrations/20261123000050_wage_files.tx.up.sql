-- How a bank wants its payment file, as data that people change. What comes with the program is generic: no bank is meant.
CREATE TABLE bank_layouts (
  id {{.ID}},
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  encoding TEXT NOT NULL CHECK (encoding IN ('utf-8', 'utf-8-bom', 'gb18030')),
  delimiter TEXT NOT NULL CHECK (delimiter IN ('comma', 'semicolon', 'tab', 'bar')),
  header BOOLEAN NOT NULL,
  amounts TEXT NOT NULL CHECK (amounts IN ('yuan', 'grouped', 'fen')),
  columns TEXT NOT NULL,
  saved_at BIGINT NOT NULL DEFAULT 0,
  saved_by TEXT NOT NULL DEFAULT ''
);
--bun:split
INSERT INTO bank_layouts (name, encoding, delimiter, header, amounts, columns) VALUES
  ('通用 · 账号、户名、金额、附言', 'gb18030', 'comma', TRUE, 'yuan',
   '[{"field":"account","title":"账号"},{"field":"name","title":"户名"},{"field":"amount","title":"金额"},{"field":"purpose","title":"附言"}]'),
  ('通用 · 含序号和开户行', 'utf-8-bom', 'comma', TRUE, 'yuan',
   '[{"field":"number","title":"序号"},{"field":"account","title":"收款账号"},{"field":"name","title":"收款户名"},{"field":"bank","title":"开户行"},{"field":"amount","title":"金额（元）"},{"field":"currency","title":"币种"},{"field":"purpose","title":"用途"},{"field":"reference","title":"业务编号"}]'),
  ('通用 · 竖线分隔，无表头，以分计', 'gb18030', 'bar', FALSE, 'fen',
   '[{"field":"number","title":"序号"},{"field":"account","title":"账号"},{"field":"name","title":"户名"},{"field":"amount","title":"金额（分）"}]');
--bun:split
-- A signature drawn when a slip version was confirmed: its strokes, and the hash of the version that was signed.
CREATE TABLE signatures (
  slip_id {{.Key}} REFERENCES acknowledgements (slip_id),
  hash {{.Bytes}} NOT NULL,
  strokes TEXT NOT NULL CHECK (strokes <> ''),
  signed_at BIGINT NOT NULL,
  signed_by TEXT NOT NULL
);
--bun:split
{{.Forbid "signatures" "UPDATE"}}
