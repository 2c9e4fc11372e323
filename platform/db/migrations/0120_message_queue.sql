-- Messages are delivered by the urgency of their queue, and not at all after expires. What a row seals is its content.
ALTER TABLE outbox RENAME COLUMN letter TO content;
ALTER TABLE outbox ADD COLUMN queue BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN expires BIGINT NOT NULL DEFAULT 0;
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (queue, due);
