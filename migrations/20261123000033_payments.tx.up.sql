-- Money that changed hands for an approved run, whole or in part. A payment that did not arrive is taken back by one below zero.
CREATE TABLE slip_payments (
  id {{.ID}},
  run_id BIGINT NOT NULL REFERENCES pay_runs (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  amount BIGINT NOT NULL CHECK (amount <> 0),
  method TEXT NOT NULL CHECK (method IN ('cash', 'bank', 'wechat', 'alipay')),
  paid_on {{.Date}} NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  recorded_at BIGINT NOT NULL,
  recorded_by TEXT NOT NULL
);
--bun:split
CREATE INDEX slip_payments_run ON slip_payments (run_id, worker_id);
--bun:split
{{.Forbid "slip_payments" "UPDATE"}}
--bun:split
{{.Forbid "slip_payments" "DELETE"}}
--bun:split
-- What was marked as paid before payments were written down was paid whole.
INSERT INTO slip_payments (run_id, worker_id, amount, method, paid_on, note, recorded_at, recorded_by)
SELECT s.run_id, s.worker_id, s.net, 'cash', p.period_to, '', p.paid_at, p.paid_by
FROM slips s JOIN pay_runs p ON p.id = s.run_id WHERE p.status = 'paid' AND NOT s.superseded AND s.net > 0;
