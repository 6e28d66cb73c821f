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
    ani         TEXT NOT NULL,             -- the caller's number; empty when withheld
    dnis        TEXT NOT NULL,             -- the number dialled
    other       TEXT NOT NULL,             -- the other side's number; empty when withheld
    started_ms  INTEGER NOT NULL,          -- since 1970
    started     TEXT NOT NULL              -- UTC, e.g. 2026-01-26T15:15:54.123Z
                AS (strftime('%Y-%m-%dT%H:%M:%fZ', started_ms / 1000.0, 'unixepoch')) VIRTUAL,
    duration_ms INTEGER NOT NULL,
    gaps        TEXT NOT NULL,             -- JSON: [[from, to], …] in milliseconds from the start
    failure     TEXT,                      -- why it ended before it should, or what is missing
    format      TEXT NOT NULL,             -- opus, wav; the file is <day of started>/<id>.<format>
    bytes       INTEGER NOT NULL
) STRICT;

CREATE INDEX recordings_by_start ON recordings (started_ms);
CREATE INDEX recordings_by_call ON recordings (uuid);
CREATE INDEX recordings_by_agent ON recordings (agent, started_ms);
CREATE INDEX recordings_by_dn ON recordings (dn, started_ms);
