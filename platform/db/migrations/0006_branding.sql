-- How pools' pages look. A row is the managed login style of a client, or the classic customization of a client or, for the
-- client 'ALL', of the pool.
CREATE TABLE branding (
  pool_id     TEXT    NOT NULL,
  kind        TEXT    NOT NULL, -- 'managed' or 'classic'
  client_id   TEXT    NOT NULL,
  branding_id TEXT    NOT NULL,
  provided    BOOLEAN NOT NULL, -- whether a style is the server's own
  settings    TEXT    NOT NULL, -- of a style, in JSON as they were given; '' for none
  css         TEXT    NOT NULL, -- of a classic customization, as it was given
  sheet       TEXT    NOT NULL, -- the same, written anew for pages
  created     BIGINT  NOT NULL,
  modified    BIGINT  NOT NULL,
  PRIMARY KEY (pool_id, kind, client_id)
);

CREATE UNIQUE INDEX branding_by_id ON branding (pool_id, branding_id);

-- The images of a branding.
CREATE TABLE branding_image (
  pool_id     TEXT      NOT NULL,
  branding_id TEXT      NOT NULL,
  number      BIGINT    NOT NULL,
  category    TEXT      NOT NULL,
  color_mode  TEXT      NOT NULL,
  extension   TEXT      NOT NULL,
  resource_id TEXT      NOT NULL,
  given       {{bytes}} NOT NULL,
  served      {{bytes}} NOT NULL, -- written anew
  hash        TEXT      NOT NULL, -- of served, its name on pages
  PRIMARY KEY (pool_id, branding_id, number)
);

CREATE INDEX branding_image_by_hash ON branding_image (pool_id, hash);

-- The documents that people agree to when they sign up.
CREATE TABLE terms (
  pool_id   TEXT NOT NULL,
  terms_id  TEXT NOT NULL,
  client_id TEXT NOT NULL,
  name      TEXT NOT NULL,
  doc       TEXT NOT NULL,
  PRIMARY KEY (pool_id, terms_id)
);

CREATE UNIQUE INDEX terms_by_name ON terms (pool_id, client_id, name);
