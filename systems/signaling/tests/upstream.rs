//! In front of another SIP server: registrations that follow it, and phones whose buttons it
//! presses.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use model::{
    leg::{Button, LegCommand, LegFact, Progress},
    sip::Transport,
};
use signaling::{SignalingSettings, Upstream};
use wire_sip::{Credentials, HeaderName, Message, digest};

const CONTACT: &str = "<sip:abc@x7.invalid;transport=ws>";
const REACHED: &str = "<sip:5002@192.0.2.1:5060>";

fn bench() -> Bench {
    let upstream =
        Upstream { address: addr(PSTN), domain: "genesys.example".into(), trunk: "pstn".into() };
    let settings =
        SignalingSettings { upstream: Some(upstream), ..SignalingSettings::new(addr(OURS)) };
    let mut bench = Bench::with(configuration(), settings);
    bench.open(BROWSER, Transport::Wss);
    bench
}

fn in_service() -> LegFact {
    LegFact::DnInService { dn: "5002".into() }
}

fn out_of_service() -> LegFact {
    LegFact::DnOutOfService { dn: "5002".into() }
}

/// A browser asks to be registered: the REGISTER that the upstream gets for it.
fn ask(bench: &mut Bench, cseq: u32) -> Message {
    bench.flow(BROWSER, register("5002", CONTACT, 600, "a", cseq, ""));
    let (to, request) = bench.sent.pop().expect("a REGISTER goes to the upstream");
    assert_eq!((to, name(&request).as_str()), (To::Udp(addr(PSTN)), "REGISTER"));
    bench.sent.clear();
    request
}

fn answers(bench: &mut Bench, request: &Message, code: u16, extra: &str) {
    bench.udp(PSTN, response(request, code, "u", extra, ""));
}

fn grant(seconds: u32) -> String {
    format!("Contact: {REACHED};expires={seconds}")
}

fn registered(bench: &mut Bench) {
    let request = ask(bench, 1);
    answers(bench, &request, 200, &grant(600));
    assert_eq!(bench.take_names(), ["200 REGISTER"]);
    assert_eq!(bench.take_facts(), [in_service()]);
}

#[test]
fn g7_g9_a_dn_is_in_service_once_the_upstream_has_taken_it_under_our_address() {
    let mut bench = bench();
    let request = ask(&mut bench, 1);
    assert_eq!(request.request_uri(), Some("sip:genesys.example"));
    assert!(header(&request, "To").contains("<sip:5002@genesys.example>"));
    assert_eq!(header(&request, "Contact"), format!("{REACHED};expires=600"));
    assert_eq!(bench.take_facts(), [], "not before the upstream has answered");
    assert_eq!(bench.take_names(), Vec::<String>::new());
    answers(&mut bench, &request, 200, &grant(120));
    let answer = bench.take_one();
    assert_eq!(name(&answer), "200 REGISTER");
    assert_eq!(header(&answer, "Contact"), format!("{CONTACT};expires=120"), "as it granted");
    assert_eq!(bench.take_facts(), [in_service()]);
    // A refresh goes there too, with the next number in the same series.
    let again = ask(&mut bench, 2);
    assert_eq!(again.call_id(), request.call_id());
    assert_eq!(again.cseq().unwrap().number, request.cseq().unwrap().number + 1);
    answers(&mut bench, &again, 200, &grant(120));
    assert_eq!(bench.take_facts(), []);
    bench.pass_s(121);
    assert_eq!(bench.take_facts(), [out_of_service()]);
}

#[test]
fn g10_a_refusal_is_passed_on_in_words_and_not_asked_for_again_within_a_minute() {
    let mut bench = bench();
    let request = ask(&mut bench, 1);
    answers(&mut bench, &request, 404, "");
    let answer = bench.take_one();
    assert_eq!(name(&answer), "404 REGISTER");
    assert!(header(&answer, "Warning").contains("Upstream refused DN 5002: 404 Not Found"));
    assert_eq!(bench.take_facts(), []);
    for cseq in 2..6 {
        bench.pass_s(10);
        bench.flow(BROWSER, register("5002", CONTACT, 600, "a", cseq, ""));
        let answer = bench.take_one();
        assert_eq!(
            (answer.status(), answer.retry_after()),
            (Some(404), Some(61 - 10 * (cseq - 1)))
        );
    }
    bench.pass_s(21);
    let request = ask(&mut bench, 7);
    answers(&mut bench, &request, 200, &grant(600));
    assert_eq!(bench.take_facts(), [in_service()]);
}

#[test]
fn g9_a_dn_that_the_upstream_takes_no_more_is_out_of_service() {
    let mut bench = bench();
    registered(&mut bench);
    let refresh = ask(&mut bench, 2);
    answers(&mut bench, &refresh, 403, "");
    assert_eq!(bench.take_names(), ["403 REGISTER"]);
    assert_eq!(bench.take_facts(), [out_of_service()]);
}

#[test]
fn g12_a_page_that_is_gone_is_taken_off_there_too() {
    let mut bench = bench();
    registered(&mut bench);
    bench.close(BROWSER);
    assert_eq!(bench.take_facts(), [out_of_service()]);
    let last = bench.take_one();
    assert_eq!((name(&last).as_str(), last.expires()), ("REGISTER", Some(0)));
    answers(&mut bench, &last, 200, "");
    bench.pass_s(70);
    assert!(bench.sip.is_idle());
    assert_eq!(bench.take_names(), Vec::<String>::new());
}

#[test]
fn g12_signing_out_is_answered_when_the_upstream_knows_it() {
    let mut bench = bench();
    registered(&mut bench);
    bench.flow(BROWSER, register("5002", CONTACT, 0, "a", 2, ""));
    let last = bench.take_one();
    assert_eq!((name(&last).as_str(), last.expires()), ("REGISTER", Some(0)));
    answers(&mut bench, &last, 200, "");
    assert_eq!(bench.take_names(), ["200 REGISTER"]);
    assert_eq!(bench.take_facts(), [out_of_service()]);
}

#[test]
fn a_page_that_goes_while_the_upstream_thinks_is_not_left_behind() {
    let mut bench = bench();
    let request = ask(&mut bench, 1);
    bench.close(BROWSER);
    answers(&mut bench, &request, 200, &grant(600));
    let last = bench.take_one();
    assert_eq!((name(&last).as_str(), last.expires()), ("REGISTER", Some(0)));
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn a_page_loaded_again_meanwhile_is_registered_with_the_next_request() {
    let mut bench = bench();
    let first = ask(&mut bench, 1);
    let second = model::id::FlowId(8);
    bench.open(second, Transport::Wss);
    bench.flow(second, register("5002", CONTACT, 600, "b", 1, ""));
    assert_eq!(bench.take_names(), ["500 REGISTER"], "to the page that is gone");
    answers(&mut bench, &first, 200, &grant(600));
    let next = bench.take_one();
    assert_eq!(name(&next), "REGISTER");
    answers(&mut bench, &next, 200, &grant(600));
    let (to, answer) = bench.sent.pop().unwrap();
    assert_eq!((to, name(&answer).as_str()), (To::Flow(second), "200 REGISTER"));
    assert_eq!(bench.take_facts(), [in_service()]);
}

#[test]
fn a_challenge_of_the_upstream_is_answered_with_the_dn_s_password_once() {
    let mut bench = bench();
    // 5001 has a password: its phone proves itself here first.
    bench.flow(BROWSER, register("5001", CONTACT, 600, "a", 1, ""));
    let asked = bench.take_one();
    let here = asked.challenges(HeaderName::WwwAuthenticate).last().unwrap();
    let with = digest::Answer {
        username: "5001",
        password: "demo",
        method: "REGISTER",
        uri: "sip:cordboard",
        body: b"",
        cnonce: "c",
        nonce_count: 1,
    };
    let proof = format!("Authorization: {}\r\n", digest::answer(&here, &with).unwrap());
    bench.flow(BROWSER, register("5001", CONTACT, 600, "a", 2, &proof));
    let request = bench.take_one();
    assert!(request.header(HeaderName::Authorization).is_none(), "ours is not the upstream's");
    let challenge = "WWW-Authenticate: Digest realm=\"genesys\", nonce=\"n1\", qop=\"auth\"";
    answers(&mut bench, &request, 401, challenge);
    let proven = bench.take_one();
    let value = proven.header(HeaderName::Authorization).unwrap();
    let credentials = Credentials::parse(value).unwrap();
    let key = digest::ha1(wire_sip::Algorithm::Md5, b"5001", b"genesys", b"demo");
    assert!(digest::verify(&credentials, &key, "REGISTER", b""));
    // Wrong for the upstream: that is a refusal, not a challenge for the phone.
    answers(&mut bench, &proven, 401, challenge);
    assert_eq!(bench.take_names(), ["403 REGISTER"]);
}

#[test]
fn an_upstream_that_says_nothing_is_504_and_asked_again() {
    let mut bench = bench();
    ask(&mut bench, 1);
    bench.pass_s(11);
    let names = bench.take_names();
    assert!(names.contains(&"504 REGISTER".to_owned()), "{names:?}");
    bench.pass_s(40);
    bench.take_sent();
    let request = ask(&mut bench, 2);
    answers(&mut bench, &request, 200, &grant(600));
    assert_eq!(bench.take_facts(), [in_service()]);
}

/// A call that rings at a phone of ours, from `from`.
fn ringing_from_upstream(bench: &mut Bench) -> (Caller, model::LegId) {
    let mut caller = Caller::new("5551234567", "call1");
    bench.udp(PSTN, caller.invite("", OFFER));
    let leg = bench.offered();
    bench.command(LegCommand::Progress { leg, progress: Progress::Ringing });
    let ringing = bench.take_sent().pop().unwrap();
    assert!(ringing.has_token(HeaderName::AllowEvents, "talk"));
    assert!(ringing.has_token(HeaderName::AllowEvents, "hold"));
    caller.learn(&ringing);
    (caller, leg)
}

fn press(bench: &mut Bench, caller: &mut Caller, event: &str) -> Vec<String> {
    bench.udp(PSTN, caller.request("NOTIFY", &format!("Event: {event}\r\n"), ""));
    bench.take_names()
}

#[test]
fn g1_notify_talk_in_the_early_dialog_is_taken_at_once_and_presses_the_button() {
    let mut bench = bench();
    let (mut caller, leg) = ringing_from_upstream(&mut bench);
    let talk = [LegFact::Pressed { leg, button: Button::Talk }];
    assert_eq!(press(&mut bench, &mut caller, "talk"), ["200 NOTIFY"]);
    assert_eq!(bench.take_facts(), talk);
    bench.command(LegCommand::Answer { leg });
    bench.take_sent();
    bench.take_facts();
    bench.udp(PSTN, caller.request("ACK", "", ""));
    assert_eq!(press(&mut bench, &mut caller, "hold;id=1"), ["200 NOTIFY"]);
    assert_eq!(bench.take_facts(), [LegFact::Pressed { leg, button: Button::Hold }]);
    assert_eq!(press(&mut bench, &mut caller, "talk"), ["200 NOTIFY"]);
    assert_eq!(bench.take_facts(), talk);
    assert_eq!(press(&mut bench, &mut caller, "dialog"), ["489 NOTIFY"]);
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn g1_a_repeated_notify_is_answered_again_and_presses_nothing() {
    let mut bench = bench();
    let (mut caller, _) = ringing_from_upstream(&mut bench);
    let notify = caller.request("NOTIFY", "Event: talk\r\n", "");
    for _ in 0..9 {
        bench.udp(PSTN, &notify);
    }
    assert_eq!(bench.take_names(), vec!["200 NOTIFY"; 9]);
    assert_eq!(bench.take_facts().len(), 1);
}

#[test]
fn without_an_upstream_nobody_presses_our_buttons() {
    let mut bench = Bench::new();
    let (mut caller, _) = ringing_from_upstream(&mut bench);
    assert_eq!(press(&mut bench, &mut caller, "talk"), ["489 NOTIFY"]);
    assert_eq!(bench.take_facts(), []);
}
