-- What a user calls their app is kept with the user's factors. Databases of different ages have the column name here or have
-- it not, so the table is made anew without it.
CREATE TABLE software_token_nameless (
  pool_id   TEXT NOT NULL,
  sub       TEXT NOT NULL,
  secret    {{bytes}},
  last_step BIGINT NOT NULL,
  verified  BIGINT NOT NULL,
  pending   {{bytes}},
  asked     BIGINT NOT NULL,
  PRIMARY KEY (pool_id, sub)
) {{clustered}};
INSERT INTO software_token_nameless (pool_id, sub, secret, last_step, verified, pending, asked)
  SELECT pool_id, sub, secret, last_step, verified, pending, asked FROM software_token;
DROP TABLE software_token;
ALTER TABLE software_token_nameless RENAME TO software_token;
