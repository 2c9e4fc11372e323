-- Passkeys: one row per WebAuthn credential, with all that it takes to verify it, here or elsewhere. Credential ids are
-- in base64url, as they travel.
CREATE TABLE passkey (
    pool_id         TEXT      NOT NULL,
    sub             TEXT      NOT NULL,
    credential_id   TEXT      NOT NULL,
    relying_party   TEXT      NOT NULL,
    user_handle     {{bytes}} NOT NULL,
    public_key      {{bytes}} NOT NULL,
    sign_count      BIGINT    NOT NULL,
    verified        BOOLEAN   NOT NULL,
    backup_eligible BOOLEAN   NOT NULL,
    backed_up       BOOLEAN   NOT NULL,
    aaguid          {{bytes}} NOT NULL,
    attestation     TEXT      NOT NULL,
    attachment      TEXT      NOT NULL,
    transports      TEXT      NOT NULL,
    name            TEXT      NOT NULL,
    client_id       TEXT      NOT NULL,
    created         BIGINT    NOT NULL,
    used            BIGINT    NOT NULL,
    PRIMARY KEY (pool_id, sub, credential_id)
);
CREATE UNIQUE INDEX passkey_by_id ON passkey (pool_id, credential_id);

-- One registration may wait per user; a newer one takes its place.
CREATE TABLE passkey_ceremony (
    pool_id   TEXT      NOT NULL,
    sub       TEXT      NOT NULL,
    client_id TEXT      NOT NULL,
    challenge {{bytes}} NOT NULL,
    expires   BIGINT    NOT NULL,
    PRIMARY KEY (pool_id, sub)
) {{clustered}};
CREATE INDEX passkey_ceremony_expires ON passkey_ceremony (expires);
