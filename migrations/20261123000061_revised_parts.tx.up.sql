-- What arrears of a rate by time have changed about what locked runs had paid of a worker's session: pieces and amount of each rate, to be
-- added to the parts of their slips. Pieces go from the old rate to the new one; the amounts of the others that share the time change too.
CREATE TABLE revised_parts (
  id {{.ID}},
  piece_rate_id BIGINT NOT NULL REFERENCES piece_rates (id),
  session_id BIGINT NOT NULL REFERENCES work_sessions (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  order_id BIGINT NOT NULL REFERENCES processing_orders (id),
  operation_id BIGINT NOT NULL REFERENCES operations (id),
  paid_by_rate_id BIGINT NOT NULL REFERENCES piece_rates (id),
  pieces BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  UNIQUE (session_id, worker_id, piece_rate_id, order_id, operation_id, paid_by_rate_id)
);
--bun:split
CREATE INDEX revised_parts_rate ON revised_parts (piece_rate_id);
