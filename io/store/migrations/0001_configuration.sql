-- The configuration: what the Configuration Server publishes. One object a row, names as keys.
-- References are checked when a save is complete, so the order of a save does not matter.

CREATE TABLE switch (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,              -- of the configuration; grows by one with each change
    name    TEXT NOT NULL,
    server  INTEGER NOT NULL,
    domain  TEXT NOT NULL
) STRICT;

CREATE TABLE skills (
    name TEXT PRIMARY KEY
) STRICT;

CREATE TABLE strategies (
    name            TEXT PRIMARY KEY,
    skills          TEXT NOT NULL,         -- e.g. Support > 0
    virtual_queue   TEXT REFERENCES dns (dn) DEFERRABLE INITIALLY DEFERRED,
    attach_customer INTEGER NOT NULL CHECK (attach_customer IN (0, 1)),
    no_answer_s     INTEGER NOT NULL
) STRICT;

CREATE TABLE dns (
    dn          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('extension', 'route point', 'virtual queue')),
    alias       TEXT,
    password    TEXT,                      -- extensions: SIP password
    cti_control INTEGER CHECK (cti_control IN (0, 1)),
    strategy    TEXT REFERENCES strategies (name) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((kind = 'extension') = (cti_control IS NOT NULL)),
    CHECK ((kind = 'route point') = (strategy IS NOT NULL))
) STRICT;

CREATE TABLE route_point_dnis (
    dnis        TEXT PRIMARY KEY,          -- the number dialled
    route_point TEXT NOT NULL REFERENCES dns (dn) DEFERRABLE INITIALLY DEFERRED,
    position    INTEGER NOT NULL
) STRICT;

CREATE TABLE places (
    name TEXT PRIMARY KEY
) STRICT;

CREATE TABLE place_dns (
    place    TEXT NOT NULL REFERENCES places (name) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,             -- 0: where the agent logs in
    dn       TEXT NOT NULL REFERENCES dns (dn) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (place, position)
) STRICT;

CREATE TABLE persons (
    user_name     TEXT PRIMARY KEY,
    first_name    TEXT NOT NULL,
    last_name     TEXT NOT NULL,
    employee_id   TEXT NOT NULL,
    password_hash TEXT NOT NULL,           -- PHC string; empty: may not log in
    place         TEXT REFERENCES places (name) DEFERRABLE INITIALLY DEFERRED,
    wrap_up_s     INTEGER NOT NULL
) STRICT;

CREATE TABLE person_roles (
    user_name TEXT NOT NULL REFERENCES persons (user_name) DEFERRABLE INITIALLY DEFERRED,
    role      TEXT NOT NULL CHECK (role IN ('Admin', 'Agent', 'Supervisor')),
    PRIMARY KEY (user_name, role)
) STRICT;

CREATE TABLE person_skills (
    user_name TEXT NOT NULL REFERENCES persons (user_name) DEFERRABLE INITIALLY DEFERRED,
    skill     TEXT NOT NULL REFERENCES skills (name) DEFERRABLE INITIALLY DEFERRED,
    level     INTEGER NOT NULL,
    PRIMARY KEY (user_name, skill)
) STRICT;

CREATE TABLE trunks (
    name    TEXT PRIMARY KEY,
    contact TEXT NOT NULL,                 -- address:port that calls go to
    probe_s INTEGER NOT NULL               -- seconds between OPTIONS; 0: none
) STRICT;

CREATE TABLE trunk_sources (
    trunk    TEXT NOT NULL REFERENCES trunks (name) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    address  TEXT NOT NULL,                -- INVITEs from here are taken without credentials
    PRIMARY KEY (trunk, position)
) STRICT;

CREATE TABLE customers (
    number       TEXT PRIMARY KEY,         -- telephone number
    id           TEXT NOT NULL,
    name         TEXT NOT NULL,
    account_type TEXT NOT NULL,
    reason       TEXT NOT NULL
) STRICT;

CREATE TABLE past_contacts (
    number   TEXT NOT NULL REFERENCES customers (number) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,             -- 0: the newest
    at       TEXT NOT NULL,
    channel  TEXT NOT NULL,
    subject  TEXT NOT NULL,
    agent    TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    PRIMARY KEY (number, position)
) STRICT;
