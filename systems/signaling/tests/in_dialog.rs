//! Calls that are up: re-INVITE, UPDATE, session timers, glare, order of requests, trunks' health.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use model::{
    LegId,
    leg::{Cause, LegCommand, LegFact},
    media::MediaCommand,
};
use signaling::SignalingSettings;

const LEG: LegId = LegId(1);
const CONTACT: &str = "Contact: <sip:5@192.0.2.10:5070>\r\n";

fn idle(bench: &mut Bench) {
    bench.pass_s(70);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

/// A call from the trunk whose INVITE asked for session timers.
fn timed(bench: &mut Bench, extra: &str) -> (Caller, LegId, wire_sip::Message) {
    let mut caller = Caller::new("5551234567", "timed");
    bench.udp(PSTN, caller.invite(extra, OFFER));
    let leg = bench.offered();
    bench.command(LegCommand::Answer { leg });
    let ok = bench.take_sent().pop().unwrap();
    caller.learn(&ok);
    bench.udp(PSTN, caller.request("ACK", "", ""));
    bench.take_facts();
    bench.take_media();
    (caller, leg, ok)
}

/// A phone in a call with these headers in its 200; the interval asked for is 180 s.
fn phone_with(bench: &mut Bench, extra: &str) -> (To, wire_sip::Message) {
    bench.register_udp("5002");
    let (to, invite) = ringing(bench, 1, "5002");
    assert_eq!(header(&invite, "Session-Expires"), "180;refresher=uac");
    bench.arrive(to, response(&invite, 200, "p", extra, "v=0 phone"));
    bench.take_facts();
    bench.take_sent();
    bench.take_media();
    (to, invite)
}

fn short_sessions() -> Bench {
    let settings =
        SignalingSettings { session_expires_s: 180, ..SignalingSettings::new(addr(OURS)) };
    Bench::with(configuration(), settings)
}

#[test]
fn a_new_offer_goes_to_media_and_its_answer_comes_back() {
    let mut bench = Bench::new();
    let (mut caller, leg) = established(&mut bench);
    bench.udp(PSTN, caller.request("INVITE", CONTACT, "v=0 hold"));
    let reoffer = MediaCommand::Reoffer { leg, offer: b"v=0 hold".to_vec() };
    assert_eq!(bench.take_media(), [reoffer]);
    let ok = bench.take_sent().pop().unwrap();
    assert_eq!((ok.status(), ok.body()), (Some(200), b"v=0 again in1".as_slice()));
    bench.pass_ms(600);
    assert_eq!(bench.take_names(), ["200 INVITE"]);
    bench.udp(PSTN, caller.request("ACK", "", ""));
    bench.pass_s(30);
    assert_eq!(bench.take_names(), [""; 0]);
    bench.udp(PSTN, caller.request("UPDATE", CONTACT, "v=0 resume"));
    let ok = bench.take_one();
    assert_eq!((ok.status(), ok.body()), (Some(200), b"v=0 again in1".as_slice()));
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn an_offer_that_media_refuses_is_488_and_the_call_goes_on() {
    let mut bench = Bench::new();
    let (mut caller, leg) = established(&mut bench);
    bench.refuse_media = true;
    bench.udp(PSTN, caller.request("INVITE", CONTACT, "v=0 video"));
    assert_eq!(bench.take_names(), ["100 INVITE", "488 INVITE"]);
    bench.udp(PSTN, caller.same_branch("ACK"));
    bench.refuse_media = false;
    bench.udp(PSTN, caller.request("INVITE", CONTACT, "v=0 audio"));
    assert_eq!(bench.take_names(), ["100 INVITE", "200 INVITE"]);
    assert_eq!(bench.take_facts(), []);
    bench.udp(PSTN, caller.request("ACK", "", ""));
    bench.udp(PSTN, caller.request("BYE", "", ""));
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Normal)]);
    idle(&mut bench);
}

#[test]
fn a_refresh_with_the_same_sdp_or_none_leaves_media_alone() {
    let mut bench = Bench::new();
    let (mut caller, _) = established(&mut bench);
    for (method, sdp) in [("INVITE", OFFER), ("UPDATE", OFFER), ("UPDATE", ""), ("INVITE", "")] {
        bench.udp(PSTN, caller.request(method, CONTACT, sdp));
        let ok = bench.take_sent().pop().unwrap();
        assert_eq!(ok.status(), Some(200), "{method}");
        let expected: &[u8] = match (method, sdp) {
            ("UPDATE", "") => b"",
            _ => b"v=0 ours in1",
        };
        assert_eq!(ok.body(), expected, "{method}");
        if method == "INVITE" {
            bench.udp(PSTN, caller.request("ACK", "", if sdp.is_empty() { OFFER } else { "" }));
        }
    }
    assert_eq!(bench.take_media(), []);
    bench.pass_s(32);
    assert_eq!(bench.take_names(), [""; 0]);
}

#[test]
fn an_offerless_reinvite_that_brings_new_sdp_in_its_ack_moves_media() {
    let mut bench = Bench::new();
    let (mut caller, leg) = established(&mut bench);
    bench.udp(PSTN, caller.request("INVITE", CONTACT, ""));
    bench.udp(PSTN, caller.request("ACK", "", "v=0 third party"));
    let moved = MediaCommand::Reoffer { leg, offer: b"v=0 third party".to_vec() };
    assert_eq!(bench.take_media(), [moved]);
    bench.take_sent();
    bench.udp(PSTN, caller.request("UPDATE", CONTACT, "v=0 next"));
    assert_eq!(bench.take_names(), ["200 UPDATE"]);
}

#[test]
fn offers_that_cross_are_491_and_offers_on_top_of_offers_500() {
    let mut bench = short_sessions();
    let (to, invite) = phone_with(&mut bench, "Session-Expires: 180;refresher=uac");
    bench.pass_s(90);
    let refresh = bench.take_one();
    assert_eq!(name(&refresh), "INVITE");
    let theirs = |method: &str, cseq: u32, sdp: &str| {
        let us = invite.from().unwrap();
        format!(
            "{method} sip:5551234567@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;\
             branch=z9hG4bKx{method}{cseq}\r\nFrom: <sip:5002@cordboard>;tag=p\r\nTo: \
             <{}>;tag={}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\nContact: \
             <sip:x@192.0.2.20:5062>\r\nContent-Type: application/sdp\r\nContent-Length: \
             {}\r\n\r\n{sdp}",
            us.uri,
            us.tag().unwrap(),
            invite.call_id(),
            sdp.len()
        )
    };
    bench.arrive(to, theirs("INVITE", 1, "v=0 hold"));
    assert_eq!(bench.take_names(), ["491 INVITE"]);
    bench.arrive(
        to,
        theirs("INVITE", 1, "v=0 hold").replace("INVITE ", "ACK ").replace("1 INVITE", "1 ACK"),
    );
    bench.arrive(to, response(&refresh, 491, "p", "", ""));
    bench.take_sent();
    bench.is_media_silent = true;
    bench.arrive(to, theirs("UPDATE", 2, "v=0 hold"));
    assert_eq!(bench.take_names(), [""; 0]);
    bench.arrive(to, theirs("UPDATE", 3, "v=0 other"));
    let busy = bench.take_one();
    assert_eq!(busy.status(), Some(500));
    assert!(busy.retry_after().is_some());
    bench.described(LEG, "v=0 held");
    let ok = bench.take_one();
    assert_eq!((ok.status(), ok.body()), (Some(200), b"v=0 held".as_slice()));
}

#[test]
fn after_a_glare_we_try_again_within_four_seconds() {
    let mut bench = short_sessions();
    let (to, _) = phone_with(&mut bench, "Session-Expires: 180;refresher=uac");
    bench.pass_s(90);
    let refresh = bench.take_one();
    bench.arrive(to, response(&refresh, 491, "p", "", ""));
    assert_eq!(bench.take_names(), ["ACK"]);
    bench.pass_ms(2_000);
    assert_eq!(bench.take_names(), [""; 0]);
    bench.pass_ms(2_000);
    assert_eq!(bench.take_names().first().map(String::as_str), Some("INVITE"));
}

#[test]
fn requests_out_of_order_are_500_and_gaps_are_legal() {
    let mut bench = Bench::new();
    let (mut caller, leg) = established(&mut bench);
    caller.cseq = 100;
    bench.udp(PSTN, caller.request("INFO", "", ""));
    assert_eq!(bench.take_names(), ["200 INFO"]);
    caller.cseq = 50;
    bench.udp(PSTN, caller.request("INFO", "", ""));
    assert_eq!(bench.take_names(), ["500 INFO"]);
    caller.cseq = 7_000;
    bench.udp(PSTN, caller.request("BYE", "", ""));
    assert_eq!(bench.take_names(), ["200 BYE"]);
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Normal)]);
    bench.udp(PSTN, caller.request("INFO", "", ""));
    assert_eq!(bench.take_names(), ["481 INFO"]);
    idle(&mut bench);
}

#[test]
fn g8_a_request_without_a_user_in_its_uri_finds_its_call_by_the_dialog() {
    let mut bench = Bench::new();
    let (mut caller, leg) = established(&mut bench);
    let bye = caller.request("BYE", "", "").replace("BYE sip:+18005551234@", "BYE sip:");
    bench.udp(PSTN, bye);
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Normal)]);
}

#[test]
fn a_request_with_foreign_tags_is_not_of_the_call() {
    let mut bench = Bench::new();
    let (mut caller, _) = established(&mut bench);
    bench.udp(PSTN, caller.request("BYE", "", "").replace(";tag=c\r\n", ";tag=evil\r\n"));
    assert_eq!(bench.take_names(), ["481 BYE"]);
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn a_hang_up_in_the_middle_of_a_reinvite_ends_it_too() {
    let mut bench = Bench::new();
    let (mut caller, leg) = established(&mut bench);
    bench.is_media_silent = true;
    bench.udp(PSTN, caller.request("INVITE", CONTACT, "v=0 hold"));
    bench.take_sent();
    bench.udp(PSTN, caller.request("BYE", "", ""));
    assert_eq!(bench.take_names(), ["200 BYE", "487 INVITE"]);
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Normal)]);
    bench.described(leg, "v=0 late");
    assert_eq!(bench.take_names(), [""; 0]);
    idle(&mut bench);
}

#[test]
fn a_cancelled_reinvite_leaves_the_call_up() {
    let mut bench = Bench::new();
    let (mut caller, leg) = established(&mut bench);
    bench.is_media_silent = true;
    bench.udp(PSTN, caller.request("INVITE", CONTACT, "v=0 hold"));
    bench.take_sent();
    let cancel = caller.same_branch("CANCEL");
    bench.udp(PSTN, cancel);
    assert_eq!(bench.take_names(), ["200 CANCEL", "487 INVITE"]);
    bench.udp(PSTN, caller.same_branch("ACK"));
    bench.described(leg, "v=0 late");
    assert_eq!((bench.take_facts(), bench.take_names()), (vec![], vec![]));
    bench.is_media_silent = false;
    bench.udp(PSTN, caller.request("UPDATE", CONTACT, "v=0 next"));
    assert_eq!(bench.take_names(), ["200 UPDATE"]);
}

#[test]
fn g21_a_caller_that_refreshes_keeps_its_call_and_one_that_stops_loses_it() {
    let mut bench = Bench::new();
    let asked = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n";
    let (mut caller, leg, ok) = timed(&mut bench, asked);
    assert_eq!(header(&ok, "Session-Expires"), "90;refresher=uac");
    assert_eq!(header(&ok, "Require"), "timer");
    bench.pass_s(45);
    bench.udp(PSTN, caller.request("UPDATE", &format!("{asked}{CONTACT}"), ""));
    assert_eq!(bench.take_names(), ["200 UPDATE"]);
    bench.pass_s(59);
    assert_eq!(bench.take_names(), [""; 0]);
    bench.pass_s(2);
    assert_eq!(bench.take_names().first().map(String::as_str), Some("BYE"));
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Unreachable)]);
    assert_eq!(bench.take_media(), [MediaCommand::Close { leg }]);
    idle(&mut bench);
}

#[test]
fn a_caller_may_have_us_refresh() {
    let mut bench = Bench::new();
    let asked = "Supported: timer\r\nAllow: UPDATE\r\nSession-Expires: 180;refresher=uas\r\n";
    let (_, leg, ok) = timed(&mut bench, asked);
    assert_eq!(header(&ok, "Session-Expires"), "180;refresher=uas");
    for _ in 0..3 {
        bench.pass_s(90);
        let update = bench.take_one();
        assert_eq!(name(&update), "UPDATE");
        assert_eq!(header(&update, "Session-Expires"), "180;refresher=uac");
        bench.udp(PSTN, response(&update, 200, "c", "Session-Expires: 180;refresher=uac", ""));
    }
    assert_eq!((bench.take_facts(), bench.take_media()), (vec![], vec![]));
    bench.pass_s(90);
    bench.pass_s(32);
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Unreachable)]);
}

#[test]
fn too_short_a_session_is_422_with_the_shortest() {
    let mut bench = Bench::new();
    bench.udp(PSTN, Caller::new("555", "c").invite("Session-Expires: 60\r\n", OFFER));
    let answer = bench.take_sent().pop().unwrap();
    assert_eq!((answer.status(), answer.min_se()), (Some(422), Some(90)));
    let (mut caller, _) = established(&mut bench);
    bench.udp(PSTN, caller.request("UPDATE", "Session-Expires: 60\r\n", ""));
    assert_eq!(bench.take_names(), ["422 UPDATE"]);
}

#[test]
fn g21_a_phones_session_is_refreshed_at_half_time_without_touching_media() {
    let mut bench = short_sessions();
    let allow = "Allow: INVITE, ACK, BYE, UPDATE\nSession-Expires: 180;refresher=uac";
    let (to, _) = phone_with(&mut bench, allow);
    bench.pass_s(90);
    let update = bench.take_one();
    assert_eq!((name(&update).as_str(), update.body()), ("UPDATE", b"".as_slice()));
    bench.arrive(to, response(&update, 405, "p", "", ""));
    let invite = bench.take_one();
    assert_eq!((name(&invite).as_str(), invite.body()), ("INVITE", b"v=0 ours out1".as_slice()));
    let ok = response(&invite, 200, "p", "Session-Expires: 180;refresher=uac", "v=0 phone");
    bench.arrive(to, &ok);
    assert_eq!(bench.take_names(), ["ACK"]);
    bench.arrive(to, &ok);
    assert_eq!(bench.take_names(), ["ACK"]);
    assert_eq!((bench.take_facts(), bench.take_media()), (vec![], vec![]));
}

#[test]
fn a_phone_without_timers_has_none() {
    let mut bench = short_sessions();
    phone_with(&mut bench, "");
    bench.pass_s(3_000);
    assert_eq!((bench.take_facts(), bench.take_names()), (vec![], vec![]));
    assert_eq!(bench.sip.counts(), (1, 0, 0));
}

#[test]
fn a_phone_that_forgot_the_call_ends_it_at_the_refresh() {
    let mut bench = short_sessions();
    let (to, _) = phone_with(&mut bench, "Session-Expires: 180;refresher=uac");
    bench.pass_s(90);
    let refresh = bench.take_one();
    bench.arrive(to, response(&refresh, 481, "p", "", ""));
    assert_eq!(bench.take_names(), ["ACK", "BYE"]);
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::Unreachable)]);
    idle(&mut bench);
}

#[test]
fn media_that_can_not_use_a_phones_answer_ends_the_call() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    in_call(&mut bench, 1, "5002");
    let reason = "no common codec".into();
    let refused = model::media::MediaFact::Refused { leg: LEG, reason };
    bench.input(signaling::Input::Media(refused));
    assert_eq!(bench.take_names(), ["BYE"]);
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::NoCommonCodec)]);
}

#[test]
fn a_trunk_is_up_when_it_answers_probes_and_down_when_it_does_not() {
    let mut configuration = configuration();
    configuration.trunks.get_mut(&model::TrunkName::from("pstn")).unwrap().probe_s = 30;
    let mut bench = Bench::with(configuration, SignalingSettings::new(addr(OURS)));
    bench.pass_ms(1);
    let (to, probe) = bench.sent.pop().unwrap();
    assert_eq!((to, name(&probe).as_str()), (To::Udp(addr(PSTN)), "OPTIONS"));
    bench.arrive(to, response(&probe, 404, "t", "", ""));
    assert_eq!(bench.trunks, [("pstn".to_owned(), true)]);
    bench.pass_s(29);
    assert_eq!(bench.take_names(), [""; 0]);
    bench.pass_s(34);
    assert_eq!(bench.trunks.last().unwrap(), &("pstn".to_owned(), false));
    let (to, probe) = bench.sent.pop().unwrap();
    bench.arrive(to, response(&probe, 200, "t", "", ""));
    assert_eq!(bench.trunks.len(), 3);
    bench.arrive(to, response(&probe, 200, "t", "", ""));
    assert_eq!(bench.trunks.len(), 3);
    bench.input(signaling::Input::Configuration(common::configuration().into()));
    bench.pass_s(60);
    assert_eq!(bench.trunks.len(), 3);
    assert!(bench.sip.is_idle());
}

#[test]
fn a_leg_that_nobody_knows_is_no_harm() {
    let mut bench = Bench::new();
    let leg = LegId(99);
    for command in [
        LegCommand::Answer { leg },
        LegCommand::AnswerPhone { leg },
        LegCommand::Release { leg, cause: Cause::Normal },
    ] {
        bench.command(command);
    }
    bench.described(leg, "v=0");
    assert_eq!((bench.take_facts(), bench.take_names()), (vec![], vec![]));
}

#[test]
fn answered_is_said_once() {
    let mut bench = Bench::new();
    let (_, leg) = established(&mut bench);
    bench.command(LegCommand::Answer { leg });
    assert_eq!((bench.take_facts(), bench.take_names()), (Vec::<LegFact>::new(), vec![]));
}
