-- What rates were worked out from: how many pieces a worker made in how many minutes. It is evidence, so nothing of it changes;
-- a sample that is not typical after all is withdrawn by a row of its own.
CREATE TABLE rate_samples (
  id {{.ID}},
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  session_id BIGINT REFERENCES work_sessions (id),
  sampled_on {{.Date}} NOT NULL,
  pieces BIGINT NOT NULL CHECK (pieces > 0),
  minutes BIGINT NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL
);
--bun:split
CREATE INDEX rate_samples_operation ON rate_samples (operation_id, workshop_id, worker_id);
--bun:split
-- A session of the books is taken once, also when it was withdrawn: somebody has judged it.
CREATE UNIQUE INDEX rate_samples_session ON rate_samples (session_id, worker_id, operation_id) WHERE session_id IS NOT NULL;
--bun:split
{{.Forbid "rate_samples" "UPDATE"}}
--bun:split
{{.Forbid "rate_samples" "DELETE"}}
--bun:split
CREATE TABLE rate_sample_withdrawals (
  sample_id {{.Key}} REFERENCES rate_samples (id),
  withdrawn_at BIGINT NOT NULL,
  withdrawn_by TEXT NOT NULL
);
--bun:split
{{.Forbid "rate_sample_withdrawals" "UPDATE"}}
--bun:split
{{.Forbid "rate_sample_withdrawals" "DELETE"}}
