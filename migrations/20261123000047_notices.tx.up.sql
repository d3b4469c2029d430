-- What people are told: about a session that opens, slips that are ready, a dispute that was answered. One of a worker's own names her;
-- the others are for everybody of the workshop.
CREATE TABLE notices (
  id {{.ID}},
  workshop_id BIGINT NOT NULL REFERENCES workshops (id),
  worker_id BIGINT REFERENCES workers (id),
  kind TEXT NOT NULL CHECK (kind IN ('session', 'slips', 'slip', 'answer')),
  session_id BIGINT REFERENCES work_sessions (id),
  run_id BIGINT REFERENCES pay_runs (id),
  slip_id BIGINT REFERENCES slips (id),
  first_day {{.Date}} NOT NULL,
  last_day {{.Date}} NOT NULL,
  clock TEXT NOT NULL DEFAULT '',
  made_at BIGINT NOT NULL
);
--bun:split
CREATE INDEX notices_worker ON notices (worker_id, id);
--bun:split
CREATE INDEX notices_workshop ON notices (workshop_id, id) WHERE worker_id IS NULL;
--bun:split
-- Up to which notice a user has seen hers.
CREATE TABLE notices_seen (
  user_id {{.Key}} REFERENCES users (id),
  notice_id BIGINT NOT NULL
);
--bun:split
-- Browsers that take messages (Web Push), each of a user.
CREATE TABLE push_devices (
  id {{.ID}},
  user_id BIGINT NOT NULL REFERENCES users (id),
  endpoint TEXT NOT NULL UNIQUE,
  p256dh TEXT NOT NULL,
  auth TEXT NOT NULL,
  lang TEXT NOT NULL,
  added_at BIGINT NOT NULL
);
--bun:split
CREATE INDEX push_devices_user ON push_devices (user_id);
--bun:split
-- Robots of chat groups, of one workshop or (NULL) of all.
CREATE TABLE robots (
  id {{.ID}},
  workshop_id BIGINT REFERENCES workshops (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('wecom', 'dingtalk', 'feishu')),
  url TEXT NOT NULL,
  secret TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL,
  added_at BIGINT NOT NULL,
  added_by TEXT NOT NULL,
  removed_at BIGINT NOT NULL DEFAULT 0
);
--bun:split
-- What is still to be sent, and how that went. Written in the transaction of the event, so that neither can be without the other.
CREATE TABLE outbox (
  id {{.ID}},
  notice_id BIGINT NOT NULL REFERENCES notices (id),
  device_id BIGINT REFERENCES push_devices (id) ON DELETE CASCADE,
  robot_id BIGINT REFERENCES robots (id),
  made_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  sent_at BIGINT NOT NULL DEFAULT 0,
  given_up_at BIGINT NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  CHECK ((device_id IS NULL) <> (robot_id IS NULL))
);
--bun:split
CREATE INDEX outbox_due ON outbox (due_at) WHERE sent_at = 0 AND given_up_at = 0;
--bun:split
CREATE INDEX outbox_device ON outbox (device_id) WHERE device_id IS NOT NULL;
--bun:split
CREATE INDEX outbox_robot ON outbox (robot_id, id) WHERE robot_id IS NOT NULL;
