//! Any bytes as a datagram and as a stream: no panic, and what is called good can be answered,
//! changed and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_sip::{
    Contacts, Fault, Frame, HeaderName, Message, Policy, Received, Response, StreamFramer,
    StreamLimits, receive,
};

fuzz_target!(|bytes: &[u8]| {
    datagram(bytes);
    stream(bytes);
});

fn datagram(bytes: &[u8]) {
    match receive(bytes, &POLICY) {
        Received::Good(message) => {
            read(&message);
            assert_eq!(Message::parse(message.as_bytes()).as_ref(), Ok(&message));
            if message.is_request() {
                let answer = Response::to(&message, 200, "").to_tag("t").build();
                let again = receive(answer.as_bytes(), &POLICY);
                assert!(matches!(again, Received::Good(_) | Received::Drop(Fault::TooManyVias)));
            }
        }
        Received::Answer(message, refusal) => {
            read(&message);
            assert_eq!(refusal.response(&message).build().status(), Some(refusal.code));
        }
        Received::Drop(_) => {}
    }
}

fn read(message: &Message) {
    let _ = (message.via(), message.from(), message.to(), message.uri(), message.date());
    let _ = (message.replaces(), message.event(), message.session_expires(), message.rack());
    let _ = (message.reasons().count(), message.warnings().count(), message.content_type());
    for name in [HeaderName::Authorization, HeaderName::ProxyAuthorization] {
        for credentials in message.credentials(name) {
            let _ = wire_sip::digest::verify(&credentials, "00", "INVITE", message.body());
        }
    }
    if let Ok(Contacts::List(contacts)) = message.contacts() {
        for contact in contacts {
            let _ = (contact.display_name(), contact.uri().user().map(|user| user.len()));
        }
    }
}

fn stream(bytes: &[u8]) {
    let mut framer = StreamFramer::new(StreamLimits::default());
    let mut taken = 0;
    for segment in bytes.chunks(7) {
        framer.push(segment);
        while let Some(frame) = framer.pop() {
            if let Frame::Message(message) = frame {
                taken += message.len();
            }
        }
    }
    assert!(taken <= bytes.len());
}

const POLICY: Policy = Policy { extensions: &["100rel", "timer"] };
