//! Configuration and history in SQLite.
