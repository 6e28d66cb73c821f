//! Requests that are odd, wrong or for nobody, and the transactions under all of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use model::{id::FlowId, sip::Transport};
use wire_sip::{HeaderName, PING};

/// A request outside dialogs from the trunk.
fn plain(method: &str, uri: &str, extra: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bK{method}\r\n\
         From: <sip:a@192.0.2.10>;tag=1\r\nTo: <sip:b@192.0.2.1>\r\nCall-ID: odd\r\nCSeq: 1 \
         {method}\r\n{extra}Content-Length: 0\r\n\r\n"
    )
}

fn answer_to(method: &str, extra: &str) -> wire_sip::Message {
    let mut bench = Bench::new();
    bench.udp(PSTN, plain(method, "sip:192.0.2.1", extra));
    let answer = bench.take_one();
    bench.pass_s(64);
    assert!(bench.sip.is_idle());
    answer
}

#[test]
fn options_says_what_we_can() {
    let answer = answer_to("OPTIONS", "Max-Forwards: 0\r\n");
    assert_eq!(name(&answer), "200 OPTIONS");
    assert!(answer.has_token(HeaderName::Allow, "PRACK"));
    assert!(answer.has_token(HeaderName::Supported, "100rel"));
    assert_eq!(header(&answer, "Accept"), "application/sdp");
    assert!(answer.to_tag().is_some());
}

#[test]
fn methods_that_nobody_serves_are_refused_each_in_its_way() {
    for (method, code) in [
        ("MESSAGE", 405),
        ("PUBLISH", 405),
        ("REFER", 403),
        ("FLY", 501),
        ("options", 501),
        ("NOTIFY", 489),
        ("SUBSCRIBE", 489),
        ("BYE", 481),
        ("UPDATE", 481),
        ("INFO", 481),
        ("PRACK", 481),
        ("CANCEL", 481),
    ] {
        let answer = answer_to(method, "Event: talk\r\n");
        assert_eq!(answer.status(), Some(code), "{method}");
        if code == 405 || code == 501 {
            assert!(answer.has_token(HeaderName::Allow, "INVITE"), "{method}");
        }
    }
}

#[test]
fn a_request_in_a_dialog_that_is_gone_is_481_and_an_ack_is_silence() {
    let mut bench = Bench::new();
    let text = plain("BYE", "sip:192.0.2.1", "").replace("b@192.0.2.1>", "b@192.0.2.1>;tag=old");
    bench.udp(PSTN, &text);
    assert_eq!(bench.take_names(), ["481 BYE"]);
    bench.udp(PSTN, text.replace("BYE", "ACK"));
    assert_eq!(bench.take_names(), [""; 0]);
}

#[test]
fn required_extensions_versions_and_hops_that_we_lack_are_named() {
    let answer = answer_to("OPTIONS", "Require: foo, 100rel\r\n");
    assert_eq!((answer.status(), header(&answer, "Unsupported").as_str()), (Some(420), "foo"));
    let mut bench = Bench::new();
    bench.udp(
        PSTN,
        plain("OPTIONS", "sip:192.0.2.1", "").replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"),
    );
    assert_eq!(bench.take_names(), ["505 OPTIONS"]);
    let mut caller = Caller::new("555", "c");
    bench.udp(PSTN, caller.invite("", OFFER).replace("Max-Forwards: 70", "Max-Forwards: 0"));
    assert_eq!(bench.take_names(), ["483 INVITE"]);
    assert_eq!(answer_to("MESSAGE", "Max-Forwards: 0\r\n").status(), Some(483));
}

#[test]
fn malformed_requests_are_400_and_what_cannot_be_answered_is_dropped() {
    let good = plain("OPTIONS", "sip:192.0.2.1", "");
    let mut bench = Bench::new();
    for (from, to) in [
        ("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"),
        ("Call-ID: odd", "Call-ID: odd\r\nCall-ID: even"),
        ("Content-Length: 0", "Content-Length: -1"),
        ("Content-Length: 0", "Content-Length: 99"),
    ] {
        bench.udp(PSTN, good.replace(from, to));
        assert_eq!(bench.take_one().status(), Some(400), "{to}");
    }
    for (from, to) in
        [("Via: SIP/2.0/UDP 192.0.2.10:5070", "Via: @@@"), (" SIP/2.0\r\nVia", "\r\nVia")]
    {
        bench.udp(PSTN, good.replace(from, to));
        assert_eq!(bench.take_names(), [""; 0], "{to}");
    }
    bench.udp(PSTN, b"\xff\x00garbage");
    bench.udp(PSTN, b"\r\n\r\n");
    bench.udp(PSTN, &good);
    assert_eq!(bench.take_names(), ["200 OPTIONS"]);
}

#[test]
fn a_repeated_request_is_answered_again_and_not_carried_out_again() {
    let mut bench = Bench::new();
    let text = register("5002", "<sip:x@192.0.2.20:5062>", 600, "a", 1, "");
    bench.udp(PHONE, &text);
    bench.pass_s(31);
    bench.udp(PHONE, &text);
    let sent = bench.take_sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert_eq!(bench.take_facts().len(), 1);
}

#[test]
fn the_same_invite_by_two_ways_is_482() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("555", "c");
    let first = caller.invite("", OFFER);
    bench.udp(PSTN, &first);
    bench.take_sent();
    bench.udp(PSTN, first.replace("branch=z9hG4bKc1", "branch=z9hG4bKother"));
    assert_eq!(bench.take_names(), ["482 INVITE"]);
}

#[test]
fn a_caller_without_a_tag_and_headers_in_any_shape_are_taken() {
    let mut bench = Bench::new();
    let text = "INVITE sip:+18005551234@192.0.2.1 SIP/2.0\r\ni: c\r\nm: \
                <sip:555@192.0.2.10:5070>\r\ncseq: 1\r\n INVITE\r\nf: sip:+1555@192.0.2.10\r\nl: 0\r\n\
                t: <sip:x@192.0.2.1>\r\nv: SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bKq\r\n\r\n";
    bench.udp(PSTN, text);
    match bench.take_facts().as_slice() {
        [model::leg::LegFact::Offered { ani, dnis, .. }] => {
            assert_eq!((ani.as_str(), dnis.as_str()), ("+1555", "+18005551234"));
        }
        facts => panic!("{facts:?}"),
    }
}

#[test]
fn responses_go_where_the_request_came_from() {
    let mut bench = Bench::new();
    let text = plain("OPTIONS", "sip:192.0.2.1", "");
    bench.udp("192.0.2.10:9999", text.replace(":5070;branch", ":5070;rport;branch"));
    bench.udp("192.0.2.10:9999", text.replace("OPTIONS", "MESSAGE"));
    let liar = text.replace("OPTIONS", "FLY").replace("UDP 192.0.2.10:5070", "UDP 198.51.100.1");
    bench.udp("192.0.2.10:9999", liar);
    let to: Vec<_> = bench.sent.iter().map(|(to, _)| *to).collect();
    let at = |text: &str| To::Udp(addr(text));
    assert_eq!(to, [at("192.0.2.10:9999"), at("192.0.2.10:5070"), at("192.0.2.10:5060")]);
}

#[test]
fn a_stream_is_cut_into_requests_and_its_pings_are_answered() {
    let mut bench = Bench::new();
    let flow = FlowId(3);
    bench.open(flow, Transport::Tcp);
    let one = plain("OPTIONS", "sip:192.0.2.1", "").replace("UDP", "TCP");
    let two = one.replace("OPTIONS", "MESSAGE").replace("Content-Length: 0", "Content-Length : 5");
    let both = format!("{one}{two}hello{}", one.replace("OPTIONS", "FLY"));
    let (head, tail) = both.split_at(100);
    bench.flow(flow, head);
    assert_eq!(bench.take_names(), [""; 0]);
    bench.flow(flow, tail);
    assert_eq!(bench.take_names(), ["200 OPTIONS", "405 MESSAGE", "501 FLY"]);
    bench.flow(flow, PING);
    assert_eq!(bench.raw, [b"\r\n"]);
    // Nothing is repeated on a stream, so nothing is kept.
    assert!(bench.sip.is_idle());
}

#[test]
fn g25_a_websocket_keep_alive_is_answered() {
    let mut bench = Bench::new();
    bench.open(BROWSER, Transport::Ws);
    bench.flow(BROWSER, PING);
    assert_eq!(bench.raw, [b"\r\n"]);
}

#[test]
fn a_broken_stream_is_closed() {
    let mut bench = Bench::new();
    let flow = FlowId(3);
    bench.open(flow, Transport::Tcp);
    let bad = plain("OPTIONS", "sip:192.0.2.1", "").replace("Length: 0", "Length: x");
    bench.flow(flow, bad);
    assert_eq!(bench.take_one().status(), Some(400));
    assert_eq!(bench.others, [model::sip::SipOutput::CloseFlow { flow }]);
}

#[test]
fn an_invite_from_a_stranger_is_403_with_a_reason_and_counted() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("5002", "c");
    bench.udp(STRANGER, caller.invite("", OFFER));
    let answer = bench.take_one();
    assert_eq!(answer.status(), Some(403));
    assert!(header(&answer, "Reason").contains("no trunk and no registered phone"));
    assert_eq!(bench.take_facts(), []);
    let metrics = bench.sip.metrics();
    let counted = metrics.iter().find(|m| m.labels.iter().any(|(_, v)| v == "unknown_source"));
    assert_eq!(counted.unwrap().value, 1.0);
    assert!(bench.sip.is_idle());
}

#[test]
fn a_websocket_from_a_trunks_address_is_no_trunk() {
    let mut bench = Bench::new();
    let (local, remote) = (addr(OURS), addr(PSTN));
    let transport = Transport::Ws;
    let opened = model::sip::SipInput::FlowOpened { flow: BROWSER, transport, local, remote };
    bench.input(signaling::Input::Sip(opened));
    bench.flow(BROWSER, Caller::new("555", "c").invite("", OFFER));
    assert_eq!(bench.take_one().status(), Some(403));
}

#[test]
fn requests_beyond_the_table_of_transactions_are_503_without_state() {
    let mut bench = Bench::new();
    let text = plain("MESSAGE", "sip:192.0.2.1", "");
    for number in 0..TRANSACTIONS {
        let (branch, call) = (format!("z9hG4bK{number}x"), format!("c{number}"));
        bench.udp(PSTN, text.replace("z9hG4bKMESSAGE", &branch).replace("odd", &call));
    }
    assert!(bench.take_sent().iter().all(|answer| answer.status() == Some(405)));
    bench.udp(PSTN, &text);
    let answer = bench.take_one();
    assert_eq!((answer.status(), answer.retry_after()), (Some(503), Some(10)));
    assert_eq!(bench.sip.counts().1, TRANSACTIONS);
    bench.pass_s(33);
    bench.udp(PSTN, &text);
    assert_eq!(bench.take_names(), ["405 MESSAGE"]);
}

#[test]
fn a_connection_beyond_the_limit_is_closed() {
    let mut bench = Bench::new();
    for flow in 1..=FLOWS {
        bench.open(FlowId(flow), Transport::Wss);
    }
    assert_eq!(bench.others, []);
    let flow = FlowId(FLOWS + 1);
    bench.open(flow, Transport::Wss);
    assert_eq!(bench.others, [model::sip::SipOutput::CloseFlow { flow }]);
    bench.close(FlowId(1));
    bench.open(FlowId(FLOWS + 2), Transport::Wss);
    assert_eq!(bench.others.len(), 1);
}

/// As `limits.rs` has them.
const TRANSACTIONS: usize = 65_536;
const FLOWS: u64 = 50_000;
