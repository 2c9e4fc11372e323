-- One code may stand per user and purpose; a newer one takes its place.
CREATE TABLE code (
    pool_id   TEXT      NOT NULL,
    sub       TEXT      NOT NULL,
    purpose   TEXT      NOT NULL,
    attribute TEXT      NOT NULL,
    hash      {{bytes}} NOT NULL,
    tries     BIGINT    NOT NULL,
    expires   BIGINT    NOT NULL,
    PRIMARY KEY (pool_id, sub, purpose)
);
CREATE INDEX code_expires ON code (expires);

-- How often a user has done what may be done only so often in a time.
CREATE TABLE code_use (
    pool_id TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    uses    BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (pool_id, name)
);
CREATE INDEX code_use_expires ON code_use (expires);

-- Messages written and not yet delivered; in development they stay and are the inbox. An empty medium is a decoy.
CREATE TABLE outbox (
    pool_id   TEXT      NOT NULL,
    id        TEXT      NOT NULL,
    medium    TEXT      NOT NULL,
    recipient TEXT      NOT NULL,
    letter    {{bytes}} NOT NULL,
    written   BIGINT    NOT NULL,
    attempts  BIGINT    NOT NULL,
    due       BIGINT    NOT NULL,
    PRIMARY KEY (pool_id, id)
);
CREATE INDEX outbox_due ON outbox (due);
CREATE INDEX outbox_written ON outbox (written);
CREATE INDEX outbox_recipient ON outbox (recipient, written);
