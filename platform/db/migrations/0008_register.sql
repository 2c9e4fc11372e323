-- Who has made a client: 'REGULAR' is an administrator, 'DCR' the app itself.
ALTER TABLE client ADD COLUMN kind TEXT NOT NULL DEFAULT 'REGULAR';

CREATE INDEX client_by_kind ON client (pool_id, kind, client_id);
