-- The objects that came later, and who changed what.

ALTER TABLE skills ADD COLUMN description TEXT NOT NULL DEFAULT '';

ALTER TABLE dns ADD COLUMN default_dn TEXT;       -- where calls go on to; may be a resource
ALTER TABLE dns ADD COLUMN position INTEGER NOT NULL DEFAULT 0
    CHECK (position IN (0, 1));                    -- extensions: an ACD position
ALTER TABLE dns ADD COLUMN options TEXT NOT NULL DEFAULT '{}';      -- JSON: section, option, value

ALTER TABLE trunks ADD COLUMN options TEXT NOT NULL DEFAULT '{}';   -- JSON, as above

ALTER TABLE strategies ADD COLUMN steps TEXT NOT NULL DEFAULT '[]'; -- JSON
ALTER TABLE strategies ADD COLUMN default_goal TEXT;                -- JSON; empty: none

CREATE TABLE objects (
    kind TEXT NOT NULL,                    -- action-code, agent-group, agent-login, application,
                                           -- calendar, dial-rule, media-file, resource, role, tenant
    name TEXT NOT NULL,
    body TEXT NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (kind, name)
) STRICT;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,                 -- UTC, e.g. 2026-01-26T15:15:54.123Z
    who     TEXT NOT NULL,
    version INTEGER NOT NULL,              -- that the change made
    kind    TEXT NOT NULL,                 -- of object
    name    TEXT NOT NULL,
    sort    TEXT NOT NULL CHECK (sort IN ('added', 'changed', 'removed')),
    fields  TEXT NOT NULL                  -- JSON: [{field, before, after}]; never a password
) STRICT;

CREATE INDEX audit_by_object ON audit (kind, name, id);
CREATE INDEX audit_by_time ON audit (at);
