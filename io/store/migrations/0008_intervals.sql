-- What was counted in each quarter of an hour, made from the rows of the history; hours and days
-- are sums of quarters. docs/history.md explains the columns.

CREATE TABLE queue_intervals (
    began_ms           INTEGER NOT NULL,
    queue              TEXT NOT NULL,      -- a route point or a virtual queue
    entered            INTEGER NOT NULL,   -- came
    answered           INTEGER NOT NULL,
    answered_in_time   INTEGER NOT NULL,   -- within the service level's seconds
    abandoned          INTEGER NOT NULL,
    short_abandoned    INTEGER NOT NULL,   -- of those: so soon that they don't count
    cleared            INTEGER NOT NULL,
    diverted           INTEGER NOT NULL,
    wait_ms            INTEGER NOT NULL,   -- of those that were answered, in all
    wait_max_ms        INTEGER NOT NULL,   -- of those that were answered or abandoned
    handled            INTEGER NOT NULL,   -- legs that talked and ended
    talk_ms            INTEGER NOT NULL,
    held_ms            INTEGER NOT NULL,
    after_call_work_ms INTEGER NOT NULL,
    began TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', began_ms / 1000.0, 'unixepoch')) VIRTUAL,
    PRIMARY KEY (began_ms, queue)
) STRICT;

CREATE TABLE agent_intervals (
    began_ms           INTEGER NOT NULL,
    agent              TEXT NOT NULL,      -- employee id
    ready_ms           INTEGER NOT NULL,
    not_ready_ms       INTEGER NOT NULL,
    after_call_work_ms INTEGER NOT NULL,
    offered            INTEGER NOT NULL,   -- legs that rang
    answered           INTEGER NOT NULL,   -- of those that rang
    dialled            INTEGER NOT NULL,   -- legs that dialled
    handled            INTEGER NOT NULL,   -- legs that talked and ended
    talk_ms            INTEGER NOT NULL,
    held_ms            INTEGER NOT NULL,
    began TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', began_ms / 1000.0, 'unixepoch')) VIRTUAL,
    PRIMARY KEY (began_ms, agent)
) STRICT;

CREATE TABLE site_intervals (
    began_ms  INTEGER PRIMARY KEY,
    inbound   INTEGER NOT NULL,            -- calls that began
    outbound  INTEGER NOT NULL,
    internal  INTEGER NOT NULL,
    consult   INTEGER NOT NULL,
    answered  INTEGER NOT NULL,            -- calls that somebody answered, by when
    abandoned INTEGER NOT NULL,            -- calls that ended so
    handled   INTEGER NOT NULL,            -- legs that talked and ended
    talk_ms   INTEGER NOT NULL,
    held_ms   INTEGER NOT NULL,
    began TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', began_ms / 1000.0, 'unixepoch')) VIRTUAL
) STRICT;

-- Quarters in which a row has changed since they were counted.
CREATE TABLE intervals_to_count (
    began_ms INTEGER PRIMARY KEY
) STRICT;
