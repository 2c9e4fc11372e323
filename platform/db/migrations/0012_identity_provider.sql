-- Identity providers whose users may sign in to a pool.
CREATE TABLE identity_provider (
  pool_id TEXT      NOT NULL,
  name    TEXT      NOT NULL,
  version BIGINT    NOT NULL,
  doc     TEXT      NOT NULL, -- the settings as DescribeIdentityProvider shows them; secrets are not in it
  sealed  {{bytes}} NOT NULL, -- the secrets; empty for none
  PRIMARY KEY (pool_id, name)
);

-- Other names of identity providers, as the domains of their users' e-mail addresses.
CREATE TABLE identity_provider_identifier (
  pool_id    TEXT NOT NULL,
  identifier TEXT NOT NULL,
  name       TEXT NOT NULL, -- of the provider
  PRIMARY KEY (pool_id, identifier)
);

CREATE INDEX identity_provider_identifier_by_name ON identity_provider_identifier (pool_id, name);

-- The metadata of SAML providers.
CREATE TABLE saml_metadata (
  pool_id   TEXT   NOT NULL,
  name      TEXT   NOT NULL, -- of the provider
  entity_id TEXT   NOT NULL, -- how the provider calls itself
  url       TEXT   NOT NULL, -- where it was fetched; '' for metadata that were given
  xml       TEXT   NOT NULL,
  fetched   BIGINT NOT NULL, -- when
  PRIMARY KEY (pool_id, name)
);

CREATE INDEX saml_metadata_by_entity ON saml_metadata (pool_id, entity_id, name);

-- Which user of the pool somebody is who signs in at an identity provider.
CREATE TABLE linked_identity (
  pool_id   TEXT   NOT NULL,
  provider  TEXT   NOT NULL,
  attribute TEXT   NOT NULL, -- 'Cognito_Subject', or the attribute by which an administrator has linked them
  value     TEXT   NOT NULL, -- the provider's name for them, or the value of the attribute
  sub       TEXT   NOT NULL,
  doc       TEXT   NOT NULL,
  PRIMARY KEY (pool_id, provider, attribute, value)
);

CREATE INDEX linked_identity_by_user ON linked_identity (pool_id, sub);

-- The key by which a pool signs what it sends to SAML providers.
CREATE TABLE saml_key (
  pool_id     TEXT      NOT NULL,
  sealed      {{bytes}} NOT NULL,
  certificate TEXT      NOT NULL, -- in PEM
  created     BIGINT    NOT NULL,
  PRIMARY KEY (pool_id)
);

-- What happened in a sign-in through an identity provider, for the operator to see.
CREATE TABLE federation_trace (
  pool_id  TEXT    NOT NULL,
  id       TEXT    NOT NULL, -- of the request that ended the sign-in
  provider TEXT    NOT NULL, -- its name
  failed   BOOLEAN NOT NULL,
  began    BIGINT  NOT NULL,
  expires  BIGINT  NOT NULL,
  doc      TEXT    NOT NULL, -- without secrets
  PRIMARY KEY (pool_id, id)
);

CREATE INDEX federation_trace_by_time ON federation_trace (pool_id, failed, began, id);
CREATE INDEX federation_trace_by_expiry ON federation_trace (expires);

-- The sign-in at an identity provider that a single sign-on session has come of, in JSON; '' for none.
ALTER TABLE sso_session ADD COLUMN upstream TEXT NOT NULL DEFAULT '';

-- Whether an identity provider has vouched for the user of a session.
ALTER TABLE session ADD COLUMN federated BOOLEAN NOT NULL DEFAULT FALSE;
