//! RTP, RTCP and SRTP packets (RFC 3550, 3711, 4733, 7714).
