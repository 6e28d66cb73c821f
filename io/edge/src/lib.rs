//! TLS, HTTP routes, WebSockets and static files (the nginx box).
