-- What a unit of a receipt cost is no note: of a movement nothing may change but its note.
{{if eq .Bytes "BYTEA" -}}
DROP TRIGGER material_movements_no_update ON material_movements;
--bun:split
CREATE TRIGGER material_movements_no_update BEFORE UPDATE OF id, order_id, material_id, kind, quantity, counted, moved_on, unit_cost, document, session_id, take_home_id, worker_id, reverses_id, recorded_at, recorded_by ON material_movements
FOR EACH STATEMENT EXECUTE FUNCTION material_movements_no_update();
{{- else -}}
DROP TRIGGER material_movements_no_update;
--bun:split
CREATE TRIGGER material_movements_no_update BEFORE UPDATE OF id, order_id, material_id, kind, quantity, counted, moved_on, unit_cost, document, session_id, take_home_id, worker_id, reverses_id, recorded_at, recorded_by ON material_movements
BEGIN
  SELECT RAISE(ABORT, 'material_movements is append-only: UPDATE refused');
END;
{{- end}}
