-- What was written about a worker in free text goes with her name, where no hash covers it. Of what is append-only those notes may be
-- changed, and nothing else.
{{if eq .Bytes "BYTEA" -}}
DROP TRIGGER take_homes_no_update ON take_homes;
--bun:split
CREATE TRIGGER take_homes_no_update BEFORE UPDATE OF id, workshop_id, worker_id, order_id, operation_id, quantity, out_on, due_on, given_at, given_by ON take_homes
FOR EACH STATEMENT EXECUTE FUNCTION take_homes_no_update();
--bun:split
DROP TRIGGER take_home_returns_no_update ON take_home_returns;
--bun:split
CREATE TRIGGER take_home_returns_no_update BEFORE UPDATE OF tally_id, take_home_id ON take_home_returns FOR EACH STATEMENT EXECUTE FUNCTION take_home_returns_no_update();
--bun:split
DROP TRIGGER slip_payments_no_update ON slip_payments;
--bun:split
CREATE TRIGGER slip_payments_no_update BEFORE UPDATE OF id, run_id, worker_id, amount, method, paid_on, recorded_at, recorded_by ON slip_payments
FOR EACH STATEMENT EXECUTE FUNCTION slip_payments_no_update();
--bun:split
DROP TRIGGER count_agreements_no_update ON count_agreements;
--bun:split
CREATE TRIGGER count_agreements_no_update BEFORE UPDATE OF id, session_id, worker_id, counts, agrees, tally_id, said_at ON count_agreements
FOR EACH STATEMENT EXECUTE FUNCTION count_agreements_no_update();
--bun:split
DROP TRIGGER material_movements_no_update ON material_movements;
--bun:split
CREATE TRIGGER material_movements_no_update BEFORE UPDATE OF id, order_id, material_id, kind, quantity, counted, moved_on, document, session_id, take_home_id, worker_id, reverses_id, recorded_at, recorded_by ON material_movements
FOR EACH STATEMENT EXECUTE FUNCTION material_movements_no_update();
{{- else -}}
DROP TRIGGER take_homes_no_update;
--bun:split
CREATE TRIGGER take_homes_no_update BEFORE UPDATE OF id, workshop_id, worker_id, order_id, operation_id, quantity, out_on, due_on, given_at, given_by ON take_homes
BEGIN
  SELECT RAISE(ABORT, 'take_homes is append-only: UPDATE refused');
END;
--bun:split
DROP TRIGGER take_home_returns_no_update;
--bun:split
CREATE TRIGGER take_home_returns_no_update BEFORE UPDATE OF tally_id, take_home_id ON take_home_returns
BEGIN
  SELECT RAISE(ABORT, 'take_home_returns is append-only: UPDATE refused');
END;
--bun:split
DROP TRIGGER slip_payments_no_update;
--bun:split
CREATE TRIGGER slip_payments_no_update BEFORE UPDATE OF id, run_id, worker_id, amount, method, paid_on, recorded_at, recorded_by ON slip_payments
BEGIN
  SELECT RAISE(ABORT, 'slip_payments is append-only: UPDATE refused');
END;
--bun:split
DROP TRIGGER count_agreements_no_update;
--bun:split
CREATE TRIGGER count_agreements_no_update BEFORE UPDATE OF id, session_id, worker_id, counts, agrees, tally_id, said_at ON count_agreements
BEGIN
  SELECT RAISE(ABORT, 'count_agreements is append-only: UPDATE refused');
END;
--bun:split
DROP TRIGGER material_movements_no_update;
--bun:split
CREATE TRIGGER material_movements_no_update BEFORE UPDATE OF id, order_id, material_id, kind, quantity, counted, moved_on, document, session_id, take_home_id, worker_id, reverses_id, recorded_at, recorded_by ON material_movements
BEGIN
  SELECT RAISE(ABORT, 'material_movements is append-only: UPDATE refused');
END;
{{- end}}
