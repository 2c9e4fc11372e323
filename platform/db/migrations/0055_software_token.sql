-- What users' authenticator apps share with the server. The secret is the one in force, empty until one is verified;
-- pending is another that was handed out and takes its place once a code proves that the app has it.
CREATE TABLE software_token (
  pool_id   TEXT NOT NULL,
  sub       TEXT NOT NULL,
  name      TEXT NOT NULL,
  secret    {{bytes}},
  last_step BIGINT NOT NULL,
  verified  BIGINT NOT NULL,
  pending   {{bytes}},
  asked     BIGINT NOT NULL,
  PRIMARY KEY (pool_id, sub)
) {{clustered}};
