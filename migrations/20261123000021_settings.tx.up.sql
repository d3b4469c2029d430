-- What the program remembers about itself, such as the address people use: slips printed without the server need it too.
CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
