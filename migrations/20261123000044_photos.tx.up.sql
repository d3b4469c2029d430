-- Pictures, as this program made them anew: a JPEG without what the camera wrote into it. Whoever may see the thing a picture belongs to
-- may see the picture; kind and thing_id name it as paths do.
CREATE TABLE photos (
  id {{.ID}},
  kind TEXT NOT NULL CHECK (kind <> ''),
  thing_id BIGINT NOT NULL,
  jpeg {{.Bytes}} NOT NULL,
  sha256 {{.Bytes}} NOT NULL,
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  stored_at BIGINT NOT NULL,
  stored_by TEXT NOT NULL
);
--bun:split
CREATE INDEX photos_thing ON photos (kind, thing_id);
--bun:split
{{.Forbid "photos" "UPDATE"}}
--bun:split
{{.Forbid "photos" "DELETE"}}
