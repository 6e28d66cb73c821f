//! SIP sockets: UDP and TCP on 5060.
