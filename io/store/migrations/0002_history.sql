-- What happened. Times are UTC, e.g. 2026-01-26T15:15:54.123Z.

CREATE TABLE calls (
    conn_id     TEXT PRIMARY KEY,          -- ConnID, 16 hex digits
    uuid        TEXT NOT NULL,             -- CallUUID
    call_type   TEXT NOT NULL,             -- Inbound, Outbound, Internal, Consult
    ani         TEXT,                      -- the caller's number
    dnis        TEXT,                      -- the number dialled
    route_point TEXT,                      -- the first that the call came to
    agent       TEXT,                      -- employee id of who answered
    started     TEXT NOT NULL,
    answered    TEXT,                      -- by an agent or at a DN
    ended       TEXT,
    outcome     TEXT                       -- answered, abandoned, no answer, …; empty while it is up
) STRICT;

CREATE INDEX calls_by_start ON calls (started);
CREATE INDEX calls_by_agent ON calls (agent, started);

CREATE TABLE agent_states (
    id     INTEGER PRIMARY KEY,
    agent  TEXT NOT NULL,                  -- employee id
    dn     TEXT NOT NULL,
    state  TEXT NOT NULL,                  -- Ready, NotReady, AfterCallWork
    reason TEXT,
    began  TEXT NOT NULL,
    ended  TEXT                            -- empty while it lasts
) STRICT;

CREATE INDEX agent_states_by_agent ON agent_states (agent, began);
