-- Who we are at a carrier, how much may go over a trunk, and how its numbers are written.

ALTER TABLE trunks ADD COLUMN domain TEXT;                              -- in URIs, else the contact's host
ALTER TABLE trunks ADD COLUMN account TEXT NOT NULL DEFAULT 'null';     -- JSON: user, password, register_s
ALTER TABLE trunks ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';        -- JSON: calls, dials_per_minute
ALTER TABLE trunks ADD COLUMN numbers TEXT NOT NULL DEFAULT '{}';       -- JSON: form, country …
ALTER TABLE trunks ADD COLUMN identity TEXT NOT NULL DEFAULT '"trusted"'; -- JSON: trusted or untrusted
