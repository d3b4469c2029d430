-- What identifies a worker can be taken away once the law no longer asks for it. Hashes cover her code and her figures, never her name, so
-- every chain stays as it is. Who did something may then be blanked, and nothing else of what is append-only.
ALTER TABLE workers ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;
--bun:split
{{if eq .Bytes "BYTEA" -}}
DROP TRIGGER acknowledgements_no_update ON acknowledgements;
--bun:split
CREATE TRIGGER acknowledgements_no_update BEFORE UPDATE OF slip_id, hash, acknowledged_at ON acknowledgements FOR EACH STATEMENT EXECUTE FUNCTION acknowledgements_no_update();
--bun:split
CREATE TRIGGER acknowledgements_no_truncate BEFORE TRUNCATE ON acknowledgements FOR EACH STATEMENT EXECUTE FUNCTION acknowledgements_no_update();
--bun:split
DROP TRIGGER audit_entries_no_update ON audit_entries;
--bun:split
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE OF id, done_at, user_id, role, action, kind, thing_id, detail, workshop_id, address, request_id ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_no_update();
--bun:split
DROP TRIGGER photos_no_delete ON photos;
--bun:split
CREATE TRIGGER photos_no_delete BEFORE DELETE ON photos FOR EACH ROW WHEN (OLD.kind <> 'dispute') EXECUTE FUNCTION photos_no_delete();
--bun:split
CREATE TRIGGER photos_no_truncate BEFORE TRUNCATE ON photos FOR EACH STATEMENT EXECUTE FUNCTION photos_no_delete();
{{- else -}}
DROP TRIGGER acknowledgements_no_update;
--bun:split
CREATE TRIGGER acknowledgements_no_update BEFORE UPDATE OF slip_id, hash, acknowledged_at ON acknowledgements
BEGIN
  SELECT RAISE(ABORT, 'acknowledgements is append-only: UPDATE refused');
END;
--bun:split
DROP TRIGGER audit_entries_no_update;
--bun:split
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE OF id, done_at, user_id, role, action, kind, thing_id, detail, workshop_id, address, request_id ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'audit_entries is append-only: UPDATE refused');
END;
--bun:split
DROP TRIGGER photos_no_delete;
--bun:split
CREATE TRIGGER photos_no_delete BEFORE DELETE ON photos WHEN OLD.kind <> 'dispute'
BEGIN
  SELECT RAISE(ABORT, 'photos is append-only: DELETE refused');
END;
{{- end}}
