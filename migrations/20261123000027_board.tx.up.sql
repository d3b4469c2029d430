-- Take-home work: a lot of pieces that a worker takes out of the workshop. What comes back are tallies like any others; what does not
-- come back is said in a closing. Nothing of a lot changes; a closing that was wrong is lifted and stays readable.
CREATE TABLE take_homes (
  id {{.ID}},
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  out_on {{.Date}} NOT NULL,
  due_on {{.Date}},
  note TEXT NOT NULL DEFAULT '',
  given_at BIGINT NOT NULL,
  given_by TEXT NOT NULL,
  CHECK (due_on IS NULL OR due_on >= out_on)
);
--bun:split
CREATE INDEX take_homes_workshop ON take_homes (workshop_id, out_on);
--bun:split
CREATE INDEX take_homes_worker ON take_homes (worker_id, out_on);
--bun:split
CREATE INDEX take_homes_order ON take_homes (order_id, operation_id);
--bun:split
{{.Forbid "take_homes" "UPDATE"}}
--bun:split
{{.Forbid "take_homes" "DELETE"}}
--bun:split
CREATE TABLE take_home_returns (
  tally_id {{.Key}} REFERENCES tallies (id),
  take_home_id BIGINT NOT NULL REFERENCES take_homes (id),
  note TEXT NOT NULL DEFAULT ''
);
--bun:split
CREATE INDEX take_home_returns_lot ON take_home_returns (take_home_id);
--bun:split
{{.Forbid "take_home_returns" "UPDATE"}}
--bun:split
{{.Forbid "take_home_returns" "DELETE"}}
--bun:split
CREATE TABLE take_home_closings (
  id {{.ID}},
  take_home_id BIGINT NOT NULL REFERENCES take_homes (id),
  kind TEXT NOT NULL CHECK (kind IN ('closed', 'cancelled')),
  unworked BIGINT NOT NULL CHECK (unworked >= 0),
  lost BIGINT NOT NULL CHECK (lost >= 0),
  reason TEXT NOT NULL CHECK (reason <> ''),
  closed_at BIGINT NOT NULL,
  closed_by TEXT NOT NULL,
  lifted_at BIGINT NOT NULL DEFAULT 0,
  lifted_by TEXT NOT NULL DEFAULT ''
);
--bun:split
-- A lot is closed once at a time: a second press of the button finds the first one.
CREATE UNIQUE INDEX take_home_closings_lot ON take_home_closings (take_home_id) WHERE lifted_at = 0;
--bun:split
{{.Forbid "take_home_closings" "DELETE"}}
--bun:split
-- What a worker says about her counts of a session, on the device: that they are right, or what is wrong. It holds for the counts she
-- was shown, which are kept with it; the latest word is the one that stands.
CREATE TABLE count_agreements (
  id {{.ID}},
  session_id BIGINT NOT NULL REFERENCES work_sessions (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  counts TEXT NOT NULL,
  agrees BOOLEAN NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  tally_id BIGINT REFERENCES tallies (id),
  said_at BIGINT NOT NULL,
  said_by TEXT NOT NULL,
  CHECK (agrees OR words <> '')
);
--bun:split
CREATE INDEX count_agreements_session ON count_agreements (session_id, worker_id);
--bun:split
{{.Forbid "count_agreements" "UPDATE"}}
--bun:split
{{.Forbid "count_agreements" "DELETE"}}
