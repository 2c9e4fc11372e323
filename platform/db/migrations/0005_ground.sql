-- Data keys: what seals a pool's secrets, each wrapped by the master key. The pool '' is the server itself.
CREATE TABLE data_key (
  pool_id TEXT NOT NULL,
  key_id BIGINT NOT NULL,
  wrapped {{bytes}} NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (pool_id, key_id)
);

-- Leases: who does not hold one must wait until it has run out.
CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  until BIGINT NOT NULL
);

-- Root access keys: what signs administrators' requests.
CREATE TABLE access_key (
  id TEXT PRIMARY KEY,
  sealed {{bytes}} NOT NULL,
  status TEXT NOT NULL,
  created BIGINT NOT NULL
);
