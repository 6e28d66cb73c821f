//! Strategies, queues, skills and the choice of agent (URS).
