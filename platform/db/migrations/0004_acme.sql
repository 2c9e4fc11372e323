-- What the ACME client keeps: its account's key, certificates with their keys, and answers to challenges.
CREATE TABLE acme (
  name     TEXT      NOT NULL,
  sealed   {{bytes}} NOT NULL,
  modified BIGINT    NOT NULL,
  PRIMARY KEY (name)
);
