-- Who may look and act. Secrets are stored only as hashes.
CREATE TABLE users (
  id {{.ID}},
  username TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'bookkeeper', 'lead', 'worker', 'contractor')),
  password_hash TEXT NOT NULL,
  workshop_id BIGINT REFERENCES workshops (id),
  worker_id BIGINT REFERENCES workers (id),
  contractor_id BIGINT REFERENCES contractors (id),
  disabled BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  CHECK (role <> 'worker' OR worker_id IS NOT NULL),
  CHECK (role <> 'contractor' OR contractor_id IS NOT NULL),
  CHECK (role <> 'lead' OR workshop_id IS NOT NULL)
);
--bun:split
CREATE TABLE api_tokens (
  id {{.ID}},
  hash {{.Bytes}} NOT NULL UNIQUE,
  role TEXT NOT NULL,
  workshop_id BIGINT REFERENCES workshops (id),
  created_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL DEFAULT 0
);
--bun:split
CREATE TABLE web_sessions (
  token TEXT NOT NULL PRIMARY KEY,
  data {{.Bytes}} NOT NULL,
  expiry BIGINT NOT NULL
);
--bun:split
CREATE INDEX web_sessions_expiry ON web_sessions (expiry);
