-- Sessions that were revoked are forgotten before they would have expired.
CREATE INDEX session_revoked ON session (revoked) WHERE revoked > 0;
