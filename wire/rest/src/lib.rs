//! JSON shapes of GWS REST v2: bytes to values and back.
