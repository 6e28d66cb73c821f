//! Counters and statistic definitions (Stat Server).
