-- The worker's say about a slip version: she confirms it, once, or disputes it and is answered, once.
CREATE TABLE acknowledgements (
  slip_id {{.Key}} REFERENCES slips (id),
  hash {{.Bytes}} NOT NULL,
  acknowledged_at BIGINT NOT NULL,
  acknowledged_by TEXT NOT NULL
);
--bun:split
{{.Forbid "acknowledgements" "UPDATE"}}
--bun:split
{{.Forbid "acknowledgements" "DELETE"}}
--bun:split
CREATE TABLE disputes (
  id {{.ID}},
  slip_id BIGINT NOT NULL REFERENCES slips (id),
  text TEXT NOT NULL,
  raised_at BIGINT NOT NULL,
  raised_by TEXT NOT NULL,
  answer TEXT NOT NULL DEFAULT '',
  answered_at BIGINT NOT NULL DEFAULT 0,
  answered_by TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'explained', 'corrected')),
  corrected_slip_id BIGINT REFERENCES slips (id),
  CHECK ((answered_at = 0) = (outcome = '')),
  CHECK (corrected_slip_id IS NULL OR outcome = 'corrected')
);
--bun:split
CREATE INDEX disputes_slip ON disputes (slip_id);
--bun:split
-- One at a time: a second press of the button finds the first one waiting.
CREATE UNIQUE INDEX disputes_open ON disputes (slip_id) WHERE answered_at = 0;
--bun:split
{{.Forbid "disputes" "DELETE"}}
