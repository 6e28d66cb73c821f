//! RFC 5118: IPv6 in SIP messages. Content-Lengths are corrected where the RFC miscounted.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{code, good, lines};
use wire_sip::{Fault, host_address};

fn register(uri: &str) -> Vec<u8> {
    lines(&format!(
        "REGISTER {uri} SIP/2.0\nTo: sip:user@example.com\nFrom: sip:user@example.com;tag=81x2\n\
         Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\n\
         Call-ID: SSG9559905523997077@hlau_4100\nMax-Forwards: 70\n\
         Contact: \"Caller\" <sip:caller@[2001:db8::1]>\nCSeq: 98176 REGISTER\n\
         Content-Length: 0\n\n"
    ))
}

#[test]
fn section_4_1_an_ipv6_reference_is_good() {
    let message = good(&register("sip:[2001:db8::10]"));
    let uri = message.uri().unwrap();
    assert_eq!(uri.as_sip().unwrap().address(), Some("2001:db8::10".parse().unwrap()));
    assert_eq!(message.via().unwrap().host, "[2001:db8::9:1]");
    assert_eq!(message.contact().unwrap().uri().host(), Some("[2001:db8::1]"));
}

#[test]
fn section_4_2_an_address_without_brackets_is_answered_400() {
    assert_eq!(code(&register("sip:2001:db8::10")), (400, Fault::BadRequestUri));
}

#[test]
fn section_4_3_a_port_inside_of_the_brackets_is_part_of_the_address() {
    let message = good(&register("sip:[2001:db8::10:5070]"));
    let uri = message.uri().unwrap();
    let uri = uri.as_sip().unwrap();
    assert_eq!((uri.address(), uri.port), (Some("2001:db8::10:5070".parse().unwrap()), None));
}

#[test]
fn section_4_4_a_port_behind_the_brackets_is_the_port() {
    let message = good(&register("sip:[2001:db8::10]:5070"));
    let uri = message.uri().unwrap();
    let uri = uri.as_sip().unwrap();
    assert_eq!((uri.address(), uri.port), (Some("2001:db8::10".parse().unwrap()), Some(5070)));
}

#[test]
fn section_4_5_received_is_taken_with_and_without_brackets() {
    for received in ["[2001:db8::9:255]", "2001:db8::9:255"] {
        let message = good(&lines(&format!(
            "BYE sip:[2001:db8::10] SIP/2.0\nTo: sip:user@example.com;tag=bd76ya\n\
             From: sip:user@example.com;tag=81x2\n\
             Via: SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bKas3-111\n\
             Call-ID: SSG9559905523997077@hlau_4100\nMax-Forwards: 70\nCSeq: 321 BYE\n\
             Content-Length: 0\n\n"
        )));
        let via = message.via().unwrap();
        assert_eq!(via.received(), Some("2001:db8::9:255".parse().unwrap()));
        assert_eq!(via.branch(), Some("z9hG4bKas3-111"));
        assert_eq!(via.response_address(), Some("[2001:db8::9:255]:5060".parse().unwrap()));
    }
}

fn invite(uri: &str, vias: &str, contact: &str, body: &str) -> Vec<u8> {
    let body = body.replace('\n', "\r\n");
    let head = lines(&format!(
        "INVITE {uri} SIP/2.0\nTo: {uri}\nFrom: sip:user@example.com;tag=81x2\n{vias}\
         Call-ID: SSG9559905523997077@hlau_4100\nContact: {contact}\nCSeq: 8612 INVITE\n\
         Max-Forwards: 70\nContent-Type: application/sdp\nContent-Length: {}\n\n",
        body.len()
    ));
    [head, body.into_bytes()].concat()
}

#[test]
fn section_4_6_and_4_8_bodies_with_ipv6_pass_untouched() {
    let six = "v=0\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\n\
               s=Live video feed for today's meeting\nc=IN IP6 2001:db8::20\n\
               t=3338481189 3370017201\nm=audio 6000 RTP/AVP 2\na=rtpmap:2 G726-32/8000\n\
               m=video 6024 RTP/AVP 107\na=rtpmap:107 H263-1998/90000\n";
    let both = "v=0\no=bob 280744730 28977631 IN IP4 host.example.com\ns=\nt=0 0\n\
                m=audio 22334 RTP/AVP 0\nc=IN IP4 192.0.2.1\nm=video 6024 RTP/AVP 107\n\
                c=IN IP6 2001:db8::1\na=rtpmap:107 H263-1998/90000\n";
    for body in [six, both] {
        let via = "Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111\n";
        let contact = "\"Caller\" <sip:caller@[2001:db8::20]>";
        let bytes = invite("sip:user@[2001:db8::10]", via, contact, body);
        let message = good(&bytes);
        assert_eq!(message.as_bytes(), bytes);
        assert_eq!(message.body(), lines(body));
    }
}

#[test]
fn section_4_7_ipv4_and_ipv6_stand_side_by_side_in_vias() {
    let message = good(&lines(
        "BYE sip:user@host.example.net SIP/2.0\n\
         Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111\n\
         Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144\n\
         Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200\n\
         Call-ID: 997077@lau_4100\nMax-Forwards: 70\nCSeq: 89187 BYE\n\
         To: sip:user@example.net;tag=9817--94\nFrom: sip:user@example.com;tag=81x2\n\
         Content-Length: 0\n\n",
    ));
    let vias: Vec<_> = message.vias().map(|via| (via.host, via.port)).collect();
    let expected =
        [("[2001:db8::9:1]", Some(6050)), ("192.0.2.1", None), ("[2001:db8::9:255]", None)];
    assert_eq!(vias, expected);
    let last = message.vias().last().unwrap();
    assert_eq!(last.response_address(), Some("192.0.2.200:5060".parse().unwrap()));
}

#[test]
fn section_4_9_mapped_addresses_are_read() {
    let vias = "Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\n\
                Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111\n";
    let contact = "\"T. desk phone\" <sip:ted@[::ffff:192.0.2.2]>";
    let message = good(&invite("sip:user@example.com", vias, contact, "v=0\n"));
    assert_eq!(message.via().unwrap().port, Some(19823));
    let address = "::ffff:192.0.2.2".parse().unwrap();
    assert_eq!(message.contact().unwrap().uri().host().and_then(host_address), Some(address));
}

#[test]
fn section_4_10_a_third_colon_before_an_ipv4_tail_is_accepted() {
    let message = good(&lines(
        "OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0\n\
         To: sip:user@[2001:db8:::192.0.2.1]\nFrom: sip:user@example.com;tag=810x2\n\
         Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111\n\
         Call-ID: G9559905523997077@hlau_4100\nCSeq: 689 OPTIONS\nMax-Forwards: 70\n\
         Content-Length: 0\n\n",
    ));
    let uri = message.uri().unwrap();
    let uri = uri.as_sip().unwrap();
    assert_eq!(uri.address(), Some("2001:db8::192.0.2.1".parse().unwrap()));
    assert_eq!(uri.host, "[2001:db8:::192.0.2.1]", "what came is what goes");
}
