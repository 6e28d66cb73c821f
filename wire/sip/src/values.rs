//! Typed header values other than addresses and Via.

use std::borrow::Cow;

use crate::method::Method;
use crate::params::Params;
use crate::text::{Lexer, is_space, is_word_byte, number, sub, text, unquote};

/// CSeq (RFC 3261 20.16).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Below 2^31 (RFC 3261 8.1.1.5).
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    /// Reads `number method`.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value);
        let number = cseq_number(lexer.take(|byte| byte.is_ascii_digit())?)?;
        let method = method(&mut lexer)?;
        Some(Self { number, method })
    }
}

/// RAck (RFC 3262 7.2): the RSeq and the CSeq that a PRACK acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// The RSeq of the provisional response.
    pub rseq: u32,
    /// The CSeq of the provisional response.
    pub cseq: CSeq,
}

impl RAck {
    /// Reads `rseq cseq method`.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value);
        let rseq = u32::try_from(number(lexer.take(|byte| byte.is_ascii_digit())?)?).ok()?;
        lexer.take(is_space)?;
        let number = cseq_number(lexer.take(|byte| byte.is_ascii_digit())?)?;
        let method = method(&mut lexer)?;
        Some(Self { rseq, cseq: CSeq { number, method } })
    }
}

/// Session-Expires (RFC 4028 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// The interval in seconds.
    pub seconds: u32,
    /// Who refreshes, when said.
    pub refresher: Option<Refresher>,
}

/// Which side of a transaction refreshes a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 4028's own words")]
pub enum Refresher {
    Uac,
    Uas,
}

impl SessionExpires {
    /// Reads `seconds;refresher=uac`.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (seconds, params) = with_params(value)?;
        let seconds = u32::try_from(number(seconds)?).ok()?;
        let refresher = match params.get("refresher") {
            Some(side) if side.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            Some(side) if side.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            Some(_) | None => None,
        };
        Some(Self { seconds, refresher })
    }
}

/// A token with parameters: Event, Subscription-State, Reason's protocol, Content-Disposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenParams<'a> {
    /// The token as written.
    pub token: &'a str,
    /// What follows it.
    pub params: Params<'a>,
}

impl<'a> TokenParams<'a> {
    /// Reads `token;params`.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (token, params) = with_params(value)?;
        if !crate::text::is_token(token) {
            return None;
        }
        Some(Self { token: std::str::from_utf8(token).ok()?, params })
    }

    /// Whether the token is `word`, compared without case.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.token.eq_ignore_ascii_case(word)
    }
}

/// Reason (RFC 3326): why a request was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason<'a> {
    /// `SIP`, `Q.850` or another protocol, as written.
    pub protocol: &'a str,
    /// The cause code in that protocol.
    pub cause: Option<u16>,
    /// The text for people.
    pub text: Option<Cow<'a, str>>,
}

impl<'a> Reason<'a> {
    /// Reads one value.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let TokenParams { token, params } = TokenParams::parse(value)?;
        let cause = params.get("cause").and_then(|cause| cause.parse().ok());
        Some(Self { protocol: token, cause, text: params.unquoted("text") })
    }
}

/// Replaces (RFC 3891) and Join (RFC 3911): a dialog named by its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces<'a> {
    /// The Call-ID.
    pub call_id: &'a str,
    /// The tag of the side that receives the request.
    pub to_tag: &'a str,
    /// The tag of the other side.
    pub from_tag: &'a str,
    /// Only an early dialog may be replaced.
    pub early_only: bool,
}

impl<'a> Replaces<'a> {
    /// Reads the value of the header, or of the decoded header in a Refer-To URI.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (call_id, params) = with_params(value)?;
        let call_id = call_id_text(call_id)?;
        let (to_tag, from_tag) = (params.get("to-tag")?, params.get("from-tag")?);
        Some(Self { call_id, to_tag, from_tag, early_only: params.has("early-only") })
    }
}

/// Warning (RFC 3261 20.43).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning<'a> {
    /// Three digits.
    pub code: u16,
    /// Who warns.
    pub agent: Cow<'a, str>,
    /// The text for people.
    pub text: Cow<'a, str>,
}

impl<'a> Warning<'a> {
    /// Reads one value.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value);
        let code = lexer.take(|byte| byte.is_ascii_digit()).filter(|code| code.len() == 3)?;
        let code = u16::try_from(number(code)?).ok()?;
        lexer.space();
        let agent = text(lexer.take(|byte| !is_space(byte))?);
        lexer.space();
        let words = match unquote(lexer.quoted()?) {
            Cow::Borrowed(bytes) => text(bytes),
            Cow::Owned(bytes) => Cow::Owned(text(&bytes).into_owned()),
        };
        Some(Self { code, agent, text: words })
    }
}

/// Content-Type (RFC 3261 20.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    /// `application`.
    pub kind: &'a str,
    /// `sdp`.
    pub subtype: &'a str,
    /// `charset`, `boundary` and others.
    pub params: Params<'a>,
}

impl<'a> MediaType<'a> {
    /// Reads `type/subtype;params`.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value.trim_ascii());
        let kind = lexer.token()?;
        lexer.separator(b'/')?;
        let subtype = lexer.token()?;
        Some(Self { kind, subtype, params: Params::parse(lexer.rest)? })
    }

    /// Whether this is `type/subtype`, without regard to case and parameters.
    #[must_use]
    pub fn is(&self, essence: &str) -> bool {
        essence.split_once('/').is_some_and(|(kind, subtype)| {
            self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
        })
    }
}

/// Retry-After in seconds, with its parameters left out; saturates.
pub(crate) fn retry_after(value: &[u8]) -> Option<u32> {
    let digits = Lexer::new(value).take(|byte| byte.is_ascii_digit())?;
    Some(u32::try_from(number(digits)?).unwrap_or(u32::MAX))
}

/// Expires in seconds. RFC 4475 3.1.2.4: a value beyond 2^32-1 counts as the default.
pub(crate) fn expires(value: &[u8]) -> Option<u32> {
    Some(u32::try_from(number(value)?).unwrap_or(EXPIRES_DEFAULT_S))
}

/// RFC 3261 10.2: what an expiry is when it isn't said.
pub const EXPIRES_DEFAULT_S: u32 = 3600;

/// `word [ "@" word ]`.
pub(crate) fn call_id_text(value: &[u8]) -> Option<&str> {
    let mut words = value.splitn(2, |byte| *byte == b'@');
    words
        .all(|word| !word.is_empty() && word.iter().all(|byte| is_word_byte(*byte)))
        .then(|| std::str::from_utf8(value).ok())?
}

fn with_params(value: &[u8]) -> Option<(&[u8], Params<'_>)> {
    let value = value.trim_ascii();
    let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
    let params = Params::parse(crate::text::after(value, end))?;
    Some((sub(value, 0, end).trim_ascii_end(), params))
}

fn cseq_number(digits: &[u8]) -> Option<u32> {
    u32::try_from(number(digits)?).ok().filter(|number| *number < 1 << 31)
}

fn method(lexer: &mut Lexer<'_>) -> Option<Method> {
    lexer.take(is_space)?;
    let method = Method::parse(lexer.token()?.as_bytes())?;
    lexer.space();
    lexer.is_empty().then_some(method)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn cseq_is_read_with_zeros_and_folds_and_refused_from_2_to_the_31() {
        let cseq = CSeq::parse(b"0009\r\n  INVITE").unwrap();
        assert_eq!(cseq, CSeq { number: 9, method: Method::Invite });
        assert_eq!(CSeq::parse(b"2147483647 BYE").unwrap().number, 2_147_483_647);
        for value in ["2147483648 BYE", "36893488147419103232 REGISTER", "-1 BYE", "1", "1 A B"] {
            assert_eq!(CSeq::parse(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn rack_names_a_provisional_response() {
        let rack = RAck::parse(b"776656 1 INVITE").unwrap();
        assert_eq!((rack.rseq, rack.cseq.number), (776_656, 1));
    }

    #[test]
    fn session_timers_are_read() {
        let value = SessionExpires::parse(b"1800;refresher=UAC").unwrap();
        assert_eq!(value, SessionExpires { seconds: 1800, refresher: Some(Refresher::Uac) });
        assert_eq!(SessionExpires::parse(b"x"), None);
    }

    #[test]
    fn a_reason_with_cause_and_text_is_read() {
        let reason = Reason::parse(b"SIP ;cause=200 ;text=\"Call completed; elsewhere\"").unwrap();
        assert_eq!((reason.protocol, reason.cause), ("SIP", Some(200)));
        assert_eq!(reason.text.unwrap(), "Call completed; elsewhere");
    }

    #[test]
    fn replaces_names_a_dialog() {
        let replaces = Replaces::parse(b"98732@sip.example.com;from-tag=r33;to-tag=5").unwrap();
        assert_eq!(replaces.call_id, "98732@sip.example.com");
        assert_eq!((replaces.to_tag, replaces.from_tag), ("5", "r33"));
        assert_eq!(Replaces::parse(b"98732;to-tag=5"), None);
    }

    #[test]
    fn a_warning_has_three_digits() {
        let warning = Warning::parse(b"370 devnull \"Choose a \\\"bigger\\\" pipe\"").unwrap();
        assert_eq!((warning.code, warning.text.as_ref()), (370, "Choose a \"bigger\" pipe"));
        assert_eq!(Warning::parse(b"1812 overture \"In Progress\""), None);
    }

    #[test]
    fn overlong_expiries_count_as_the_default() {
        assert_eq!(expires(b"280297596632815"), Some(3600));
        assert_eq!(expires(b"0"), Some(0));
        assert_eq!(retry_after(b"949302838503028349304023988"), Some(u32::MAX));
        assert_eq!(retry_after(b"18000;duration=3600"), Some(18_000));
    }
}
