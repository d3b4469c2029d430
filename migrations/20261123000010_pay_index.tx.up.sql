-- Settling reads the pieces of its sessions from this index alone, already in the order in which it sums them: four times
-- as fast as fetching and sorting the rows.
DROP INDEX tallies_session;
--bun:split
CREATE INDEX tallies_session ON tallies (session_id, worker_id, order_id, operation_id, reverses_id,
  good, rework, scrap_workmanship, scrap_material);
--bun:split
-- And it claims them in the order of their ids, without sorting, while the few reversals lie apart.
CREATE INDEX tallies_claimable ON tallies (session_id, reverses_id);
