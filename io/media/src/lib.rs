//! Media threads: the browser port and the RTP ports.
