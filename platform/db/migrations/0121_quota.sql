-- Counters of uses count more than codes.
DROP INDEX code_use_expires;
ALTER TABLE code_use RENAME TO quota;
CREATE INDEX quota_expires ON quota (expires);
