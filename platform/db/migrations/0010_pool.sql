-- User pools, their app clients and their resource servers. Settings are kept as the document they were given as; what
-- is secret is sealed in columns of its own.

CREATE TABLE pool (
	pool_id TEXT NOT NULL,
	version BIGINT NOT NULL,
	doc TEXT NOT NULL,
	mfa TEXT NOT NULL,
	PRIMARY KEY (pool_id)
);

CREATE TABLE client (
	pool_id TEXT NOT NULL,
	client_id TEXT NOT NULL,
	version BIGINT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (pool_id, client_id)
);

-- Unsigned operations name the client and never the pool.
CREATE UNIQUE INDEX client_by_id ON client (client_id);

CREATE TABLE client_secret (
	pool_id TEXT NOT NULL,
	client_id TEXT NOT NULL,
	secret_id TEXT NOT NULL,
	sealed {{bytes}} NOT NULL,
	created BIGINT NOT NULL,
	PRIMARY KEY (pool_id, client_id, secret_id)
);

CREATE TABLE resource_server (
	pool_id TEXT NOT NULL,
	identifier TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (pool_id, identifier)
);
