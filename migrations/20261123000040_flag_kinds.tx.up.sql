-- Two more things a person has to look at: a worker says that a tally of hers is wrong, and more came back of take-home work than went
-- out. SQLite cannot change a check, so its table is made anew.
{{if eq .Bytes "BYTEA" -}}
ALTER TABLE tally_flags DROP CONSTRAINT tally_flags_kind_check;
--bun:split
ALTER TABLE tally_flags ADD CONSTRAINT tally_flags_kind_check
  CHECK (kind IN ('repeat', 'over_ordered', 'over_previous', 'over_ticket', 'too_fast', 'clock', 'disputed', 'over_takehome'));
{{- else -}}
CREATE TABLE tally_flags_wider (
  id {{.ID}},
  tally_id BIGINT NOT NULL REFERENCES tallies (id),
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  kind TEXT NOT NULL CHECK (kind IN ('repeat', 'over_ordered', 'over_previous', 'over_ticket', 'too_fast', 'clock', 'disputed', 'over_takehome')),
  found BIGINT NOT NULL,
  allowed BIGINT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  raised_at BIGINT NOT NULL,
  decided_at BIGINT NOT NULL DEFAULT 0,
  decided_by TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'right', 'struck')),
  note TEXT NOT NULL DEFAULT '',
  UNIQUE (tally_id, kind),
  CHECK ((decided_at = 0) = (outcome = ''))
);
--bun:split
INSERT INTO tally_flags_wider (id, tally_id, workshop_id, kind, found, allowed, detail, raised_at, decided_at, decided_by, outcome, note)
SELECT id, tally_id, workshop_id, kind, found, allowed, detail, raised_at, decided_at, decided_by, outcome, note FROM tally_flags;
--bun:split
DROP TABLE tally_flags;
--bun:split
ALTER TABLE tally_flags_wider RENAME TO tally_flags;
--bun:split
CREATE INDEX tally_flags_open ON tally_flags (workshop_id, id) WHERE decided_at = 0;
--bun:split
{{.Forbid "tally_flags" "DELETE"}}
{{- end}}
