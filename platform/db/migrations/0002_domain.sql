-- The domains of pools' hosted pages. A pool has at most one prefix and one domain of its own; a prefix is unique in its
-- Region, a whole domain everywhere.
CREATE TABLE domain (
  pool_id TEXT NOT NULL,
  region  TEXT NOT NULL, -- of a prefix; '' for a whole domain
  name    TEXT NOT NULL,
  doc     TEXT NOT NULL, -- its settings, in JSON
  PRIMARY KEY (pool_id, region)
);

CREATE UNIQUE INDEX domain_by_name ON domain (name, region);
