//! Calls, parties, DNs and agent states: the T-Server's call model.
