-- Serves beside: 0013_credentials
-- The nodes that run, as each writes of itself every few seconds. This table only ever grows columns: nodes of all versions
-- write it.
CREATE TABLE node (
  id       TEXT      NOT NULL, -- of the process
  host     TEXT      NOT NULL,
  version  TEXT      NOT NULL, -- of its program
  newest   TEXT      NOT NULL, -- the newest migration that its program knows
  settings TEXT      NOT NULL, -- what must be the same on all nodes, in JSON
  keys     TEXT      NOT NULL, -- ids of its master keys, separated by spaces, the one that seals first
  started  BIGINT    NOT NULL,
  seen     BIGINT    NOT NULL, -- by its own clock
  beats    BIGINT    NOT NULL, -- grows each time: a row that does not change is of a node that has died
  differs  BOOLEAN   NOT NULL, -- whether its settings or keys are not those of older nodes
  fenced   BOOLEAN   NOT NULL, -- whether it has stopped serving because the database belongs to a newer version
  reasons  TEXT      NOT NULL, -- why it is not ready, one to a line; '' when it is
  room     {{bytes}} NOT NULL, -- shows that there is room, after a write that found none
  PRIMARY KEY (id)
);

-- The node that has claimed a message, or a notice; '' for none.
ALTER TABLE outbox ADD COLUMN claimed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE logout_notice ADD COLUMN claimed_by TEXT NOT NULL DEFAULT '';

CREATE INDEX outbox_by_claim ON outbox (claimed_by) WHERE claimed_by <> '';
CREATE INDEX logout_notice_by_claim ON logout_notice (claimed_by) WHERE claimed_by <> '';
