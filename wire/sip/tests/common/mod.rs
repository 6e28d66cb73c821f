//! What the tests of whole messages share.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use wire_sip::{Fault, Message, Policy, Received, Refusal, receive};

/// Extensions that a peer may require in these tests.
pub const POLICY: Policy = Policy { extensions: &["100rel", "timer"] };

/// The message, which must be good.
#[track_caller]
pub fn good(bytes: &[u8]) -> Message {
    match receive(bytes, &POLICY) {
        Received::Good(message) => message,
        other => panic!("not good: {other:?}"),
    }
}

/// The refusal, which must come with an answer that a peer can take.
#[track_caller]
pub fn refused(bytes: &[u8]) -> (Message, Refusal) {
    match receive(bytes, &POLICY) {
        Received::Answer(message, refusal) => {
            let answer = refusal.response(&message).to_tag("x").build();
            assert_eq!(answer.status(), Some(refusal.code));
            assert_eq!(answer.list("Via").count(), message.list("Via").count());
            assert_eq!(answer.header("Call-ID"), message.header("Call-ID"));
            assert_eq!(answer.header("CSeq"), message.header("CSeq"));
            (message, refusal)
        }
        other => panic!("not answered: {other:?}"),
    }
}

/// The code and the fault of a refusal.
#[track_caller]
pub fn code(bytes: &[u8]) -> (u16, Fault) {
    let (_, refusal) = refused(bytes);
    (refusal.code, refusal.fault)
}

/// The fault of a dropped message.
#[track_caller]
pub fn dropped(bytes: &[u8]) -> Fault {
    match receive(bytes, &POLICY) {
        Received::Drop(fault) => fault,
        other => panic!("not dropped: {other:?}"),
    }
}

/// Text with its lines ended as SIP ends them.
pub fn lines(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}
