//! Messages that are odd and seen every day.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{code, dropped, good, lines, refused};
use wire_sip::{Contacts, Fault, HeaderName, Kind, Message, Method, Replaces, Uri};

/// A request with usual headers and whatever else a test wants; `{}` stands for its lines.
fn request(start: &str, more: &str) -> Vec<u8> {
    let method = start.split(' ').next().unwrap();
    lines(&format!(
        "{start}\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx\nMax-Forwards: 70\n\
         From: <sip:a@example.com>;tag=1\nTo: <sip:b@example.com>\nCall-ID: c@10.0.0.1\n\
         CSeq: 1 {method}\n{more}\n"
    ))
}

#[test]
fn jssips_register_with_an_instance_and_an_invalid_host() {
    let bytes = lines(
        "REGISTER sip:cordboard.example SIP/2.0\n\
         Via: SIP/2.0/WSS v5jk1j8l4h5u.invalid;branch=z9hG4bK7160923\nMax-Forwards: 69\n\
         To: <sip:5001@cordboard.example>\n\
         From: \"Agent 5001\" <sip:5001@cordboard.example>;tag=mhp0kvh9qr\n\
         Call-ID: c1qp1ad7v0d9g3v4tnf1r2\nCSeq: 1 REGISTER\n\
         Contact: <sip:8qhs8vn1@v5jk1j8l4h5u.invalid;transport=ws>;\
         +sip.ice;reg-id=1;+sip.instance=\"<urn:uuid:8f1c9a52-6a93-4a0a-9a6b-0f4b4f9d1f10>\";\
         expires=600\nExpires: 600\nAllow: INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,\
         NOTIFY\nSupported: path,gruu,outbound\nUser-Agent: JsSIP 3.13.8\nContent-Length: 0\n\n",
    );
    let message = good(&bytes);
    assert_eq!(message.as_bytes(), bytes);
    let via = message.via().unwrap();
    assert_eq!((via.transport, via.host), ("WSS", "v5jk1j8l4h5u.invalid"));
    let contact = message.contact().unwrap();
    assert_eq!(contact.uri, "sip:8qhs8vn1@v5jk1j8l4h5u.invalid;transport=ws");
    let instance = contact.params.unquoted("+sip.instance").unwrap();
    assert_eq!(instance, "<urn:uuid:8f1c9a52-6a93-4a0a-9a6b-0f4b4f9d1f10>");
    assert_eq!(contact.params.get("reg-id"), Some("1"));
    assert_eq!(message.contact_expires(&contact), 600);
    assert!(message.has_token(HeaderName::Supported, "OUTBOUND"));
    assert!(message.has_token(HeaderName::Allow, "NOTIFY"));
}

#[test]
fn a_refer_to_carries_a_replaces_in_its_uri() {
    let refer = request(
        "REFER sip:b@example.com SIP/2.0",
        "Refer-To: <sip:5003@example.com?Replaces=a84b4c%40pc33%3Bto-tag%3D7%3Bfrom-tag%3D8>\n",
    );
    let message = good(&refer);
    let refer_to = message.refer_to().unwrap();
    let uri = refer_to.uri();
    assert_eq!(uri.user().unwrap(), "5003");
    let decoded = uri.as_sip().unwrap().header("Replaces").unwrap();
    let replaces = Replaces::parse(decoded.as_bytes()).unwrap();
    assert_eq!((replaces.call_id, replaces.to_tag, replaces.from_tag), ("a84b4c@pc33", "7", "8"));
}

#[test]
fn telephone_uris_stand_wherever_sip_uris_do() {
    let bytes = request(
        "INVITE tel:+1-800-555-1234 SIP/2.0",
        "P-Asserted-Identity: \"Acme, Inc.\" <sip:+15551234567@carrier.example;user=phone>, \
         <tel:+15551234567>\nDiversion: <tel:+18005551234>;reason=unconditional\n",
    );
    let message = good(&bytes);
    assert_eq!(message.uri().unwrap().user().unwrap(), "+18005551234");
    let identities = message.asserted_identities().unwrap();
    assert_eq!(identities[0].display_name().unwrap(), "Acme, Inc.");
    assert_eq!(identities[1].uri, "tel:+15551234567");
    assert!(matches!(identities[1].uri(), Uri::Tel(_)));
}

#[test]
fn a_plus_and_a_coded_hash_go_out_as_they_came() {
    for user in ["+18005551234", "*72%23", "%2B1800", "a%2523"] {
        let message = good(&request(&format!("INVITE sip:{user}@h SIP/2.0"), ""));
        let edited = message.edit().add("X", "1").finish();
        let Some(Kind::Request { uri, .. }) = Some(edited.kind()) else { panic!() };
        assert_eq!(uri, format!("sip:{user}@h"));
        let forwarded = wire_sip::Request::new(&Method::Invite, message.request_uri().unwrap());
        assert_eq!(forwarded.build().request_uri(), Some(uri));
    }
}

#[test]
fn commas_in_quotes_do_not_split_addresses() {
    let bytes = request(
        "INVITE sip:b@h SIP/2.0",
        "Contact: \"Bell, A.\" <sip:a@h>;q=0.5,\"x\\\",y\" <sip:b,c@h>\n",
    );
    let message = good(&bytes);
    let Contacts::List(contacts) = message.contacts().unwrap() else { panic!() };
    let names: Vec<_> = contacts.iter().map(|c| c.display_name().unwrap().into_owned()).collect();
    assert_eq!(names, ["Bell, A.", "x\",y"]);
    assert_eq!(contacts[1].uri, "sip:b,c@h");
}

#[test]
fn a_display_name_in_latin_1_goes_through_unharmed() {
    let mut bytes = request("INVITE sip:b@h SIP/2.0", "Subject: x\n");
    let at = bytes.windows(6).position(|w| w == b"From: ").unwrap() + 6;
    bytes.splice(at..at, b"\"J\xf6rg M\xfcller\" ".iter().copied());
    let message = good(&bytes);
    assert_eq!(message.from().unwrap().display_name().unwrap(), "Jörg Müller");
    assert_eq!(message.from_tag(), Some("1"));
    assert_eq!(
        message.edit().remove("Subject").add("Subject", "x").finish().header("From"),
        message.header("From")
    );
    let answer = wire_sip::Response::to(&message, 200, "").build();
    assert!(answer.header("From").unwrap().starts_with(b"\"J\xf6rg"));
}

#[test]
fn a_star_contact_removes_every_binding() {
    let star = request("REGISTER sip:h SIP/2.0", "Contact: *\nExpires: 0\n");
    assert_eq!(good(&star).contacts(), Ok(Contacts::All));
    assert_eq!(good(&star).contact(), None);
    let mixed = request("REGISTER sip:h SIP/2.0", "Contact: *, <sip:a@h>\n");
    assert_eq!(code(&mixed), (400, Fault::Malformed(HeaderName::Contact)));
    assert_eq!(good(&request("REGISTER sip:h SIP/2.0", "")).contacts(), Ok(Contacts::List(vec![])));
}

#[test]
fn a_private_reason_phrase_is_kept() {
    let bytes = lines(
        "SIP/2.0 480 Agent (5001) has gone: lunch, 30%\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\n\
         From: <sip:a@h>;tag=1\nTo: <sip:b@h>;tag=2\nCall-ID: c\nCSeq: 1 INVITE\n\n",
    );
    let message = good(&bytes);
    assert_eq!(message.reason_phrase(), "Agent (5001) has gone: lunch, 30%");
    assert_eq!(message.as_bytes(), bytes);
}

#[test]
fn unknown_and_lower_case_methods_are_kept_for_a_405_or_501() {
    for method in ["invite", "FOO", "Invite"] {
        let message = good(&request(&format!("{method} sip:b@h SIP/2.0"), ""));
        assert_eq!(message.method(), Some(&Method::Other(method.into())));
        assert!(!message.method().unwrap().is_known());
    }
    let mixed = String::from_utf8(request("invite sip:b@h SIP/2.0", "")).unwrap();
    let mixed = mixed.replace("CSeq: 1 invite", "CSeq: 1 INVITE");
    assert_eq!(code(mixed.as_bytes()), (501, Fault::CSeqMismatchUnknownMethod));
}

#[test]
fn a_from_without_brackets_still_has_its_tag() {
    let text = String::from_utf8(request("INVITE sip:b@h SIP/2.0", "")).unwrap();
    let message = good(text.replace("<sip:a@example.com>;tag=1", "sip:a@h;tag=77;x=y").as_bytes());
    let from = message.from().unwrap();
    assert_eq!((from.uri, from.tag(), from.params.get("x")), ("sip:a@h", Some("77"), Some("y")));
}

#[test]
fn headers_come_in_any_order_folded_and_compact() {
    let bytes = lines(
        "INVITE sip:b@h SIP/2.0\nl : 2\nc:\n text/plain\no: talk\nx: 1800\n ;refresher=uac\n\
         k: timer,\n\t100rel\nr: <sip:c@h>\nb: <sip:d@h>\nm:<sip:a@h>\ni:\tc@h\ncseq:1\n\tINVITE\n\
         f: <sip:a@h>;tag=1\nt: <sip:b@h>\nv: SIP/2.0/UDP h;branch=z9hG4bKx\nu: talk, hold\n\nhi!",
    );
    let message = good(&bytes);
    assert_eq!(message.body(), b"hi");
    assert!(message.content_type().unwrap().is("TEXT/Plain"));
    assert!(message.event().unwrap().is("talk"));
    assert_eq!(message.session_expires().unwrap().seconds, 1800);
    assert!(message.has_token("Supported", "100rel") && message.has_token("k", "timer"));
    assert_eq!(message.refer_to().unwrap().uri, "sip:c@h");
    assert_eq!(message.referred_by().unwrap().uri, "sip:d@h");
    assert_eq!(message.call_id(), "c@h");
    assert!(message.has_token(HeaderName::AllowEvents, "hold"));
}

#[test]
fn a_coded_line_break_in_a_uri_is_never_printed_raw() {
    let text = "INVITE sip:b%0d%0aEvil%3A%201@h SIP/2.0";
    let message = good(&request(text, "Subject: x\n"));
    let uri = message.uri().unwrap();
    let user = uri.user().unwrap();
    assert_eq!(user, "b%0d%0aEvil: 1");
    let written = wire_sip::Request::new(&Method::Invite, &format!("sip:{user}@h"))
        .header(HeaderName::To, format!("{} <sip:{user}@h>", wire_sip::quote(&user)))
        .header("X-User", user.as_bytes())
        .build();
    assert_eq!(written.header("Evil"), None);
    assert_eq!(written.request_uri(), Some("sip:b%0d%0aEvil:%201@h"));
}

#[test]
fn notify_talk_in_an_early_dialog_without_a_user_in_its_uri() {
    let message = good(&request(
        "NOTIFY sip:192.168.210.54:5061 SIP/2.0",
        "Event: talk\nSubscription-State: active\nX-Genesys-CallUUID: 00AVN\n",
    ));
    assert_eq!(message.uri().unwrap().user(), None);
    assert!(message.event().unwrap().is("talk"));
    assert!(message.subscription_state().unwrap().is("active"));
    assert_eq!(message.header("X-GENESYS-CALLUUID"), Some(b"00AVN".as_slice()));
}

#[test]
fn session_timer_and_reason_headers_are_read() {
    let message = good(&request(
        "BYE sip:b@h SIP/2.0",
        "Session-Expires: 1800;refresher=uac\nMin-SE: 90\nRequire: timer\n\
         Reason: SIP;cause=403;text=\"Forbidden\", Q.850 ; cause=21\n",
    ));
    assert_eq!(message.min_se(), Some(90));
    let causes: Vec<_> = message.reasons().map(|r| (r.protocol, r.cause.unwrap())).collect();
    assert_eq!(causes, [("SIP", 403), ("Q.850", 21)]);
}

#[test]
fn garbage_is_dropped_without_harm() {
    for bytes in [
        b"".as_slice(),
        b"\r\n\r\n",
        b"\0\0\0\0",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"INVITE\r\n\r\n",
        b"INVITE sip:b@h\r\n\r\n",
        b"SIP/2.0\r\n\r\n",
        b"SIP/2.0 20 OK\r\n\r\n",
    ] {
        assert!(matches!(dropped(bytes), Fault::NotSip | Fault::BadStatusLine), "{bytes:?}");
    }
    let text = String::from_utf8(request("OPTIONS sip:b@h SIP/2.0", "")).unwrap();
    for via in ["Via: @@@", "Via: SIP/2.0/UDP", "Via:", "X: y"] {
        let bytes = text.replace("Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx", via);
        assert_eq!(dropped(bytes.as_bytes()), Fault::UnreadableVia, "{via}");
    }
}

#[test]
fn an_ack_is_never_answered() {
    let text = String::from_utf8(request("ACK sip:b@h SIP/2.0", "Require: foo\n")).unwrap();
    good(text.as_bytes());
    let broken = text.replace("CSeq: 1 ACK", "CSeq: x ACK");
    assert_eq!(dropped(broken.as_bytes()), Fault::Malformed(HeaderName::CSeq));
}

#[test]
fn a_stray_carriage_return_and_a_line_without_colon_are_answered_400() {
    let with = |line: &str| {
        let text = String::from_utf8(request("INVITE sip:b@h SIP/2.0", "")).unwrap();
        text.replace("Max-Forwards: 70\r\n", &format!("{line}\r\n")).into_bytes()
    };
    for line in ["X: a\rEvil: b", "no colon here", ": empty", "X Y: z"] {
        assert_eq!(code(&with(line)), (400, Fault::BadHeaderLine), "{line}");
    }
    let (message, refusal) = refused(&with("X: a\rEvil: b"));
    assert_eq!(refusal.response(&message).build().header("Evil"), None);
}

#[test]
fn lines_that_end_in_lf_alone_are_read_and_answered_with_crlf() {
    let bytes = request("OPTIONS sip:b@h SIP/2.0", "");
    let bare: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
    let message = good(&bare);
    assert_eq!(message.call_id(), "c@10.0.0.1");
    let answer = wire_sip::Response::to(&message, 200, "").build();
    let text = String::from_utf8(answer.as_bytes().to_vec()).unwrap();
    assert!(!text.replace("\r\n", "").contains('\n'));
}

#[test]
fn a_message_beyond_the_limits_is_refused() {
    let many = "X: y\n".repeat(wire_sip::HEADERS_MAX);
    assert_eq!(code(&request("OPTIONS sip:b@h SIP/2.0", &many)), (513, Fault::TooLarge));
    let long = vec![b'x'; wire_sip::MESSAGE_BYTES_MAX];
    let long = [request("OPTIONS sip:b@h SIP/2.0", ""), long].concat();
    assert!(Message::parse(long).is_err());
}
