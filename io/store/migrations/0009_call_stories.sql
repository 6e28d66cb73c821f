-- A call's story, as the page of the call and `cordboard ladder` tell it. Large beside the other
-- rows, so it is kept for days, not for years.

CREATE TABLE call_stories (
    conn_id  TEXT NOT NULL PRIMARY KEY,  -- of the call
    uuid     TEXT NOT NULL,              -- CallUUID
    ended_ms INTEGER NOT NULL,           -- milliseconds since 1970
    story    TEXT NOT NULL,              -- JSON; docs/monitoring.md explains it
    ended TEXT AS (strftime('%Y-%m-%dT%H:%M:%fZ', ended_ms / 1000.0, 'unixepoch')) VIRTUAL
) STRICT;

CREATE INDEX call_stories_uuid ON call_stories (uuid, ended_ms);
CREATE INDEX call_stories_ended ON call_stories (ended_ms);
