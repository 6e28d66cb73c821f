//! RFC 4475 3.2 to 3.4: the messages that test what is above the parser, as far as the message
//! layer decides: what it must let through, and what the layers above need to read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{POLICY, code, dropped, good, refused};
use wire_sip::{Fault, Frame, HeaderName, Method, Received, StreamFramer, StreamLimits, receive};

macro_rules! dat {
    ($name:literal) => {
        include_bytes!(concat!("rfc4475/", $name, ".dat"))
    };
}

#[test]
fn badbranch_a_branch_of_the_cookie_alone_is_answered_400() {
    let (message, refusal) = refused(dat!("badbranch"));
    assert_eq!((refusal.code, refusal.fault), (400, Fault::EmptyBranch));
    assert_eq!(message.via().unwrap().rfc3261_branch(), None);
}

#[test]
fn insuf_missing_headers_are_answered_400_without_inventing_them() {
    let (message, refusal) = refused(dat!("insuf"));
    assert_eq!((refusal.code, refusal.fault), (400, Fault::Missing(HeaderName::CallId)));
    assert_eq!(refusal.reason, "Missing Call-ID");
    let answer = refusal.response(&message).to_tag("t").build();
    assert_eq!(answer.header(HeaderName::From), None);
    assert_eq!(answer.header(HeaderName::To), None);
    assert_eq!(answer.header(HeaderName::Via), message.header(HeaderName::Via));
}

#[test]
fn unkscm_an_unknown_scheme_is_answered_416() {
    assert_eq!(code(dat!("unkscm")), (416, Fault::UnknownScheme));
}

#[test]
fn novelsc_so_is_one_that_is_known_elsewhere() {
    assert_eq!(code(dat!("novelsc")), (416, Fault::UnknownScheme));
}

#[test]
fn unksm2_a_registration_for_no_sip_address_is_answered_400() {
    let (message, refusal) = refused(dat!("unksm2"));
    assert_eq!((refusal.code, refusal.fault), (400, Fault::Malformed(HeaderName::To)));
    assert_eq!(message.to().unwrap().uri, "isbn:2983792873");
    assert_eq!(message.from().unwrap().uri, "http://www.example.com");
    assert_eq!(message.contact().unwrap().uri, "name:John_Smith");
}

#[test]
fn bext01_required_extensions_that_nobody_has_are_answered_420_and_listed() {
    let (message, refusal) = refused(dat!("bext01"));
    assert_eq!((refusal.code, refusal.fault), (420, Fault::BadExtension));
    let answer = refusal.response(&message).build();
    let unsupported: Vec<_> = answer.list(HeaderName::Unsupported).collect();
    assert_eq!(unsupported, [b"nothingSupportsThis".as_slice(), b"nothingSupportsThisEither"]);
    assert_eq!(message.list(HeaderName::ProxyRequire).count(), 2);
}

#[test]
fn invut_an_unknown_content_type_is_readable_for_a_415() {
    let message = good(dat!("invut"));
    let content_type = message.content_type().unwrap();
    assert_eq!((content_type.kind, content_type.subtype), ("application", "unknownformat"));
    assert!(!content_type.is("application/sdp"));
    assert_eq!(message.body().len(), 40);
}

#[test]
fn regaut01_an_unknown_authorization_scheme_is_as_if_it_were_not_there() {
    let message = good(dat!("regaut01"));
    assert_eq!(message.credentials(HeaderName::Authorization).count(), 0);
    let raw = message.header(HeaderName::Authorization);
    assert_eq!(raw, Some(b"NoOneKnowsThisScheme opaque-data=here".as_slice()));
}

#[test]
fn multi01_headers_that_may_stand_once_and_stand_twice_are_answered_400() {
    let (message, refusal) = refused(dat!("multi01"));
    assert_eq!((refusal.code, refusal.fault), (400, Fault::Repeated(HeaderName::CallId)));
    for name in [HeaderName::CSeq, HeaderName::From, HeaderName::To, HeaderName::MaxForwards] {
        assert_eq!(message.header_lines(name).count(), 2, "{name}");
    }
}

#[test]
fn mcl01_two_content_lengths_are_answered_400_and_break_a_stream() {
    assert_eq!(code(dat!("mcl01")), (400, Fault::Repeated(HeaderName::ContentLength)));
    let mut framer = StreamFramer::new(StreamLimits::default());
    framer.push(dat!("mcl01"));
    let Some(Frame::Broken { message, fault }) = framer.pop() else { panic!() };
    assert_eq!(fault, Fault::Repeated(HeaderName::ContentLength));
    assert!(framer.is_broken());
    assert!(
        matches!(receive(message, &POLICY), Received::Answer(_, refusal) if refusal.code == 400)
    );
}

#[test]
fn bcast_a_response_that_is_for_someone_else_too_is_dropped() {
    assert_eq!(dropped(dat!("bcast")), Fault::TooManyVias);
}

#[test]
fn zeromf_max_forwards_of_zero_is_legal_and_readable() {
    assert_eq!(good(dat!("zeromf")).max_forwards(), Some(0));
}

#[test]
fn cparam01_a_parameter_outside_of_brackets_is_the_contacts() {
    let message = good(dat!("cparam01"));
    let contact = message.contact().unwrap();
    assert_eq!(contact.uri, "sip:+19725552222@gw1.example.net");
    assert!(contact.params.has("unknownparam"));
}

#[test]
fn cparam02_a_parameter_inside_of_brackets_is_the_uris() {
    let message = good(dat!("cparam02"));
    let contact = message.contact().unwrap();
    assert_eq!(contact.uri, "sip:+19725552222@gw1.example.net;unknownparam");
    assert!(!contact.params.has("unknownparam"));
}

#[test]
fn regescrt_a_contact_keeps_the_headers_of_its_uri() {
    let message = good(dat!("regescrt"));
    let contact = message.contact().unwrap();
    assert_eq!(contact.uri, "sip:user@example.com?Route=%3Csip:sip.example.com%3E");
    let uri = contact.uri();
    assert_eq!(uri.as_sip().unwrap().header("Route").unwrap(), "<sip:sip.example.com>");
}

#[test]
fn sdp01_an_accept_without_sdp_is_readable_for_a_406() {
    let message = good(dat!("sdp01"));
    assert!(!message.has_token(HeaderName::Accept, "application/sdp"));
    assert!(message.has_token(HeaderName::Accept, "text/nobodyKnowsThis"));
}

#[test]
fn inv2543_an_invite_of_rfc_2543_is_good() {
    let message = good(dat!("inv2543"));
    assert_eq!(message.method(), Some(&Method::Invite));
    assert_eq!((message.from_tag(), message.via().unwrap().branch()), (None, None));
    assert_eq!((message.max_forwards(), message.content_length()), (None, Ok(None)));
    assert!(message.body().starts_with(b"v=0\r\n") && message.body().ends_with(b"AVP 0\r\n"));
    let to = message.to().unwrap();
    assert_eq!(to.uri, "sip:+16505552222@ss1.example.net");
    assert_eq!(to.params.get("user"), Some("phone"));
}
