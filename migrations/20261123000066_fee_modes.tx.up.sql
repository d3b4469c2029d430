-- What a reached fee does, as with workers' rates: it holds for the pieces above its number only, or for all pieces of the agreement.
ALTER TABLE order_fees ADD COLUMN mode TEXT NOT NULL DEFAULT 'marginal' CHECK (mode IN ('marginal', 'whole'));
