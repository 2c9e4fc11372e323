-- Devices that users signed in on. One that sign-in has named and nobody confirmed has no secret, and soon goes.
CREATE TABLE device (
  pool_id       TEXT NOT NULL,
  sub           TEXT NOT NULL,
  device_key    TEXT NOT NULL,
  group_key     TEXT NOT NULL,
  client_id     TEXT NOT NULL,
  name          TEXT NOT NULL,
  sdk           TEXT NOT NULL,
  ip            TEXT NOT NULL,
  secret        {{bytes}},
  confirmed     BOOLEAN NOT NULL,
  remembered    BOOLEAN NOT NULL,
  created       BIGINT NOT NULL,
  modified      BIGINT NOT NULL,
  authenticated BIGINT NOT NULL,
  PRIMARY KEY (pool_id, sub, device_key)
);
CREATE INDEX device_unconfirmed ON device (created) WHERE confirmed = FALSE;
