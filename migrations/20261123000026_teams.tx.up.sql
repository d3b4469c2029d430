-- Teams count together. A team is a row of workers whose code is made from who is in it and with which share weight, so that the
-- hash of a tally, which covers the code, covers the membership; therefore a membership never changes.
ALTER TABLE workers ADD COLUMN team BOOLEAN NOT NULL DEFAULT FALSE;
--bun:split
CREATE TABLE team_members (
  id {{.ID}},
  team_id BIGINT NOT NULL REFERENCES workers (id),
  worker_id BIGINT NOT NULL REFERENCES workers (id),
  share_weight BIGINT NOT NULL CHECK (share_weight > 0),
  UNIQUE (team_id, worker_id)
);
--bun:split
CREATE INDEX team_members_worker ON team_members (worker_id, team_id);
--bun:split
{{.Forbid "team_members" "UPDATE"}}
--bun:split
{{.Forbid "team_members" "DELETE"}}
--bun:split
-- How a team's amount is divided: by share weight alone, or by share weight times the hours each was there.
ALTER TABLE workshops ADD COLUMN team_share TEXT NOT NULL DEFAULT 'weight' CHECK (team_share IN ('weight', 'weight_hours'));
--bun:split
-- Pieces counted on the scales: what the full and the empty container weighed, in milligrams, and one piece, in micrograms, since
-- the lightest pieces weigh only a few milligrams. 0 when they were not weighed.
ALTER TABLE tallies ADD COLUMN gross_mg BIGINT NOT NULL DEFAULT 0 CHECK (gross_mg >= 0);
--bun:split
ALTER TABLE tallies ADD COLUMN tare_mg BIGINT NOT NULL DEFAULT 0 CHECK (tare_mg >= 0);
--bun:split
ALTER TABLE tallies ADD COLUMN unit_ug BIGINT NOT NULL DEFAULT 0 CHECK (unit_ug >= 0);
--bun:split
-- The unit weight an operation was last counted with.
CREATE INDEX tallies_weighed ON tallies (operation_id, id) WHERE unit_ug > 0;
--bun:split
ALTER TABLE operations ADD COLUMN unit_ug BIGINT NOT NULL DEFAULT 0 CHECK (unit_ug >= 0);
