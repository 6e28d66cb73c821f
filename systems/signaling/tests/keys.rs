//! Keys that come by INFO.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use model::leg::{Cause, LegFact};
use wire_sip::{HeaderName, Message};

const JSSIP: &str = "Signal=7\r\nDuration=100\r\n";
const LINPHONE: &str = "Signal=#\r\nDuration=250\r\n";

/// An INFO with a body of a kind.
fn info(caller: &mut Caller, kind: &str, body: &str) -> String {
    let request = caller.request("INFO", &format!("Content-Type: {kind}\r\n"), body);
    request.replace("Content-Type: application/sdp\r\n", "")
}

fn answer_to(bench: &mut Bench, request: &str) -> Message {
    bench.udp(PSTN, request);
    bench.take_one()
}

#[test]
fn a_key_in_info_is_told() {
    for (kind, body, digit) in [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5'),
        ("application/dtmf-relay", JSSIP, '7'),
        ("application/dtmf-relay", LINPHONE, '#'),
        ("Application/DTMF-Relay;charset=utf-8", "Signal= 0\nDuration= 160", '0'),
        ("application/dtmf-relay", "Signal=11\r\nDuration=160\r\n", '#'),
        ("application/dtmf", "*", '*'),
        ("application/dtmf", "a\r\n", 'A'),
        ("application/dtmf", "10", '*'),
    ] {
        let mut bench = Bench::new();
        let (mut caller, leg) = established(&mut bench);
        let request = info(&mut caller, kind, body);
        assert_eq!(answer_to(&mut bench, &request).status(), Some(200), "{body:?}");
        assert_eq!(bench.take_facts(), [LegFact::Digit { leg, digit }], "{body:?}");
        // Its repetition is the same key.
        assert_eq!(answer_to(&mut bench, &request).status(), Some(200));
        assert_eq!((bench.take_facts(), bench.take_media()), (vec![], vec![]));
    }
}

#[test]
fn a_key_is_told_before_the_answer_too() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("5551234567", "early");
    bench.udp(PSTN, caller.invite("", OFFER));
    let leg = bench.offered();
    let progress = model::leg::Progress::EarlyMedia;
    bench.command(model::leg::LegCommand::Progress { leg, progress });
    caller.learn(&bench.take_sent().pop().unwrap());
    let request = info(&mut caller, "application/dtmf", "1");
    assert_eq!(answer_to(&mut bench, &request).status(), Some(200));
    assert_eq!(bench.take_facts(), [LegFact::Digit { leg, digit: '1' }]);
}

#[test]
fn a_key_after_the_end_is_nobody_s() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("5551234567", "closing");
    bench.udp(PSTN, caller.invite("", OFFER));
    let leg = bench.offered();
    bench.command(model::leg::LegCommand::Answer { leg });
    caller.learn(&bench.take_sent().pop().unwrap());
    bench.command(model::leg::LegCommand::Release { leg, cause: Cause::Normal });
    bench.take_facts();
    let request = info(&mut caller, "application/dtmf", "1");
    assert_eq!(answer_to(&mut bench, &request).status(), Some(200));
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn a_tap_of_the_hook_is_taken_and_means_nothing() {
    let mut bench = Bench::new();
    let (mut caller, _) = established(&mut bench);
    let request = info(&mut caller, "application/dtmf-relay", "Signal=!\r\nDuration=100\r\n");
    assert_eq!(answer_to(&mut bench, &request).status(), Some(200));
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn what_is_no_key_is_400_and_what_is_no_such_body_415() {
    let mut bench = Bench::new();
    let (mut caller, _) = established(&mut bench);
    for body in ["Signal=55\r\n", "Signal=\r\n", "Duration=160\r\n", "x", "Signal=\u{e9}"] {
        let request = info(&mut caller, "application/dtmf-relay", body);
        assert_eq!(answer_to(&mut bench, &request).status(), Some(400), "{body:?}");
    }
    for kind in ["application/media_control+xml", "text/plain", "application/sdp"] {
        let request = info(&mut caller, kind, "5");
        let refusal = answer_to(&mut bench, &request);
        assert_eq!(refusal.status(), Some(415), "{kind}");
        let accepted = header(&refusal, HeaderName::Accept);
        assert_eq!(accepted, "application/dtmf-relay, application/dtmf");
    }
    let untyped = info(&mut caller, "x/x", "5").replace("Content-Type: x/x\r\n", "");
    assert_eq!(answer_to(&mut bench, &untyped).status(), Some(415));
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn a_package_that_nobody_asked_for_is_469_with_those_that_we_take() {
    let mut bench = Bench::new();
    let (mut caller, _) = established(&mut bench);
    let kind = "application/dtmf-relay\r\nInfo-Package: infoDtmf";
    let refusal = answer_to(&mut bench, &info(&mut caller, kind, JSSIP));
    assert_eq!(refusal.status(), Some(469));
    assert_eq!(refusal.header("Recv-Info"), Some(b"".as_slice()));
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn an_empty_info_asks_whether_the_call_is_there() {
    let mut bench = Bench::new();
    let (mut caller, _) = established(&mut bench);
    let request = caller.request("INFO", "", "");
    assert_eq!(answer_to(&mut bench, &request).status(), Some(200));
    assert_eq!(bench.take_facts(), []);
}
