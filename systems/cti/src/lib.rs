//! The T-Server's face: clients, registered DNs, requests in, events out.
