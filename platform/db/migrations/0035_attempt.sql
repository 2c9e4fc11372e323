-- Failed proofs of a password, one row per user (or name that is nobody's) with a failure not yet forgiven.
CREATE TABLE attempt (
	pool_id TEXT NOT NULL,
	key TEXT NOT NULL,
	failures BIGINT NOT NULL,
	failed BIGINT NOT NULL,
	locked_until BIGINT NOT NULL,
	PRIMARY KEY (pool_id, key)
) {{clustered}};

CREATE INDEX attempt_by_age ON attempt (failed);
