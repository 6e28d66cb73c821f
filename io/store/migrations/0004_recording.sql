-- What is recorded, and the recordings.

ALTER TABLE dns ADD COLUMN record TEXT NOT NULL DEFAULT 'on-demand'
    CHECK (record IN ('always', 'never', 'on-demand'));   -- extensions

ALTER TABLE strategies ADD COLUMN record INTEGER
    CHECK (record IN (0, 1));              -- empty: as the agent's DN says

CREATE TABLE recordings (
    id          TEXT PRIMARY KEY,          -- CallUUID, hyphen, number within the call
    uuid        TEXT NOT NULL,             -- CallUUID
    conn_id     TEXT NOT NULL,             -- ConnID of the call in which it began
    dn          TEXT NOT NULL,             -- whose part of the call
    agent       TEXT,                      -- employee id of who sat there
    call_type   TEXT NOT NULL,             -- Inbound, Outbound, Internal, Consult
    ani         TEXT,                      -- the caller's number; empty when withheld
    dnis        TEXT NOT NULL,             -- the number dialled
    other       TEXT,                      -- the other side's number; empty when withheld
    started     TEXT NOT NULL,             -- UTC, e.g. 2026-01-26T15:15:54.123Z
    duration_ms INTEGER NOT NULL,
    gaps        TEXT NOT NULL,             -- JSON: [[from, to], …] in milliseconds from the start
    failure     TEXT,                      -- why it ended before it should
    file        TEXT NOT NULL,             -- below the recordings' directory
    bytes       INTEGER NOT NULL
) STRICT;

CREATE INDEX recordings_by_start ON recordings (started);
CREATE INDEX recordings_by_call ON recordings (uuid);
CREATE INDEX recordings_by_agent ON recordings (agent, started);
