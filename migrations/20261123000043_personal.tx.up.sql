-- What may identify or be used against a person is stored sealed: the program's key, which is not in the database, opens it.
CREATE TABLE personal_data (
  worker_id {{.Key}} REFERENCES workers (id),
  id_number TEXT NOT NULL DEFAULT '',
  bank_name TEXT NOT NULL DEFAULT '',
  bank_account TEXT NOT NULL DEFAULT '',
  saved_at BIGINT NOT NULL,
  saved_by TEXT NOT NULL
);
--bun:split
-- Who saw or changed it, why and when. The worker may read this about herself.
CREATE TABLE personal_accesses (
  id {{.ID}},
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  action TEXT NOT NULL CHECK (action IN ('saved', 'shown', 'bank_file', 'ledger', 'exported', 'erased')),
  fields TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  run_id BIGINT REFERENCES pay_runs (id),
  done_at BIGINT NOT NULL,
  done_by TEXT NOT NULL
);
--bun:split
CREATE INDEX personal_accesses_worker ON personal_accesses (worker_id, id);
--bun:split
{{.Forbid "personal_accesses" "UPDATE"}}
--bun:split
{{.Forbid "personal_accesses" "DELETE"}}
