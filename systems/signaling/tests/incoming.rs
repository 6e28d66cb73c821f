//! Calls that come in: what the caller hears, and every way in which they are answered or end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::time::Duration;

use common::*;
use model::{
    CallUuid, LegId, TrunkName,
    leg::{Cause, LegCommand, LegFact, LegSource, Progress},
    media::{LegKind, MediaCommand},
    sip::Transport,
};
use signaling::SignalingSettings;
use wire_sip::{HeaderName, Method, digest};

fn offer(bench: &mut Bench, extra: &str) -> (Caller, LegId) {
    let mut caller = Caller::new("5551234567", "call1");
    bench.udp(PSTN, caller.invite(extra, OFFER));
    let leg = bench.offered();
    (caller, leg)
}

fn early(bench: &mut Bench, leg: LegId) {
    bench.command(LegCommand::Progress { leg, progress: Progress::EarlyMedia });
}

fn idle(bench: &mut Bench) {
    bench.pass_s(70);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

#[test]
fn the_switch_learns_who_calls_from_the_asserted_identity() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("anonymous", "c");
    let upstream = uuid();
    let extra = format!(
        "P-Asserted-Identity: \"Sample, Customer\" <tel:+1-555-123-4567>\r\n\
         X-Genesys-CallUUID: {upstream}\r\n"
    );
    bench.udp(PSTN, caller.invite(&extra, OFFER));
    let expected = LegFact::Offered {
        leg: LegId(model::leg::FIRST_OFFERED_LEG),
        source: LegSource::Trunk(TrunkName::from("pstn")),
        ani: "+15551234567".into(),
        name: Some("Sample, Customer".into()),
        dnis: "+18005551234".into(),
        uuid: Some(upstream),
    };
    assert_eq!(bench.take_facts(), [expected]);
    let sent = bench.take_sent();
    assert_eq!(name(&sent[0]), "100 INVITE");
}

#[test]
fn media_that_can_not_be_used_is_488_with_a_warning_and_no_news_for_the_switch() {
    let mut bench = Bench::new();
    bench.refuse_media = true;
    bench.udp(PSTN, Caller::new("555", "c").invite("", OFFER));
    let answer = bench.take_sent().pop().unwrap();
    assert_eq!(answer.status(), Some(488));
    assert!(header(&answer, "Warning").contains("304 192.0.2.1:5060 \"no common codec\""));
    assert_eq!(bench.take_facts(), []);
    assert_eq!(bench.sip.counts().0, 0);
}

#[test]
fn a_body_that_is_no_sdp_is_415() {
    let mut bench = Bench::new();
    let text = Caller::new("555", "c").invite("", OFFER).replace("application/sdp", "text/plain");
    bench.udp(PSTN, text);
    let answer = bench.take_sent().pop().unwrap();
    assert_eq!(
        (answer.status(), header(&answer, "Accept").as_str()),
        (Some(415), "application/sdp")
    );
}

#[test]
fn early_media_is_183_with_sdp_repeated_every_minute_and_the_200_says_the_same() {
    let mut bench = Bench::new();
    let (_, leg) = offer(&mut bench, "");
    bench.take_sent();
    early(&mut bench, leg);
    let first = bench.take_one();
    assert_eq!((first.status(), first.body()), (Some(183), b"v=0 ours in1".as_slice()));
    assert!(first.rseq().is_none());
    bench.pass_s(121);
    assert_eq!(bench.take_names(), ["183 INVITE", "183 INVITE"]);
    bench.command(LegCommand::Answer { leg });
    let ok = bench.take_one();
    assert_eq!((ok.status(), ok.body()), (Some(200), first.body()));
    assert_eq!(ok.to_tag(), first.to_tag());
    assert_eq!(header(&ok, "Contact"), "<sip:+18005551234@192.0.2.1:5060>");
}

#[test]
fn g4_ringing_is_180_without_sdp() {
    let mut bench = Bench::new();
    let (_, leg) = offer(&mut bench, "Supported: 100rel\r\n");
    bench.take_sent();
    bench.command(LegCommand::Progress { leg, progress: Progress::Ringing });
    let ringing = bench.take_one();
    assert_eq!(
        (ringing.status(), ringing.body(), ringing.rseq()),
        (Some(180), b"".as_slice(), None)
    );
    assert!(ringing.has_token(HeaderName::AllowEvents, "talk"));
}

#[test]
fn a_2xx_is_repeated_until_ack_and_then_no_more() {
    let mut bench = Bench::new();
    let (mut caller, leg) = offer(&mut bench, "");
    bench.command(LegCommand::Answer { leg });
    caller.learn(bench.take_sent().last().unwrap());
    let mut at = Vec::new();
    for tick in 1..=120 {
        bench.pass_ms(100);
        at.extend(bench.take_names().iter().map(|name| {
            assert_eq!(name, "200 INVITE");
            tick
        }));
    }
    // 0.5, 1.5, 3.5, 7.5 and every 4 s.
    assert_eq!(at, [5, 15, 35, 75, 115]);
    bench.udp(PSTN, caller.request("ACK", "", ""));
    bench.pass_s(60);
    assert_eq!(bench.take_names(), [""; 0]);
    assert_eq!(bench.take_facts(), [LegFact::Answered { leg }]);
    assert_eq!(bench.sip.counts(), (1, 0, 0));
}

#[test]
fn a_2xx_that_is_never_acknowledged_ends_the_call_with_bye() {
    let mut bench = Bench::new();
    let (_, leg) = offer(&mut bench, "");
    bench.command(LegCommand::Answer { leg });
    bench.take_facts();
    bench.pass(Duration::from_millis(31_999));
    assert_eq!(bench.take_facts(), []);
    bench.take_sent();
    bench.pass_ms(2);
    assert_eq!(bench.take_names(), ["BYE"]);
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Unreachable)]);
    idle(&mut bench);
}

#[test]
fn a_caller_who_gives_up_is_487_and_cancelled() {
    let mut bench = Bench::new();
    let (caller, leg) = offer(&mut bench, "");
    early(&mut bench, leg);
    bench.take_sent();
    bench.udp(PSTN, caller.same_branch("CANCEL"));
    let sent = bench.take_sent();
    assert_eq!(sent.iter().map(name).collect::<Vec<_>>(), ["200 CANCEL", "487 INVITE"]);
    assert_eq!(sent[0].to_tag(), sent[1].to_tag());
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Cancelled)]);
    assert_eq!(bench.take_media().pop(), Some(MediaCommand::Close { leg }));
    bench.udp(PSTN, caller.same_branch("ACK"));
    bench.pass_s(3);
    assert_eq!(bench.take_names(), [""; 0]);
    idle(&mut bench);
}

#[test]
fn a_cancel_before_media_is_described_is_no_news_for_the_switch() {
    let mut bench = Bench::new();
    bench.is_media_silent = true;
    let mut caller = Caller::new("555", "c");
    bench.udp(PSTN, caller.invite("", OFFER));
    bench.udp(PSTN, caller.same_branch("CANCEL"));
    assert_eq!(bench.take_names(), ["100 INVITE", "200 CANCEL", "487 INVITE"]);
    bench.described(LegId(model::leg::FIRST_OFFERED_LEG), "v=0 late");
    assert_eq!(bench.take_facts(), []);
    idle(&mut bench);
}

#[test]
fn a_cancel_that_crosses_the_200_changes_nothing() {
    let mut bench = Bench::new();
    let (caller, leg) = offer(&mut bench, "");
    bench.command(LegCommand::Answer { leg });
    bench.take_sent();
    bench.take_facts();
    bench.udp(PSTN, caller.same_branch("CANCEL"));
    assert_eq!(bench.take_names(), ["200 CANCEL"]);
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn g4_a_refusal_tells_the_cause_and_is_repeated_until_ack() {
    for (cause, status, q850) in [
        (Cause::Unallocated, 404, 1),
        (Cause::Busy, 486, 17),
        (Cause::Overloaded, 503, 42),
        (Cause::NoAnswer, 480, 19),
    ] {
        let mut bench = Bench::new();
        let (caller, leg) = offer(&mut bench, "");
        bench.take_sent();
        bench.command(LegCommand::Release { leg, cause });
        let answer = bench.take_one();
        assert_eq!(answer.status(), Some(status));
        let reason = format!("Q.850;cause={q850};text=\"{cause}\"");
        assert_eq!(header(&answer, "Reason"), reason);
        assert_eq!(answer.retry_after().is_some(), status == 503);
        assert_eq!(bench.take_facts(), [ended(leg, cause)]);
        bench.pass_ms(1_600);
        assert_eq!(bench.take_sent().len(), 2);
        bench.udp(PSTN, caller.same_branch("ACK"));
        bench.pass_s(20);
        assert_eq!(bench.take_names(), [""; 0]);
        idle(&mut bench);
    }
}

#[test]
fn hanging_up_before_the_ack_waits_for_it_with_bye() {
    let mut bench = Bench::new();
    let (mut caller, leg) = offer(&mut bench, "");
    bench.command(LegCommand::Answer { leg });
    caller.learn(bench.take_sent().last().unwrap());
    bench.command(LegCommand::Release { leg, cause: Cause::Normal });
    assert_eq!(bench.take_facts().pop(), Some(ended(leg, Cause::Normal)));
    assert_eq!(bench.take_names(), [""; 0]);
    bench.pass_s(2);
    assert_eq!(bench.take_names(), ["200 INVITE", "200 INVITE"]);
    bench.udp(PSTN, caller.request("ACK", "", ""));
    let bye = bench.take_one();
    assert_eq!(name(&bye), "BYE");
    assert_eq!(header(&bye, "Reason"), "Q.850;cause=16;text=\"Normal call clearing\"");
    idle(&mut bench);
}

#[test]
fn g3_an_invite_without_sdp_gets_our_offer_and_its_answer_comes_in_the_ack() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("555", "c");
    bench.udp(PSTN, caller.invite("", ""));
    let leg = bench.offered();
    let open = MediaCommand::open(leg, LegKind::Plain, None);
    assert_eq!(bench.take_media(), [open]);
    bench.command(LegCommand::Answer { leg });
    let ok = bench.take_sent().pop().unwrap();
    assert_eq!(ok.body(), b"v=0 ours in1");
    caller.learn(&ok);
    // Genesys's failure form: no address to send to, then BYE.
    let nowhere = "v=0\r\nc=IN IP4 0.0.0.0\r\n";
    bench.udp(PSTN, caller.request("ACK", "", nowhere));
    let answer = MediaCommand::Answer { leg, sdp: nowhere.as_bytes().to_vec() };
    assert_eq!(bench.take_media(), [answer]);
    bench.udp(PSTN, caller.request("BYE", "", ""));
    assert_eq!(bench.take_facts().pop(), Some(ended(leg, Cause::Normal)));
    idle(&mut bench);
}

#[test]
fn g3_an_ack_without_the_answer_that_it_owes_ends_the_call() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("555", "c");
    bench.udp(PSTN, caller.invite("", ""));
    let leg = bench.offered();
    bench.command(LegCommand::Answer { leg });
    caller.learn(&bench.take_sent().pop().unwrap());
    bench.udp(PSTN, caller.request("ACK", "", ""));
    assert_eq!(bench.take_names(), ["BYE"]);
    assert_eq!(bench.take_facts().pop(), Some(ended(leg, Cause::NoCommonCodec)));
}

#[test]
fn a_reliable_183_is_repeated_until_its_prack_which_must_fit() {
    let mut bench = Bench::new();
    let (mut caller, leg) = offer(&mut bench, "Supported: timer, 100rel\r\n");
    bench.take_sent();
    early(&mut bench, leg);
    let progress = bench.take_one();
    assert!(progress.has_token(HeaderName::Require, "100rel"));
    let rseq = progress.rseq().unwrap();
    caller.learn(&progress);
    bench.pass_ms(1_600);
    assert_eq!(bench.take_names(), ["183 INVITE", "183 INVITE"]);
    let invite = caller.cseq;
    for wrong in [format!("{} {invite} INVITE", rseq + 1), format!("{rseq} {} INVITE", invite + 1)]
    {
        bench.udp(PSTN, caller.request("PRACK", &format!("RAck: {wrong}\r\n"), ""));
        assert_eq!(bench.take_names(), ["481 PRACK"]);
    }
    let prack = caller.request("PRACK", &format!("RAck: {rseq} {invite} INVITE\r\n"), "");
    bench.udp(PSTN, prack);
    assert_eq!(bench.take_names(), ["200 PRACK"]);
    bench.pass_s(30);
    assert_eq!(bench.take_names(), [""; 0]);
}

#[test]
fn the_200_waits_for_the_prack_of_the_description_before_it() {
    let mut bench = Bench::new();
    let (mut caller, leg) = offer(&mut bench, "Require: 100rel\r\n");
    bench.take_sent();
    early(&mut bench, leg);
    let progress = bench.take_one();
    caller.learn(&progress);
    bench.command(LegCommand::Answer { leg });
    assert_eq!(bench.take_names(), [""; 0]);
    let rack = format!("RAck: {} {} INVITE\r\n", progress.rseq().unwrap(), caller.cseq);
    bench.udp(PSTN, caller.request("PRACK", &rack, ""));
    assert_eq!(bench.take_names(), ["200 PRACK", "200 INVITE"]);
    assert_eq!(bench.take_facts(), [LegFact::Answered { leg }]);
}

#[test]
fn a_reliable_response_that_is_never_acknowledged_ends_the_call_with_a_5xx() {
    let mut bench = Bench::new();
    let (_, leg) = offer(&mut bench, "Require: 100rel\r\n");
    early(&mut bench, leg);
    bench.take_sent();
    bench.pass_s(64);
    assert!(bench.take_names().contains(&"504 INVITE".to_owned()));
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Unreachable)]);
    idle(&mut bench);
}

#[test]
fn an_offer_in_a_reliable_183_is_answered_in_its_prack() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("555", "c");
    bench.udp(PSTN, caller.invite("Require: 100rel\r\n", ""));
    let leg = bench.offered();
    bench.take_media();
    bench.take_sent();
    early(&mut bench, leg);
    let progress = bench.take_one();
    caller.learn(&progress);
    let rack = format!("RAck: {} {} INVITE\r\n", progress.rseq().unwrap(), caller.cseq);
    bench.udp(PSTN, caller.request("PRACK", &rack, "v=0 answer"));
    assert_eq!(bench.take_media(), [MediaCommand::Answer { leg, sdp: b"v=0 answer".to_vec() }]);
    bench.take_sent();
    bench.command(LegCommand::Answer { leg });
    let ok = bench.take_one();
    assert_eq!((ok.status(), ok.body()), (Some(200), b"".as_slice()));
    bench.udp(PSTN, caller.request("ACK", "", ""));
    assert_eq!(bench.take_names(), [""; 0]);
    assert_eq!(bench.take_facts(), [LegFact::Answered { leg }]);
}

#[test]
fn info_options_and_update_are_answered_while_it_rings() {
    let mut bench = Bench::new();
    let (mut caller, leg) = offer(&mut bench, "");
    early(&mut bench, leg);
    caller.learn(&bench.take_sent().pop().unwrap());
    let contact = "Contact: <sip:5@192.0.2.10:5070>\r\n";
    for (method, sdp, expected) in [
        ("INFO", "", "200 INFO"),
        ("OPTIONS", "", "200 OPTIONS"),
        ("UPDATE", "", "200 UPDATE"),
        ("UPDATE", "v=0 new", "500 UPDATE"),
        ("NOTIFY", "", "489 NOTIFY"),
        ("REFER", "", "403 REFER"),
        ("MESSAGE", "", "405 MESSAGE"),
    ] {
        bench.udp(PSTN, caller.request(method, contact, sdp));
        assert_eq!(bench.take_names(), [expected]);
    }
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn an_update_after_a_pracked_183_renegotiates_the_early_media() {
    let mut bench = Bench::new();
    let (mut caller, leg) = offer(&mut bench, "Supported: 100rel\r\n");
    bench.take_sent();
    early(&mut bench, leg);
    let progress = bench.take_one();
    caller.learn(&progress);
    let rack = format!("RAck: {} {} INVITE\r\n", progress.rseq().unwrap(), caller.cseq);
    bench.udp(PSTN, caller.request("PRACK", &rack, ""));
    bench.take_sent();
    bench.udp(PSTN, caller.request("UPDATE", "", "v=0 moved"));
    let answer = bench.take_one();
    assert_eq!((answer.status(), answer.body()), (Some(200), b"v=0 again in1".as_slice()));
}

#[test]
fn a_bye_before_the_answer_gives_up_the_call() {
    let mut bench = Bench::new();
    let (mut caller, leg) = offer(&mut bench, "");
    early(&mut bench, leg);
    caller.learn(&bench.take_sent().pop().unwrap());
    bench.udp(PSTN, caller.request("BYE", "", ""));
    assert_eq!(bench.take_names(), ["200 BYE", "487 INVITE"]);
    assert_eq!(bench.take_facts(), [ended(leg, Cause::Cancelled)]);
    idle(&mut bench);
}

#[test]
fn a_registered_phone_calls_as_its_dn_whatever_it_says() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let mut caller = Caller::new("5551234567", "c");
    bench.udp(PHONE, caller.invite("", OFFER));
    match bench.take_facts().as_slice() {
        [LegFact::Offered { source: LegSource::Dn(dn), ani, .. }] => {
            assert_eq!((dn.as_str(), ani.as_str()), ("5002", "5002"));
        }
        facts => panic!("{facts:?}"),
    }
}

#[test]
fn a_phone_that_speaks_from_elsewhere_calls_by_its_password() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("5001", "c");
    bench.udp(STRANGER, caller.invite("", OFFER));
    let challenge = bench.take_one();
    assert_eq!(challenge.status(), Some(401));
    let asked = challenge.challenges(HeaderName::WwwAuthenticate).next().unwrap();
    let with = digest::Answer {
        username: "5001",
        password: "demo",
        method: Method::Invite.as_str(),
        uri: "sip:+18005551234@192.0.2.1",
        body: b"",
        cnonce: "c",
        nonce_count: 1,
    };
    let line = format!("Authorization: {}\r\n", digest::answer(&asked, &with).unwrap());
    bench.udp(STRANGER, caller.invite(&line, OFFER));
    match bench.take_facts().as_slice() {
        [LegFact::Offered { source: LegSource::Dn(dn), .. }] => assert_eq!(dn.as_str(), "5001"),
        facts => panic!("{facts:?}"),
    }
}

#[test]
fn a_browser_calls_along_its_connection_and_is_lost_with_it() {
    let mut bench = Bench::new();
    bench.register_browser("5002", BROWSER);
    let mut caller = Caller::new("5002", "c");
    bench.flow(BROWSER, caller.invite("", OFFER));
    let leg = bench.offered();
    assert!(matches!(
        bench.take_media().as_slice(),
        [MediaCommand::Open { kind: LegKind::Browser, .. }]
    ));
    bench.close(BROWSER);
    let gone = LegFact::DnOutOfService { dn: "5002".into() };
    assert_eq!(bench.take_facts(), [gone, ended(leg, Cause::Unreachable)]);
    assert_eq!(bench.sip.counts().0, 0);
    idle(&mut bench);
}

#[test]
fn calls_beyond_the_limit_are_503() {
    let settings = SignalingSettings { legs_max: 1, ..SignalingSettings::new(addr(OURS)) };
    let mut bench = Bench::with(configuration(), settings);
    offer(&mut bench, "");
    bench.take_sent();
    bench.udp(PSTN, Caller::new("555", "second").invite("", OFFER));
    let answer = bench.take_sent().pop().unwrap();
    assert_eq!((answer.status(), answer.retry_after()), (Some(503), Some(10)));
}

#[test]
fn g22_the_call_id_of_the_call_stands_on_everything_that_we_send() {
    let mut bench = Bench::new();
    let upstream: CallUuid = uuid();
    let (mut caller, leg) = offer(&mut bench, &format!("X-Genesys-CallUUID: {upstream}\r\n"));
    bench.take_sent();
    early(&mut bench, leg);
    bench.command(LegCommand::Answer { leg });
    caller.learn(&bench.sent[1].1);
    bench.udp(PSTN, caller.request("ACK", "", ""));
    bench.command(LegCommand::Release { leg, cause: Cause::Normal });
    let sent = bench.take_sent();
    assert_eq!(sent.iter().map(name).collect::<Vec<_>>(), ["183 INVITE", "200 INVITE", "BYE"]);
    for message in &sent {
        assert_eq!(header(message, "X-Genesys-CallUUID"), upstream.to_string());
    }
}

#[test]
fn a_call_over_tcp_is_answered_and_hung_up_along_its_connection() {
    let mut bench = Bench::new();
    let flow = model::id::FlowId(3);
    let (local, remote) = (addr(OURS), addr("192.0.2.10:43210"));
    let opened =
        model::sip::SipInput::FlowOpened { flow, transport: Transport::Tcp, local, remote };
    bench.input(signaling::Input::Sip(opened));
    let mut caller = Caller::new("555", "c");
    bench.flow(flow, caller.invite("", OFFER));
    let leg = bench.offered();
    bench.command(LegCommand::Answer { leg });
    let ok = bench.take_sent().pop().unwrap();
    assert_eq!(header(&ok, "Contact"), "<sip:+18005551234@192.0.2.1:5060;transport=tcp>");
    caller.learn(&ok);
    bench.flow(flow, caller.request("ACK", "", ""));
    bench.command(LegCommand::Release { leg, cause: Cause::Normal });
    let (to, bye) = bench.sent.pop().unwrap();
    assert_eq!((to, name(&bye).as_str()), (To::Flow(flow), "BYE"));
    assert!(header(&bye, "Via").starts_with("SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK"));
}

#[test]
fn a_call_outlives_its_tcp_connection_and_hangs_up_over_a_new_one() {
    let mut bench = Bench::new();
    let flow = model::id::FlowId(3);
    let (local, remote) = (addr(OURS), addr("192.0.2.10:43210"));
    let opened =
        model::sip::SipInput::FlowOpened { flow, transport: Transport::Tcp, local, remote };
    bench.input(signaling::Input::Sip(opened));
    let mut caller = Caller::new("555", "c");
    bench.flow(flow, caller.invite("", OFFER));
    let leg = bench.offered();
    bench.command(LegCommand::Answer { leg });
    caller.learn(&bench.take_sent().pop().unwrap());
    bench.flow(flow, caller.request("ACK", "", ""));
    bench.take_facts();
    bench.close(flow);
    assert_eq!(bench.take_facts(), []);
    bench.command(LegCommand::Release { leg, cause: Cause::Normal });
    let asked = bench.others.pop().unwrap();
    let connect = model::sip::SipOutput::Connect {
        flow: model::id::FlowId(model::sip::FIRST_OUTGOING_FLOW),
        remote: addr(PSTN),
        transport: Transport::Tcp,
        name: None,
    };
    assert_eq!(asked, connect);
    assert_eq!(bench.take_names(), ["BYE"]);
}
