-- Two more roles (counter, officer), PINs, a second factor, several workshops for one person, and what a browser that is signed in
-- is. SQLite cannot change a check, so its table is made anew; nothing refers to users yet.
{{if eq .Bytes "BYTEA" -}}
ALTER TABLE users DROP CONSTRAINT users_role_check;
--bun:split
ALTER TABLE users ADD CONSTRAINT users_role_check CHECK (role IN ('admin', 'bookkeeper', 'lead', 'counter', 'worker', 'contractor', 'officer'));
--bun:split
ALTER TABLE users ADD COLUMN pin_hash TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE users ADD COLUMN pin_set_at BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE users ADD COLUMN pin_first BOOLEAN NOT NULL DEFAULT FALSE;
--bun:split
ALTER TABLE users ADD COLUMN totp_secret TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE users ADD COLUMN totp_since BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE users ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE users ADD CONSTRAINT users_counter_check CHECK (role <> 'counter' OR worker_id IS NOT NULL);
{{- else -}}
CREATE TABLE users_wider (
  id {{.ID}},
  username TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'bookkeeper', 'lead', 'counter', 'worker', 'contractor', 'officer')),
  password_hash TEXT NOT NULL,
  workshop_id BIGINT REFERENCES workshops (id),
  worker_id BIGINT REFERENCES workers (id),
  contractor_id BIGINT REFERENCES contractors (id),
  disabled BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  pin_hash TEXT NOT NULL DEFAULT '',
  pin_set_at BIGINT NOT NULL DEFAULT 0,
  pin_first BOOLEAN NOT NULL DEFAULT FALSE,
  totp_secret TEXT NOT NULL DEFAULT '',
  totp_since BIGINT NOT NULL DEFAULT 0,
  totp_step BIGINT NOT NULL DEFAULT 0,
  CHECK (role NOT IN ('worker', 'counter') OR worker_id IS NOT NULL),
  CHECK (role <> 'contractor' OR contractor_id IS NOT NULL),
  CHECK (role <> 'lead' OR workshop_id IS NOT NULL)
);
--bun:split
INSERT INTO users_wider (id, username, name, role, password_hash, workshop_id, worker_id, contractor_id, disabled, created_at)
SELECT id, username, name, role, password_hash, workshop_id, worker_id, contractor_id, disabled, created_at FROM users;
--bun:split
DROP TABLE users;
--bun:split
ALTER TABLE users_wider RENAME TO users;
{{- end}}
--bun:split
CREATE INDEX users_worker ON users (worker_id) WHERE worker_id IS NOT NULL;
--bun:split
-- Workshops of a person beside the one she begins in.
CREATE TABLE user_workshops (
  user_id BIGINT NOT NULL REFERENCES users (id),
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  PRIMARY KEY (user_id, workshop_id)
){{.Clustered}};
--bun:split
-- Whose a browser's session is, so that sessions can be listed and ended. 0 is nobody's.
ALTER TABLE web_sessions ADD COLUMN user_id BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE web_sessions ADD COLUMN started_at BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE web_sessions ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
--bun:split
ALTER TABLE web_sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
--bun:split
CREATE INDEX web_sessions_user ON web_sessions (user_id) WHERE user_id <> 0;
--bun:split
-- Devices on which a person has signed in before: a stranger's wrong guesses never slow these down.
CREATE TABLE known_devices (
  hash {{.Bytes}} NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id),
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (hash, user_id)
){{.Clustered}};
--bun:split
CREATE INDEX known_devices_user ON known_devices (user_id);
--bun:split
-- One-time codes that stand in for a lost second factor.
CREATE TABLE recovery_codes (
  user_id BIGINT NOT NULL REFERENCES users (id),
  hash {{.Bytes}} NOT NULL,
  used_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, hash)
){{.Clustered}};
--bun:split
-- Links with which a person chooses her own way in; each works once.
CREATE TABLE invitations (
  hash {{.Bytes}} NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
--bun:split
CREATE INDEX invitations_user ON invitations (user_id);
--bun:split
-- Accounts elsewhere with which a person signs in here.
CREATE TABLE linked_accounts (
  id {{.ID}},
  user_id BIGINT NOT NULL REFERENCES users (id),
  provider TEXT NOT NULL,
  subject TEXT NOT NULL,
  linked_at BIGINT NOT NULL,
  UNIQUE (provider, subject)
);
--bun:split
CREATE UNIQUE INDEX linked_accounts_user ON linked_accounts (user_id, provider);
--bun:split
-- Who did what. Rows are written once.
CREATE TABLE audit_entries (
  id {{.ID}},
  done_at BIGINT NOT NULL,
  user_id BIGINT NOT NULL DEFAULT 0,
  done_by TEXT NOT NULL,
  role TEXT NOT NULL DEFAULT '',
  action TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT '',
  thing_id BIGINT NOT NULL DEFAULT 0,
  detail TEXT NOT NULL DEFAULT '',
  workshop_id BIGINT NOT NULL DEFAULT 0,
  address TEXT NOT NULL DEFAULT '',
  request_id TEXT NOT NULL DEFAULT ''
);
--bun:split
CREATE INDEX audit_entries_user ON audit_entries (user_id, id);
--bun:split
{{.Forbid "audit_entries" "UPDATE"}}
--bun:split
{{.Forbid "audit_entries" "DELETE"}}
