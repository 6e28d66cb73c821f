//! RFC 4475 3.1: the messages that test a parser. Names in the file are the RFC's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{code, dropped, good, refused};
use wire_sip::{Contacts, Fault, HeaderName, Message, Method, Uri};

macro_rules! dat {
    ($name:literal) => {
        include_bytes!(concat!("rfc4475/", $name, ".dat"))
    };
}

fn hosts(message: &Message) -> Vec<String> {
    message.vias().map(|via| format!("{} {}", via.transport, via.host)).collect()
}

#[test]
fn wsinv_a_short_tortuous_invite_is_read_through_folds_and_spaces() {
    let message = good(dat!("wsinv"));
    assert_eq!(message.method(), Some(&Method::Invite));
    let uri = message.uri().unwrap();
    assert!(uri.as_sip().unwrap().params.has("unknownparam"));
    assert_eq!(message.to_tag(), Some("1918181833n"));
    let from = message.from().unwrap();
    assert_eq!(from.display_name().unwrap(), "J Rosenberg \\\"");
    assert_eq!(from.tag(), Some("98asjd8"));
    assert_eq!(message.max_forwards(), Some(68));
    assert_eq!(message.cseq().unwrap().number, 9);
    let vias = ["UDP 192.0.2.2", "TCP spindle.example.com", "UDP 192.168.255.111"];
    assert_eq!(hosts(&message), vias);
    assert_eq!(message.via().unwrap().branch(), Some("390skdjuw"));
    assert_eq!(message.vias().last().unwrap().branch(), Some("z9hG4bK30239"));
    assert_eq!(message.header(HeaderName::Subject), Some(b"".as_slice()));
    assert_eq!(message.header("UnknownHeaderWithUnusualValue"), Some(b";;,,;;,;".as_slice()));
    let contact = message.contact().unwrap();
    assert_eq!(contact.display_name().unwrap(), "Quoted string \"\"");
    assert_eq!(contact.params.get("newparam"), Some("newvalue"));
    assert_eq!(contact.q_thousandths(), 330);
    assert_eq!(message.routes().unwrap()[0].uri().host(), Some("services.example.com"));
    assert_eq!(message.body().len(), 150);
}

#[test]
fn intmeth_a_wide_range_of_characters_is_kept() {
    let message = good(dat!("intmeth"));
    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    assert_eq!(message.method(), Some(&Method::Other(method.into())));
    assert_eq!(message.cseq().unwrap().method.as_str(), method);
    let uri = message.uri().unwrap();
    let uri = uri.as_sip().unwrap();
    assert_eq!(uri.user, Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"));
    assert_eq!(uri.password, Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
    assert_eq!(message.via().unwrap().branch(), Some("z9hG4bK-.!%66*_+`'~"));
    let to = message.to().unwrap();
    assert_eq!(to.display_name().unwrap(), "BEL:\x07 NUL:\0 DEL:\x7f");
    let from = message.from().unwrap();
    assert_eq!(from.display, b"token1~` token2'+_ token3*%!.-");
    assert_eq!(from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(from.params.unquoted("fromParam''~+*_!.-%").unwrap(), "работающий");
    assert_eq!(message.call_id(), "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
    assert_eq!(message.max_forwards(), Some(255));
    assert_eq!(message.header_text("extensionHeader-!.%*+_`'~").unwrap(), "\u{feff}大停電");
}

#[test]
fn esc01_percent_coding_is_decoded_once_and_only_for_reading() {
    let message = good(dat!("esc01"));
    assert_eq!(message.request_uri(), Some("sip:sips%3Auser%40example.com@example.net"));
    assert_eq!(message.uri().unwrap().user().unwrap(), "sips:user@example.com");
    assert_eq!(message.to().unwrap().uri().user().unwrap(), "user");
    assert_eq!(message.from().unwrap().uri().user().unwrap(), "I have spaces");
    let contact = message.contact().unwrap().uri();
    let params = contact.as_sip().unwrap().params;
    assert!(params.has("lr"));
    assert_eq!(wire_sip::unescape(params.get("name").unwrap()), "value%41");
}

#[test]
fn escnull_a_coded_nul_does_not_shorten_a_name() {
    let message = good(dat!("escnull"));
    assert_eq!(message.to().unwrap().uri().user().unwrap(), "null-%00-null");
    let Contacts::List(contacts) = message.contacts().unwrap() else { panic!() };
    let [first, second] = &contacts[..] else { panic!() };
    let (first, second) = (first.uri(), second.uri());
    assert!(!first.as_sip().unwrap().is_same(second.as_sip().unwrap()), "two bindings");
}

#[test]
fn esc02_a_percent_sign_outside_of_uris_is_just_that() {
    let message = good(dat!("esc02"));
    assert_eq!(message.method(), Some(&Method::Other("RE%47IST%45R".into())));
    assert_eq!(message.to().unwrap().display_name().unwrap(), "%Z%45");
    let Contacts::List(contacts) = message.contacts().unwrap() else { panic!() };
    let uris: Vec<_> = contacts.iter().map(|contact| contact.uri).collect();
    assert_eq!(uris, ["sip:alias1@host1.example.com", "sip:alias3@host3.example.com"]);
    assert!(message.header("C%6Fntact").is_some());
}

#[test]
fn lwsdisp_a_display_name_may_touch_its_bracket() {
    let message = good(dat!("lwsdisp"));
    let from = message.from().unwrap();
    assert_eq!(
        (from.display_name().unwrap().as_ref(), from.uri),
        ("caller", "sip:caller@example.com")
    );
    assert_eq!(from.tag(), Some("323"));
}

#[test]
fn longreq_long_values_and_many_vias_are_read() {
    let message = good(dat!("longreq"));
    assert_eq!(message.vias().count(), 34);
    assert_eq!(message.via().unwrap().host, "sip33.example.com");
    let last = message.vias().last().unwrap();
    assert_eq!(last.received(), Some("192.0.2.5".parse().unwrap()));
    assert_eq!(
        last.branch().unwrap().len(),
        "very".len() + 50 * "long".len() + "branchvalue".len()
    );
    let to = message.to().unwrap();
    assert_eq!(to.uri().as_sip().unwrap().port, Some(6000));
    let long = format!("longparam{}", "name".repeat(25));
    assert_eq!(to.uri().as_sip().unwrap().params.get(&long), Some("shortvalue"));
    assert!(message.from_tag().unwrap().starts_with("12982982982"));
    assert!(message.call_id().starts_with("longreq.onereally"));
    assert_eq!(message.body().len(), 150);
}

#[test]
fn dblreq_what_follows_the_body_in_a_datagram_is_ignored() {
    let message = good(dat!("dblreq"));
    assert_eq!(message.method(), Some(&Method::Register));
    assert!(message.as_bytes().ends_with(b"Content-Length: 0\r\n\r\n"));
    assert_eq!(message.call_id(), "dblreq.0ha0isndaksdj99sdfafnl3lk233412");
}

#[test]
fn semiuri_a_user_part_may_hold_a_semicolon() {
    let message = good(dat!("semiuri"));
    let uri = message.uri().unwrap();
    let uri = uri.as_sip().unwrap();
    assert_eq!((uri.user, uri.host), (Some("user;par=u%40example.net"), "example.com"));
    assert_eq!(uri.params.iter().count(), 0);
    assert!(message.has_token(HeaderName::Accept, "message/sipfrag"));
}

#[test]
fn transports_unknown_transports_are_read() {
    let message = good(dat!("transports"));
    let read: Vec<_> = message.vias().map(|via| via.transport).collect();
    assert_eq!(read, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
}

#[test]
fn mpart01_a_binary_body_is_kept_whole() {
    let message = good(dat!("mpart01"));
    let content_type = message.content_type().unwrap();
    assert!(content_type.is("multipart/mixed"));
    assert_eq!(content_type.params.get("boundary"), Some("7a9cbec02ceef655"));
    assert_eq!(message.body().len(), 553);
    assert!(message.body().ends_with(b"--7a9cbec02ceef655--\r\n"));
    assert_eq!(message.date().unwrap().to_string(), "Sat, 15 Oct 2005 04:44:56 GMT");
    assert!(message.via().unwrap().wants_rport());
}

#[test]
fn unreason_a_reason_phrase_in_utf_8_is_kept() {
    let message = good(dat!("unreason"));
    assert_eq!(message.status(), Some(200));
    let phrase = "= 2**3 * 5**2 но сто девяносто девять - простое";
    assert_eq!(message.reason_phrase(), phrase);
}

#[test]
fn noreason_an_empty_reason_phrase_is_fine() {
    let message = good(dat!("noreason"));
    assert_eq!((message.status(), message.reason_phrase().as_ref()), (Some(100), ""));
}

#[test]
fn badinv01_extra_separators_are_answered_400() {
    let (message, refusal) = refused(dat!("badinv01"));
    assert_eq!((refusal.code, refusal.fault), (400, Fault::Malformed(HeaderName::Via)));
    assert_eq!(refusal.reason, "Malformed Via");
    assert_eq!(message.via(), Err(Fault::Malformed(HeaderName::Via)));
    assert_eq!(message.contacts(), Err(Fault::Malformed(HeaderName::Contact)));
}

#[test]
fn clerr_a_content_length_beyond_the_datagram_is_answered_400() {
    assert_eq!(code(dat!("clerr")), (400, Fault::BodyCut));
}

#[test]
fn ncl_a_negative_content_length_is_answered_400() {
    assert_eq!(code(dat!("ncl")), (400, Fault::Malformed(HeaderName::ContentLength)));
}

#[test]
fn scalar02_a_cseq_beyond_its_range_is_answered_400() {
    let (message, refusal) = refused(dat!("scalar02"));
    assert_eq!((refusal.code, refusal.fault), (400, Fault::Malformed(HeaderName::CSeq)));
    assert_eq!(message.max_forwards(), None, "300 counts as absent");
    assert_eq!(message.expires(), Some(3600), "so does an Expires of 10^100");
    assert_eq!(message.contact().unwrap().expires(), Some(3600));
}

#[test]
fn scalarlg_a_response_with_a_cseq_beyond_its_range_is_dropped() {
    assert_eq!(dropped(dat!("scalarlg")), Fault::Malformed(HeaderName::CSeq));
    let message = Message::parse(dat!("scalarlg").to_vec()).unwrap();
    assert_eq!(message.retry_after(), Some(u32::MAX));
    assert_eq!(message.warnings().count(), 0, "a warn-code has three digits");
}

#[test]
fn quotbal_an_open_quote_is_answered_400() {
    assert_eq!(code(dat!("quotbal")), (400, Fault::Malformed(HeaderName::To)));
}

#[test]
fn ltgtruri_brackets_around_the_request_uri_are_answered_400() {
    assert_eq!(code(dat!("ltgtruri")), (400, Fault::BadRequestUri));
}

#[test]
fn lwsruri_a_space_in_the_request_uri_is_answered_400() {
    assert_eq!(code(dat!("lwsruri")), (400, Fault::BadRequestUri));
}

#[test]
fn lwsstart_more_than_one_space_in_the_request_line_is_answered_400() {
    assert_eq!(code(dat!("lwsstart")), (400, Fault::BadRequestLine));
}

#[test]
fn trws_spaces_behind_the_request_line_are_answered_400() {
    assert_eq!(code(dat!("trws")), (400, Fault::BadRequestLine));
}

#[test]
fn escruri_headers_in_the_request_uri_are_answered_400() {
    let (message, refusal) = refused(dat!("escruri"));
    assert_eq!((refusal.code, refusal.fault), (400, Fault::BadRequestUri));
    assert_eq!(message.header(HeaderName::Route), None, "they never become headers");
}

#[test]
fn baddate_a_date_that_nobody_needs_is_ignored() {
    let message = good(dat!("baddate"));
    assert_eq!(message.date(), None);
    assert!(message.header(HeaderName::Date).is_some(), "it goes on as it came");
}

#[test]
fn regbadct_a_uri_with_headers_outside_of_brackets_is_answered_400() {
    assert_eq!(code(dat!("regbadct")), (400, Fault::Malformed(HeaderName::Contact)));
}

#[test]
fn badaspec_spaces_in_an_address_are_answered_400() {
    assert_eq!(code(dat!("badaspec")), (400, Fault::Malformed(HeaderName::To)));
}

#[test]
fn baddn_a_comma_in_a_bare_display_name_is_answered_400() {
    let (message, refusal) = refused(dat!("baddn"));
    assert_eq!(refusal.code, 400);
    assert_eq!(message.from(), Err(Fault::Malformed(HeaderName::From)));
    assert_eq!(message.to(), Err(Fault::Malformed(HeaderName::To)));
}

#[test]
fn badvers_an_unknown_version_is_answered_505() {
    let (message, refusal) = refused(dat!("badvers"));
    assert_eq!((refusal.code, refusal.fault), (505, Fault::UnknownVersion));
    assert_eq!(message.via().unwrap().version, "7.0");
    let answer = refusal.response(&message).build();
    assert!(answer.as_bytes().starts_with(b"SIP/2.0 505 Version Not Supported\r\n"));
}

#[test]
fn mismatch01_a_cseq_of_another_method_is_answered_400() {
    assert_eq!(code(dat!("mismatch01")), (400, Fault::CSeqMismatch));
}

#[test]
fn mismatch02_with_an_unknown_method_it_is_501() {
    assert_eq!(code(dat!("mismatch02")), (501, Fault::CSeqMismatchUnknownMethod));
}

#[test]
fn bigcode_a_response_with_an_overlarge_code_is_dropped() {
    assert_eq!(dropped(dat!("bigcode")), Fault::BadStatusLine);
}

#[test]
fn uris_of_valid_messages_read_back_from_their_text() {
    for bytes in [dat!("wsinv").as_slice(), dat!("intmeth"), dat!("esc01"), dat!("semiuri")] {
        let message = good(bytes);
        let uri = message.request_uri().unwrap();
        assert_eq!(Uri::parse(uri), message.uri());
    }
}
