-- Messages that callers left.

ALTER TABLE recordings ADD COLUMN mailbox TEXT;   -- whose message it is; empty: no message

CREATE INDEX recordings_by_mailbox ON recordings (mailbox, started_ms) WHERE mailbox IS NOT NULL;
