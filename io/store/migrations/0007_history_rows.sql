-- The history as rows of the program's own making; docs/history.md explains the columns.
-- Times are milliseconds since 1970; beside each stands the same as UTC text.

ALTER TABLE calls RENAME TO calls_before;
ALTER TABLE agent_states RENAME TO agent_states_before;
DROP INDEX calls_by_start;
DROP INDEX calls_by_agent;
DROP INDEX agent_states_by_agent;

CREATE TABLE calls (
    conn_id      TEXT PRIMARY KEY,         -- ConnID, 16 hex digits
    uuid         TEXT NOT NULL,            -- CallUUID
    call_type    TEXT NOT NULL,            -- Inbound, Outbound, Internal, Consult
    ani          TEXT,                     -- the caller's number
    dnis         TEXT,                     -- the number dialled
    route_point  TEXT,                     -- the first that the call came to
    dn           TEXT,                     -- the first that talked
    agent        TEXT,                     -- employee id of who sat there
    consult_of   TEXT,                     -- consultations: ConnID of the call they were made from
    continued_in TEXT,                     -- ConnID of the call in which the parties went on
    started_ms   INTEGER NOT NULL,
    answered_ms  INTEGER,                  -- by an agent or at a DN
    ended_ms     INTEGER,                  -- empty while it is up
    outcome      TEXT,                     -- answered, abandoned, no answer, …; empty while it is up
    started      TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', started_ms / 1000.0, 'unixepoch')) VIRTUAL,
    answered     TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', answered_ms / 1000.0, 'unixepoch')) VIRTUAL,
    ended        TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', ended_ms / 1000.0, 'unixepoch')) VIRTUAL
) STRICT;

CREATE INDEX calls_by_start ON calls (started_ms);
CREATE INDEX calls_by_end ON calls (ended_ms);
CREATE INDEX calls_by_answer ON calls (answered_ms);
CREATE INDEX calls_by_uuid ON calls (uuid);
CREATE INDEX calls_by_agent ON calls (agent, started_ms);

CREATE TABLE legs (
    conn_id     TEXT NOT NULL,             -- the call
    position    INTEGER NOT NULL,          -- 1, 2, … within the call
    dn          TEXT NOT NULL,             -- whose part of the call
    agent       TEXT,                      -- employee id of who sat there
    role        TEXT NOT NULL,             -- Origination, Destination, ConferenceMember, Observer, …
    other       TEXT,                      -- the other side's number as the leg began
    route_point TEXT,                      -- that the call came through
    moved_from  TEXT,                      -- ConnID of the call that a transfer brought it from
    began_ms    INTEGER NOT NULL,          -- dialled, rang, or came from another call
    answered_ms INTEGER,                   -- talked first
    ended_ms    INTEGER,                   -- left; empty while it is in
    held_ms     INTEGER NOT NULL,          -- how long it held the call, in all
    holds       INTEGER NOT NULL,          -- how often
    outcome     TEXT,                      -- released, no answer, transferred, …
    ring_ms     INTEGER AS (coalesce(answered_ms, ended_ms) - began_ms) VIRTUAL,
    talk_ms     INTEGER AS (ended_ms - answered_ms - held_ms) VIRTUAL,
    began       TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', began_ms / 1000.0, 'unixepoch')) VIRTUAL,
    answered    TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', answered_ms / 1000.0, 'unixepoch')) VIRTUAL,
    ended       TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', ended_ms / 1000.0, 'unixepoch')) VIRTUAL,
    PRIMARY KEY (conn_id, position)
) STRICT;

CREATE INDEX legs_by_start ON legs (began_ms);
CREATE INDEX legs_by_end ON legs (ended_ms);
CREATE INDEX legs_by_answer ON legs (answered_ms);
CREATE INDEX legs_by_agent ON legs (agent, began_ms);
CREATE INDEX legs_by_dn ON legs (dn, began_ms);

CREATE TABLE queue_stays (
    conn_id          TEXT NOT NULL,        -- the call
    position         INTEGER NOT NULL,     -- 1, 2, … within the call
    queue            TEXT NOT NULL,        -- the route point
    virtual_queue    TEXT,                 -- that it feeds
    waiting_since_ms INTEGER NOT NULL,     -- in this queue and those before it
    entered_ms       INTEGER NOT NULL,     -- came to this queue
    ended_ms         INTEGER,              -- answered or left; empty while it waits
    offers           INTEGER NOT NULL,     -- phones that were called
    dn               TEXT,                 -- that answered
    agent            TEXT,                 -- employee id of who sat there
    outcome          TEXT CHECK (outcome IN ('abandoned', 'answered', 'cleared', 'diverted',
                                             'interrupted', 'moved')),
    wait_ms          INTEGER AS (ended_ms - waiting_since_ms) VIRTUAL,
    waiting_since    TEXT AS
        (strftime('%Y-%m-%dT%H:%M:%fZ', waiting_since_ms / 1000.0, 'unixepoch')) VIRTUAL,
    entered          TEXT AS
        (strftime('%Y-%m-%dT%H:%M:%fZ', entered_ms / 1000.0, 'unixepoch')) VIRTUAL,
    ended            TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', ended_ms / 1000.0, 'unixepoch')) VIRTUAL,
    PRIMARY KEY (conn_id, position)
) STRICT;

CREATE INDEX queue_stays_by_start ON queue_stays (entered_ms);
CREATE INDEX queue_stays_by_end ON queue_stays (ended_ms);
CREATE INDEX queue_stays_by_queue ON queue_stays (queue, entered_ms);
CREATE INDEX queue_stays_by_virtual_queue ON queue_stays (virtual_queue, entered_ms);

CREATE TABLE agent_states (
    agent    TEXT NOT NULL,                -- employee id
    began_ms INTEGER NOT NULL,
    sequence INTEGER NOT NULL,             -- number of the event that began it
    dn       TEXT NOT NULL,
    state    TEXT NOT NULL,                -- Ready, NotReady, AfterCallWork
    reason   TEXT,                         -- why not ready
    conn_id  TEXT,                         -- after-call work: the call
    ended_ms INTEGER,                      -- empty while it lasts
    began    TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', began_ms / 1000.0, 'unixepoch')) VIRTUAL,
    ended    TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', ended_ms / 1000.0, 'unixepoch')) VIRTUAL,
    PRIMARY KEY (agent, began_ms, sequence)
) STRICT;

CREATE INDEX agent_states_by_start ON agent_states (began_ms);
CREATE INDEX agent_states_by_end ON agent_states (ended_ms);
CREATE INDEX agent_states_by_call ON agent_states (conn_id) WHERE conn_id IS NOT NULL;

-- When the history was last written: what a run that was cut off left open ends then.
CREATE TABLE history_alive (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    at_ms INTEGER NOT NULL
) STRICT;

INSERT INTO calls (conn_id, uuid, call_type, ani, dnis, route_point, agent, started_ms,
                   answered_ms, ended_ms, outcome)
SELECT conn_id, uuid, call_type, ani, dnis, route_point, agent,
       CAST(round((julianday(started) - 2440587.5) * 86400000) AS INTEGER),
       CAST(round((julianday(answered) - 2440587.5) * 86400000) AS INTEGER),
       CAST(round((julianday(ended) - 2440587.5) * 86400000) AS INTEGER),
       outcome
FROM calls_before;

INSERT INTO agent_states (agent, began_ms, sequence, dn, state, reason, ended_ms)
SELECT agent, CAST(round((julianday(began) - 2440587.5) * 86400000) AS INTEGER), id, dn, state,
       reason, CAST(round((julianday(ended) - 2440587.5) * 86400000) AS INTEGER)
FROM agent_states_before;

DROP TABLE calls_before;
DROP TABLE agent_states_before;

-- A call detail record: a call with the sums of its legs and stays. Consultations are calls of
-- their own.
CREATE VIEW cdr AS
SELECT c.conn_id, c.uuid, c.call_type, c.ani, c.dnis, c.route_point, c.dn, c.agent, c.consult_of,
       c.continued_in, c.started, c.answered, c.ended, c.outcome, c.started_ms, c.answered_ms,
       c.ended_ms, c.ended_ms - c.started_ms AS duration_ms,
       (SELECT s.queue FROM queue_stays s WHERE s.conn_id = c.conn_id
        ORDER BY s.position DESC LIMIT 1) AS last_queue,
       coalesce((SELECT sum(s.ended_ms - s.entered_ms) FROM queue_stays s
                 WHERE s.conn_id = c.conn_id), 0) AS queue_ms,
       (SELECT count(*) FROM legs l WHERE l.conn_id = c.conn_id) AS legs,
       coalesce((SELECT sum(l.ring_ms) FROM legs l WHERE l.conn_id = c.conn_id), 0) AS ring_ms,
       coalesce((SELECT sum(l.talk_ms) FROM legs l WHERE l.conn_id = c.conn_id), 0) AS talk_ms,
       coalesce((SELECT sum(l.held_ms) FROM legs l WHERE l.conn_id = c.conn_id), 0) AS held_ms,
       coalesce((SELECT sum(a.ended_ms - a.began_ms) FROM agent_states a
                 WHERE a.conn_id = c.conn_id), 0) AS after_call_work_ms
FROM calls c;
