-- The guards of the record path. What was counted is kept summed beside the tallies, written in the same transaction, so that
-- a board, a running total or a guard costs a few rows and not the tallies behind them; jijian verify adds them up again.
CREATE TABLE session_progress (
  session_id BIGINT NOT NULL REFERENCES work_sessions (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  good BIGINT NOT NULL,
  rework BIGINT NOT NULL,
  scrap_workmanship BIGINT NOT NULL,
  scrap_material BIGINT NOT NULL,
  tallies BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (session_id, worker_id, order_id, operation_id)
){{.Clustered}};
--bun:split
-- The same over all sessions.
CREATE TABLE order_progress (
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  good BIGINT NOT NULL,
  rework BIGINT NOT NULL,
  scrap_workmanship BIGINT NOT NULL,
  scrap_material BIGINT NOT NULL,
  tallies BIGINT NOT NULL,
  PRIMARY KEY (order_id, operation_id)
){{.Clustered}};
--bun:split
INSERT INTO session_progress (session_id, worker_id, order_id, operation_id, good, rework, scrap_workmanship, scrap_material, tallies, last_at)
SELECT t.session_id, t.worker_id, t.order_id, t.operation_id,
  SUM(CASE WHEN t.reverses_id IS NULL THEN t.good ELSE -t.good END),
  SUM(CASE WHEN t.reverses_id IS NULL THEN t.rework ELSE -t.rework END),
  SUM(CASE WHEN t.reverses_id IS NULL THEN t.scrap_workmanship ELSE -t.scrap_workmanship END),
  SUM(CASE WHEN t.reverses_id IS NULL THEN t.scrap_material ELSE -t.scrap_material END),
  SUM(CASE WHEN t.reverses_id IS NULL THEN 1 ELSE -1 END),
  COALESCE(MAX(CASE WHEN t.reverses_id IS NULL AND x.id IS NULL THEN t.recorded_at END), 0)
FROM tallies t LEFT JOIN tallies x ON x.reverses_id = t.id
GROUP BY t.session_id, t.worker_id, t.order_id, t.operation_id;
--bun:split
INSERT INTO order_progress (order_id, operation_id, good, rework, scrap_workmanship, scrap_material, tallies)
SELECT order_id, operation_id, SUM(good), SUM(rework), SUM(scrap_workmanship), SUM(scrap_material), SUM(tallies)
FROM session_progress GROUP BY order_id, operation_id;
--bun:split
-- What a guard noticed about a tally that was stored all the same, until a person has looked at it.
CREATE TABLE tally_flags (
  id {{.ID}},
  tally_id BIGINT NOT NULL REFERENCES tallies (id),
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  kind TEXT NOT NULL CHECK (kind IN ('repeat', 'over_ordered', 'over_previous', 'over_ticket', 'too_fast', 'clock')),
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
CREATE INDEX tally_flags_open ON tally_flags (workshop_id, id) WHERE decided_at = 0;
--bun:split
-- What was sent to be counted and refused, as it was sent, until a person has put it right or dismissed it.
CREATE TABLE held_tallies (
  id {{.ID}},
  workshop_id BIGINT REFERENCES workshops (id),
  uid TEXT NOT NULL,
  content TEXT NOT NULL,
  digest {{.Bytes}} NOT NULL,
  reason TEXT NOT NULL,
  held_at BIGINT NOT NULL,
  held_by TEXT NOT NULL,
  decided_at BIGINT NOT NULL DEFAULT 0,
  decided_by TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'accepted', 'dismissed')),
  note TEXT NOT NULL DEFAULT '',
  tally_id BIGINT REFERENCES tallies (id),
  CHECK ((decided_at = 0) = (outcome = '')),
  CHECK ((tally_id IS NOT NULL) = (outcome = 'accepted'))
);
--bun:split
-- The same thing sent again is the same thing.
CREATE UNIQUE INDEX held_tallies_once ON held_tallies (held_by, digest);
--bun:split
CREATE INDEX held_tallies_open ON held_tallies (workshop_id, id) WHERE decided_at = 0;
--bun:split
{{.Forbid "held_tallies" "DELETE"}}
--bun:split
{{.Forbid "tally_flags" "DELETE"}}
--bun:split
ALTER TABLE workshops ADD COLUMN repeat_seconds INTEGER NOT NULL DEFAULT 3 CHECK (repeat_seconds BETWEEN 0 AND 60);
--bun:split
ALTER TABLE workshops ADD COLUMN repeat_minutes INTEGER NOT NULL DEFAULT 10 CHECK (repeat_minutes BETWEEN 0 AND 240);
--bun:split
ALTER TABLE operations ADD COLUMN max_per_hour BIGINT NOT NULL DEFAULT 0 CHECK (max_per_hour >= 0);
