-- What was moved of the materials of an order, kept summed beside the movements as the rest of its flow is; what was struck is taken off.
ALTER TABLE order_flow ADD COLUMN moved BIGINT NOT NULL DEFAULT 0;
--bun:split
INSERT INTO order_flow (order_id, moved)
SELECT m.order_id, SUM(CASE WHEN m.reverses_id IS NULL THEN m.quantity ELSE -m.quantity END) FROM material_movements m WHERE TRUE GROUP BY m.order_id
ON CONFLICT (order_id) DO UPDATE SET moved = EXCLUDED.moved;
