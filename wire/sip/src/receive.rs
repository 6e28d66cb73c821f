//! What a peer sent, judged: good, to be answered with a code, or dropped.
//!
//! One function, and one table ([`Fault::treatment`]). Only what the message layer can know is
//! judged here. 405, 481, 482, 483 and the like need state and are decided above.

use crate::address::NameAddr;
use crate::build::{Builder, Response};
use crate::fault::{Fault, Treatment};
use crate::message::Message;
use crate::method::Method;
use crate::name::HeaderName;
use crate::uri::Uri;
use crate::via::Via;

/// What becomes of a received message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Well formed: Via, From, To, Call-ID and CSeq are there, once, and readable.
    Good(Message),
    /// A request to refuse statelessly; [`Refusal::response`] writes the answer.
    Answer(Message, Refusal),
    /// Say nothing; count the fault.
    Drop(Fault),
}

/// Why and how a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong with it.
    pub fault: Fault,
    /// The status code.
    pub code: u16,
    /// The reason phrase.
    pub reason: String,
    /// A header that the answer must carry, e.g. Unsupported.
    pub header: Option<(HeaderName, String)>,
}

impl Refusal {
    /// The answer. Headers that the request lacks are left out of it.
    #[must_use]
    pub fn response(&self, request: &Message) -> Builder {
        let response = Response::to(request, self.code, &self.reason);
        match &self.header {
            Some((name, value)) => response.header(*name, value),
            None => response,
        }
    }
}

/// What the owner of this end understands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// The option tags that a peer may `Require`.
    pub extensions: &'static [&'static str],
}

/// Judges one datagram, one WebSocket message, or one message cut from a stream by
/// [`crate::StreamFramer`]. What lies behind the body is cut off.
#[must_use]
pub fn receive(bytes: impl Into<Vec<u8>>, policy: &Policy) -> Received {
    let (message, form) = match Message::index(bytes.into()) {
        Ok(indexed) => indexed,
        Err(fault) => return Received::Drop(fault),
    };
    let length = message.content_length().ok().flatten();
    let message = match length {
        Some(length) => message.truncate_body(length),
        None => message,
    };
    let fault = if message.is_request() {
        request_fault(&message, form, policy)
    } else {
        form.or_else(|| response_fault(&message)).or_else(|| common_fault(&message))
    };
    let Some(fault) = fault else { return Received::Good(message) };
    let is_answered = message.method().is_some_and(|method| *method != Method::Ack);
    match fault.treatment() {
        Treatment::Answer(code) if is_answered => {
            let header = (fault == Fault::BadExtension).then(|| {
                (HeaderName::Unsupported, message.unsupported(policy.extensions).join(", "))
            });
            let reason = fault.reason().into_owned();
            Received::Answer(message, Refusal { fault, code, reason, header })
        }
        Treatment::Answer(_) | Treatment::Drop => Received::Drop(fault),
    }
}

/// A request's first fault. The way back comes first: without it nothing can be answered.
fn request_fault(message: &Message, form: Option<Fault>, policy: &Policy) -> Option<Fault> {
    let Some(top) = message.list(HeaderName::Via).next() else { return Some(Fault::UnreadableVia) };
    let Some(via) = Via::parse_lenient(top) else { return Some(Fault::UnreadableVia) };
    form.filter(|fault| *fault != Fault::UnknownScheme)
        .or_else(|| common_fault(message))
        .or_else(|| {
            let cookie_alone = via
                .branch()
                .is_some_and(|branch| branch.eq_ignore_ascii_case(crate::via::BRANCH_COOKIE));
            cookie_alone.then_some(Fault::EmptyBranch)
        })
        .or_else(|| cseq_fault(message))
        .or_else(|| contact_fault(message))
        .or(form)
        .or_else(|| {
            // RFC 3261 8.2.2.3: Require in ACK and CANCEL is not looked at.
            let is_exempt = matches!(message.method(), Some(Method::Ack | Method::Cancel));
            (!is_exempt
                && message.header(HeaderName::Require).is_some()
                && !message.unsupported(policy.extensions).is_empty())
            .then_some(Fault::BadExtension)
        })
}

fn response_fault(message: &Message) -> Option<Fault> {
    match message.list(HeaderName::Via).count() {
        0 => Some(Fault::UnreadableVia),
        1 => None,
        _ => Some(Fault::TooManyVias),
    }
}

/// Faults of headers that requests and responses share.
fn common_fault(message: &Message) -> Option<Fault> {
    for name in SINGLE {
        if message.spans(name).nth(1).is_some() {
            return Some(Fault::Repeated(name));
        }
    }
    for name in NEEDED {
        if message.header(name).is_none() {
            return Some(Fault::Missing(name));
        }
    }
    if message.list(HeaderName::Via).any(|via| Via::parse(via).is_none()) {
        return Some(Fault::Malformed(HeaderName::Via));
    }
    for name in [HeaderName::From, HeaderName::To] {
        if message.header(name).and_then(NameAddr::parse).is_none() {
            return Some(Fault::Malformed(name));
        }
    }
    if message.call_id().is_empty() {
        return Some(Fault::Malformed(HeaderName::CallId));
    }
    if message.cseq().is_none() {
        return Some(Fault::Malformed(HeaderName::CSeq));
    }
    match message.content_length() {
        Err(fault) => Some(fault),
        Ok(Some(length)) if length > message.body().len() => Some(Fault::BodyCut),
        Ok(_) => None,
    }
}

fn cseq_fault(message: &Message) -> Option<Fault> {
    let (cseq, method) = (message.cseq()?, message.method()?);
    if cseq.method == *method {
        None
    } else if method.is_known() {
        Some(Fault::CSeqMismatch)
    } else {
        Some(Fault::CSeqMismatchUnknownMethod)
    }
}

/// The addresses that a dialog or a registration is made of.
fn contact_fault(message: &Message) -> Option<Fault> {
    // `Contact: *` stands alone (RFC 3261 20.10).
    let mut contacts = message.list(HeaderName::Contact);
    let is_star = contacts.next() == Some(b"*") && contacts.next().is_none();
    let is_malformed = |name| {
        !(name == HeaderName::Contact && is_star)
            && message.list(name).any(|value| NameAddr::parse(value).is_none())
    };
    for name in [HeaderName::Contact, HeaderName::Route, HeaderName::RecordRoute] {
        if is_malformed(name) {
            return Some(Fault::Malformed(name));
        }
    }
    if message.method() != Some(&Method::Register) {
        return None;
    }
    // RFC 3261 10.2: the address-of-record in To is a SIP or SIPS URI.
    match message.to().map(|to| to.uri()) {
        Ok(Uri::Sip(_)) => None,
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => Some(Fault::Malformed(HeaderName::To)),
    }
}

/// Headers that may stand once and whose repetition makes the message ambiguous.
const SINGLE: [HeaderName; 7] = [
    HeaderName::CallId,
    HeaderName::ContentLength,
    HeaderName::ContentType,
    HeaderName::CSeq,
    HeaderName::From,
    HeaderName::MaxForwards,
    HeaderName::To,
];

/// Headers without which no transaction can be named. Max-Forwards is not among them: RFC 2543
/// peers don't send it.
const NEEDED: [HeaderName; 4] =
    [HeaderName::CallId, HeaderName::CSeq, HeaderName::From, HeaderName::To];
