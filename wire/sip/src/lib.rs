//! SIP messages: bytes to values and back (RFC 3261).
