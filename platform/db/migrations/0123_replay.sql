-- What was used is remembered so that nobody can replay it.
DROP INDEX spent_by_end;
ALTER TABLE spent RENAME TO replay;
CREATE INDEX replay_until ON replay (until);
