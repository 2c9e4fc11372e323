-- Serves beside nothing older: programs that do not know it would honour what was made void.
-- When all sessions of a pool whose sign-in was earlier were ended; 0 is never.
ALTER TABLE pool ADD COLUMN signed_out BIGINT NOT NULL DEFAULT 0;

-- What was issued before a moment is void: 'temporary credentials'.
CREATE TABLE cutoff (
  name   TEXT   NOT NULL,
  moment BIGINT NOT NULL,
  PRIMARY KEY (name)
);
