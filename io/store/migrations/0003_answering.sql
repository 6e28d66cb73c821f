-- How calls are answered, and which of them are turned away.

ALTER TABLE persons ADD COLUMN auto_answer INTEGER NOT NULL DEFAULT 0
    CHECK (auto_answer IN (0, 1));         -- routed calls are answered by themselves

ALTER TABLE dns ADD COLUMN reject_not_ready INTEGER NOT NULL DEFAULT 1
    CHECK (reject_not_ready IN (0, 1));    -- extensions: outside calls for the number itself are
                                           -- busy while its agent is not ready
