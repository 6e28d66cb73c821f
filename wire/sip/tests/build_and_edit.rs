//! Messages written and changed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use wire_sip::{HeaderName, Message, Method, Policy, Received, Request, Response, quote, receive};

const INVITE: &str = "INVITE sip:5001@example.com SIP/2.0\r\n\
    v: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport,\r\n\
    \x20SIP/2.0/TCP b.example.com;branch=z9hG4bKb\r\n\
    Max-Forwards: 70\r\n\
    f: \"A \u{f6}\" <sip:a@example.com>;tag=1\r\n\
    t:   <sip:5001@example.com>\r\n\
    i: abc@h\r\n\
    CSeq: 1 INVITE\r\n\
    Record-Route: <sip:p1;lr>\r\n\
    X-Odd:  kept,  as is \r\n\
    Record-Route: <sip:p2;lr>\r\n\
    Content-Type: text/plain\r\n\
    l: 2\r\n\r\nhi";

fn invite() -> Message {
    match receive(INVITE, &Policy::default()) {
        Received::Good(message) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_built_request_is_good_and_reads_back() {
    let built = Request::new(&Method::Invite, "sip:+18005551234@example.com;user=phone")
        .header(HeaderName::Via, "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx")
        .header(HeaderName::From, format!("{} <sip:a@h>;tag=t", quote("Ann \"A\" O'B")))
        .header(HeaderName::To, "<sip:+18005551234@example.com>")
        .header(HeaderName::CallId, "c@h")
        .header(HeaderName::CSeq, "7 INVITE")
        .header("X-Genesys-CallUUID", "00ABC")
        .body("application/sdp", "v=0\r\n")
        .build();
    let Received::Good(read) = receive(built.as_bytes(), &Policy::default()) else { panic!() };
    assert_eq!(read, built);
    assert_eq!(read.request_uri(), Some("sip:+18005551234@example.com;user=phone"));
    assert_eq!(read.from().unwrap().display_name().unwrap(), "Ann \"A\" O'B");
    assert_eq!(read.header("x-genesys-calluuid"), Some(b"00ABC".as_slice()));
    assert_eq!(read.body(), b"v=0\r\n");
    assert!(read.content_type().unwrap().is("application/sdp"));
}

#[test]
fn no_value_breaks_out_of_its_line() {
    let built = Request::new(&Method::Other("FOO\r\nEvil: 1".into()), "sip:a\r\nEvil: 2@h")
        .header(HeaderName::Subject, "x\r\nEvil: 3\n\nEvil: 4\0")
        .header("X\r\nEvil", "5")
        .header("", "6")
        .header(HeaderName::Other, "7")
        .body("text/plain\r\nEvil: 8", "")
        .build();
    assert_eq!(built.header("Evil"), None);
    assert_eq!(built.request_uri(), Some("sip:a%0D%0AEvil:%202@h"));
    assert_eq!(built.headers().count(), 4);
    let answer = Response::to(&invite(), 200, "OK\r\nEvil: 1").to_tag("x\r\nEvil: 2").build();
    assert_eq!(answer.header("Evil"), None);
    assert_eq!(answer.to_tag(), Some("xEvil2"));
}

#[test]
fn a_response_carries_over_what_rfc_3261_says() {
    let request = invite();
    let ok = Response::to(&request, 200, "")
        .to_tag("mine")
        .header(HeaderName::Contact, "<sip:me@10.0.0.2>")
        .build();
    let Received::Drop(fault) = receive(ok.as_bytes(), &Policy::default()) else { panic!() };
    assert_eq!(fault, wire_sip::Fault::TooManyVias, "the request had two Vias");
    assert_eq!((ok.status(), ok.reason_phrase().as_ref()), (Some(200), "OK"));
    assert_eq!(ok.header(HeaderName::Via), request.header(HeaderName::Via));
    assert_eq!(ok.header(HeaderName::From), request.header(HeaderName::From));
    assert_eq!(ok.header(HeaderName::To), Some(b"<sip:5001@example.com>;tag=mine".as_slice()));
    assert_eq!(ok.call_id(), "abc@h");
    assert_eq!(ok.cseq(), request.cseq());
    assert_eq!(ok.record_routes().unwrap().len(), 2);
    assert_eq!(Response::to(&request, 404, "").build().record_routes().unwrap().len(), 0);
    let mut in_dialog = request.edit().replace(HeaderName::To, "<sip:b@h>;tag=old");
    in_dialog = in_dialog.remove(HeaderName::RecordRoute);
    let ok = Response::to(&in_dialog.finish(), 200, "Fine, \u{e9}").to_tag("new").build();
    assert_eq!((ok.to_tag(), ok.reason_phrase().as_ref()), (Some("old"), "Fine, \u{e9}"));
}

#[test]
fn what_an_edit_does_not_name_stays_byte_for_byte() {
    let request = invite();
    assert_eq!(request.edit().finish().as_bytes(), INVITE.as_bytes());
    let edited = request
        .edit()
        .push_first(HeaderName::Via, "SIP/2.0/WS x.invalid;branch=z9hG4bKc")
        .replace(HeaderName::MaxForwards, "69")
        .remove("x-odd")
        .add(HeaderName::Reason, "SIP;cause=200")
        .request_uri("sip:5002@10.0.0.9")
        .finish();
    let expected = INVITE
        .replace("5001@example.com SIP", "5002@10.0.0.9 SIP")
        .replace("v: SIP", "Via: SIP/2.0/WS x.invalid;branch=z9hG4bKc\r\nv: SIP")
        .replace("Max-Forwards: 70", "Max-Forwards: 69")
        .replace("X-Odd:  kept,  as is \r\n", "")
        .replace("l: 2\r\n", "l: 2\r\nReason: SIP;cause=200\r\n");
    assert_eq!(text(&edited), expected);
}

#[test]
fn list_elements_are_taken_off_and_replaced_one_by_one() {
    let one = invite().edit().remove_first_value(HeaderName::Via).finish();
    assert_eq!(one.vias().map(|via| via.host.to_owned()).collect::<Vec<_>>(), ["b.example.com"]);
    let none = one.edit().remove_first_value(HeaderName::Via).finish();
    assert_eq!(none.header(HeaderName::Via), None);
    let routes = invite().edit().remove_first_value(HeaderName::RecordRoute).finish();
    assert_eq!(routes.record_routes().unwrap()[0].uri, "sip:p2;lr");
}

#[test]
fn the_source_is_stamped_into_the_top_via() {
    let stamped = invite().stamp_source("203.0.113.9:40000".parse().unwrap());
    let via = stamped.via().unwrap();
    assert_eq!(via.branch(), Some("z9hG4bKa"));
    assert_eq!(via.response_address(), Some("203.0.113.9:40000".parse().unwrap()));
    assert_eq!(stamped.vias().count(), 2);
    // The same address without rport needs nothing.
    let plain = invite().edit().replace(HeaderName::Via, "SIP/2.0/UDP 10.0.0.1;branch=z9").finish();
    assert_eq!(plain.stamp_source("10.0.0.1:5060".parse().unwrap()), plain);
    let spoofed = plain.edit().replace(HeaderName::Via, "SIP/2.0/UDP h;received=6.6.6.6").finish();
    let stamped = spoofed.stamp_source("[::ffff:10.0.0.7]:5060".parse().unwrap());
    assert_eq!(
        stamped.header(HeaderName::Via),
        Some(b"SIP/2.0/UDP h;received=10.0.0.7".as_slice())
    );
}

#[test]
fn a_new_body_brings_its_type_and_length() {
    let edited = invite().edit().body("application/sdp", "v=0\r\n").finish();
    assert_eq!((edited.body(), edited.content_length()), (b"v=0\r\n".as_slice(), Ok(Some(5))));
    assert!(edited.content_type().unwrap().is("application/sdp"));
    let bare = edited.edit().without_body().finish();
    assert_eq!((bare.body(), bare.content_length()), (b"".as_slice(), Ok(Some(0))));
    assert!(bare.content_type().is_none());
}

fn text(message: &Message) -> String {
    String::from_utf8(message.as_bytes().to_vec()).unwrap()
}
