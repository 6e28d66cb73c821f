//! Bayeux 1.0 messages: bytes to values and back.
