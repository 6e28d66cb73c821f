//! Damaged and made-up messages: nothing panics, nothing reads past what is there, and what is
//! called good can be read, answered, changed and read again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::POLICY;
use proptest::prelude::*;
use wire_sip::{
    Contacts, Fault, Frame, HeaderName, Message, Method, Received, Request, Response, StreamFramer,
    StreamLimits, Uri, receive,
};

/// xorshift64*: enough to choose bytes, and the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rfc4475");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut seeds: Vec<_> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert_eq!(seeds.len(), 49);
    seeds.push(
        b"REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK7;rport\r\n\
        To: <sip:5001@h>\r\nFrom: \"A, \\\"b\" <sip:5001@h>;tag=m\r\nCall-ID: c@h\r\n\
        CSeq: 1 REGISTER\r\n\
        Contact: <sip:8@x.invalid;transport=ws>;+sip.instance=\"<urn:uuid:8f1c>\";q=0.5, *\r\n\
        Authorization: Digest username=\"5001\", realm=\"r\", nonce=\"n\", uri=\"sip:h\", \
        response=\"00\", algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"c\"\r\n\
        Reason: SIP;cause=200;text=\"x\"\r\nReplaces: a;to-tag=b;from-tag=c\r\nRAck: 1 2 INVITE\r\n\
        Session-Expires: 90;refresher=uas\r\nMin-SE: 90\r\nRSeq: 5\r\nEvent: talk;id=1\r\n\
        Refer-To: <sip:b@[2001:db8::1]:5070?Replaces=x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n\
        P-Asserted-Identity: <tel:+1-201;phone-context=x>\r\n\
        Warning: 399 h \"w\"\r\n\r\n"
            .to_vec(),
    );
    seeds
}

const PIECES: [&[u8]; 20] = [
    b"\r\n",
    b"\r",
    b"\n ",
    b"\0",
    b"\"",
    b"\\",
    b"<",
    b">",
    b";",
    b",",
    b":",
    b"@",
    b"%0d",
    b"=",
    b"[",
    b"]",
    b"Content-Length: 9\r\n",
    b"99999999999999999999",
    b"\xff",
    b"?",
];

fn mutate(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len());
        let end = (at + numbers.below(12)).min(bytes.len());
        match numbers.below(6) {
            0 => bytes[at] = numbers.below(256) as u8,
            1 => bytes[at] ^= 1 << numbers.below(8),
            2 => drop(bytes.splice(at..at, PIECES[numbers.below(PIECES.len())].iter().copied())),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => bytes.truncate(at),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// Reads everything that can be read.
fn read_all(message: &Message) {
    let _ = (message.via(), message.from(), message.to(), message.cseq(), message.call_id());
    let _ = (message.contacts(), message.contact(), message.routes(), message.record_routes());
    let _ = (message.max_forwards(), message.content_length(), message.content_type());
    let _ = (message.expires(), message.min_expires(), message.retry_after(), message.rseq());
    let _ = (message.rack(), message.session_expires(), message.min_se(), message.event());
    let _ = (message.subscription_state(), message.replaces(), message.date(), message.uri());
    let _ = (message.reasons().count(), message.warnings().count(), message.asserted_identities());
    let _ = (
        message.refer_to().map(|to| to.uri().user().map(|user| user.len())),
        message.reason_phrase(),
    );
    for via in message.vias() {
        let _ = (via.response_address(), via.rfc3261_branch(), via.wants_rport());
    }
    for name in [HeaderName::Authorization, HeaderName::ProxyAuthorization] {
        for credentials in message.credentials(name) {
            let _ = wire_sip::digest::verify(&credentials, "00", "INVITE", message.body());
        }
        let _ = message.challenges(name).count();
    }
    if let Ok(Contacts::List(contacts)) = message.contacts() {
        for contact in contacts {
            let _ = (contact.display_name(), contact.q_thousandths(), contact.expires());
            if let Uri::Sip(uri) = contact.uri() {
                let _ = (uri.header("Replaces"), uri.address(), uri.is_same(&uri));
            }
        }
    }
}

fn check_good(message: &Message) {
    assert!(!message.call_id().is_empty() && message.cseq().is_some());
    assert!(message.via().is_ok() && message.from().is_ok() && message.to().is_ok());
    let again = Message::parse(message.as_bytes()).map(|again| again == *message);
    assert_eq!(again, Ok(true));
    if message.is_request() {
        let answer = Response::to(message, 486, "").to_tag("mine").build();
        assert!(matches!(
            receive(answer.as_bytes(), &POLICY),
            Received::Good(_) | Received::Drop(Fault::TooManyVias)
        ));
        assert!(answer.to_tag().is_some());
        let stamped = message.stamp_source("192.0.2.77:7777".parse().unwrap());
        let is_stamped = stamped.via().unwrap().received() == Some("192.0.2.77".parse().unwrap());
        assert!(is_stamped || message.via().unwrap().host == "192.0.2.77");
    }
    let edited = message.edit().add("X-Test", "1").remove("X-Test").finish();
    let same = edited.headers().map(|header| header.value).eq(message.headers().map(|h| h.value));
    assert!(same && edited.body() == message.body());
}

#[test]
fn a_hundred_thousand_damaged_messages_do_no_harm() {
    let seeds = seeds();
    let mut numbers = Numbers(0x5eed_0001);
    let mut outcomes = [0_usize; 3];
    for round in 0..100_000 {
        let bytes = mutate(&seeds[round % seeds.len()], &mut numbers);
        match receive(bytes.as_slice(), &POLICY) {
            Received::Good(message) => {
                outcomes[0] += 1;
                read_all(&message);
                check_good(&message);
            }
            Received::Answer(message, refusal) => {
                outcomes[1] += 1;
                read_all(&message);
                let answer = refusal.response(&message).to_tag("x").build();
                assert_eq!(answer.status(), Some(refusal.code));
            }
            Received::Drop(_) => outcomes[2] += 1,
        }
    }
    // The damage is not so great that only one way out is tried.
    assert!(outcomes.iter().all(|count| *count > 5_000), "{outcomes:?}");
}

#[test]
fn damaged_streams_do_no_harm() {
    let seeds = seeds();
    let mut numbers = Numbers(0x5eed_0002);
    for round in 0..20_000 {
        let limits = StreamLimits { head_bytes_max: 4_000, body_bytes_max: 4_000 };
        let mut framer = StreamFramer::new(limits);
        let stream: Vec<u8> = (0..2)
            .flat_map(|at| mutate(&seeds[(round + at) % seeds.len()], &mut numbers))
            .collect();
        let mut taken = 0;
        for segment in stream.chunks(1 + numbers.below(700)) {
            framer.push(segment);
            while let Some(frame) = framer.pop() {
                if let Frame::Message(bytes) = frame {
                    taken += bytes.len();
                    let _ = receive(bytes, &POLICY);
                }
            }
        }
        assert!(taken <= stream.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn bytes_of_any_kind_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Received::Good(message) = receive(bytes, &POLICY) {
            read_all(&message);
        }
    }

    #[test]
    fn what_is_built_reads_back(
        user in "[a-zA-Z0-9+*._-]{1,20}",
        display in "\\PC{0,30}",
        tag in "[a-zA-Z0-9]{1,16}",
        number in 0_u32..0x7fff_ffff,
        private in proptest::collection::vec(any::<u8>(), 0..40),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let uri = format!("sip:{user}@example.com");
        let built = Request::new(&Method::Invite, &uri)
            .header("Via", "SIP/2.0/UDP h;branch=z9hG4bKx")
            .header("From", format!("{} <{uri}>;tag={tag}", wire_sip::quote(&display)))
            .header("To", format!("<{uri}>"))
            .header("Call-ID", &tag)
            .header("CSeq", format!("{number} INVITE"))
            .header("X-Private", &private)
            .body("application/octet-stream", body.clone())
            .build();
        let Received::Good(read) = receive(built.as_bytes(), &POLICY) else {
            return Err(TestCaseError::fail(format!("{built:?}")));
        };
        prop_assert_eq!(read.request_uri(), Some(uri.as_str()));
        prop_assert_eq!(read.from_tag(), Some(tag.as_str()));
        prop_assert_eq!(read.cseq().unwrap().number, number);
        prop_assert_eq!(read.body(), body.as_slice());
        prop_assert_eq!(read.headers().count(), 8);
        let name = read.from().unwrap().display_name().map(|name| name.into_owned());
        let is_blank = display.trim().is_empty();
        prop_assert_eq!(name, (!is_blank).then_some(display));
    }

    #[test]
    fn escaping_a_user_and_reading_it_are_inverse(user in "[ -~]{1,30}") {
        let escaped = wire_sip::escape_user(&user).into_owned();
        let text = format!("sip:{escaped}@h");
        let uri = Uri::parse(&text);
        prop_assert!(uri.is_some(), "{}", text);
        let raw = uri.unwrap().as_sip().unwrap().user.unwrap();
        prop_assert_eq!(wire_sip::unescape(raw).into_owned(), user);
    }
}
