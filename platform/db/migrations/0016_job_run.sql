-- Serves beside: 0015_cutoff
-- When each background job last succeeded, on whichever node.
CREATE TABLE job_run (
  name      TEXT   NOT NULL,
  succeeded BIGINT NOT NULL,
  PRIMARY KEY (name)
);
