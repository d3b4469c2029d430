-- In one hand-in hour the pieces of few orders are counted, at all their operations. By the order alone each new tally goes to the end of
-- its order's part, and a commit touches one page of the index instead of one for nearly every tally. No list asks for an operation
-- without its worker or session.
DROP INDEX tallies_order;
--bun:split
CREATE INDEX tallies_order ON tallies (order_id);
