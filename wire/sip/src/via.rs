//! Via: where a request came from and where its response goes (RFC 3261 20.42, RFC 3581).

use std::net::{IpAddr, SocketAddr};

use crate::params::Params;
use crate::text::{Lexer, is_space, sub};
use crate::uri::{host_address, host_port};

/// One Via value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// `2.0`.
    pub version: &'a str,
    /// `UDP`, `TCP`, `TLS`, `WS`, `WSS` or another token, as written.
    pub transport: &'a str,
    /// The sender's own name for itself; an IPv6 reference keeps its brackets.
    pub host: &'a str,
    /// The port of sent-by, when written.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and others.
    pub params: Params<'a>,
}

/// RFC 3261 8.1.1.7: a branch that identifies its transaction opens with this.
pub const BRANCH_COOKIE: &str = "z9hG4bK";

impl<'a> Via<'a> {
    /// Reads one Via value; `None` when any of it is malformed.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (via, params) = Self::head(value)?;
        Some(Self { params: Params::parse(params)?, ..via })
    }

    /// Reads a Via of which only protocol and sent-by must be well formed, so that a request
    /// with spoilt parameters can still be answered.
    #[must_use]
    pub fn parse_lenient(value: &'a [u8]) -> Option<Self> {
        let (via, params) = Self::head(value)?;
        Some(Self { params: Params::lenient(params), ..via })
    }

    fn head(value: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut lexer = Lexer::new(value.trim_ascii());
        let protocol = lexer.token()?;
        if !protocol.eq_ignore_ascii_case("SIP") {
            return None;
        }
        lexer.separator(b'/')?;
        let version = lexer.token()?;
        lexer.separator(b'/')?;
        let transport = lexer.token()?;
        if !lexer.peek().is_some_and(is_space) {
            return None;
        }
        lexer.space();
        let (host, port) = sent_by(&mut lexer)?;
        lexer.space();
        matches!(lexer.peek(), None | Some(b';')).then_some(())?;
        let params = Params::default();
        Some((Self { version, transport, host, port, params }, lexer.rest))
    }

    /// The branch; `None` when missing or empty.
    #[must_use]
    pub fn branch(&self) -> Option<&'a str> {
        self.params.get("branch").filter(|branch| !branch.is_empty())
    }

    /// The branch, when it is one that identifies the transaction by itself (RFC 3261 17.2.3).
    #[must_use]
    pub fn rfc3261_branch(&self) -> Option<&'a str> {
        let branch = self.branch()?;
        let cookie = branch.get(..BRANCH_COOKIE.len())?;
        // The cookie is compared without case: some peers write it in theirs.
        (cookie.eq_ignore_ascii_case(BRANCH_COOKIE) && branch.len() > BRANCH_COOKIE.len())
            .then_some(branch)
    }

    /// The `received` address; bare and bracketed IPv6 both (RFC 5118 4.5).
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        self.params.get("received").and_then(host_address)
    }

    /// The filled-in `rport`.
    #[must_use]
    pub fn rport(&self) -> Option<u16> {
        self.params.get("rport")?.parse().ok()
    }

    /// Whether the sender asks for the response on the port it sent from (RFC 3581).
    #[must_use]
    pub fn wants_rport(&self) -> bool {
        self.params.raw("rport").is_some_and(<[u8]>::is_empty)
    }

    /// Where a response over UDP goes: `received` and `rport` first, then sent-by (RFC 3261
    /// 18.2.2, RFC 3581 4). `None` when sent-by is a name and nothing else is known.
    #[must_use]
    pub fn response_address(&self) -> Option<SocketAddr> {
        let address = self.received().or_else(|| host_address(self.host))?;
        let default = if self.transport.eq_ignore_ascii_case("TLS") { 5061 } else { 5060 };
        Some(SocketAddr::new(address, self.rport().or(self.port).unwrap_or(default)))
    }
}

fn sent_by<'a>(lexer: &mut Lexer<'a>) -> Option<(&'a str, Option<u16>)> {
    let start = lexer.rest;
    lexer.take(|byte| !is_space(byte) && !matches!(byte, b';' | b','))?;
    let end = start.len() - lexer.rest.len();
    let text = std::str::from_utf8(sub(start, 0, end)).ok()?;
    let mut ahead = *lexer;
    // `host : port` may have white space around its colon (RFC 3261 25.1, COLON).
    ahead.space();
    let split = text.ends_with(':') || ahead.peek() == Some(b':');
    if !split {
        return host_port(text);
    }
    let (host, None) = host_port(text.strip_suffix(':').unwrap_or(text))? else { return None };
    if !text.ends_with(':') {
        ahead.separator(b':')?;
    }
    ahead.space();
    let port = ahead.take(|byte| byte.is_ascii_digit())?;
    *lexer = ahead;
    Some((host, Some(std::str::from_utf8(port).ok()?.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn white_space_is_allowed_around_every_separator() {
        let via = Via::parse(
            b"SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ",
        )
        .unwrap();
        assert_eq!((via.transport, via.host, via.port), ("TCP", "spindle.example.com", None));
        assert_eq!(via.rfc3261_branch(), Some("z9hG4bK9ikj8"));
        let via = Via::parse(b"SIP/2.0/UDP first.example.com : 4000;ttl=16").unwrap();
        assert_eq!((via.host, via.port), ("first.example.com", Some(4000)));
    }

    #[test]
    fn received_is_read_with_and_without_brackets() {
        for received in ["[2001:db8::9:255]", "2001:db8::9:255"] {
            let text = format!("SIP/2.0/UDP [2001:db8::9:1];received={received};rport=99");
            let via = Via::parse(text.as_bytes()).unwrap();
            assert_eq!(via.host, "[2001:db8::9:1]");
            assert_eq!(via.response_address(), Some("[2001:db8::9:255]:99".parse().unwrap()));
        }
    }

    #[test]
    fn spoilt_parameters_leave_protocol_and_sender_readable() {
        let value = b"SIP/2.0/UDP 192.0.2.15;;";
        assert_eq!(Via::parse(value), None);
        assert_eq!(Via::parse_lenient(value).unwrap().host, "192.0.2.15");
        assert_eq!(Via::parse_lenient(b"@@@"), None);
        assert_eq!(Via::parse_lenient(b"SIP/2.0/UDP"), None);
    }

    #[test]
    fn a_bare_cookie_identifies_nothing() {
        let via = Via::parse(b"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK").unwrap();
        assert_eq!(via.branch(), Some("z9hG4bK"));
        assert_eq!(via.rfc3261_branch(), None);
    }
}
