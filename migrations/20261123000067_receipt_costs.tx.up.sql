-- What a unit of one receipt of own material cost; 0 where it cost what the order says.
ALTER TABLE material_movements ADD COLUMN unit_cost BIGINT NOT NULL DEFAULT 0 CHECK (unit_cost >= 0 AND (unit_cost = 0 OR kind = 'receipt'));
