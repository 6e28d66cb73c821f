//! The words every system shares: identifiers, calls, agents, configuration, time.
