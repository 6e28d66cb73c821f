//! SDP: typed offers and answers (RFC 8866, RFC 3264, RFC 8829).
