//! Calls to phones: INVITE, what the phone says, talk, CANCEL, loss.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use model::{
    LegId,
    id::FlowId,
    leg::{Cause, LegCommand, LegFact},
    media::{LegKind, MediaCommand},
};
use wire_sip::{HeaderName, Message};

const LEG: LegId = LegId(1);

fn release(bench: &mut Bench, cause: Cause) {
    bench.command(LegCommand::Release { leg: LEG, cause });
}

fn talk(bench: &mut Bench) {
    bench.command(LegCommand::AnswerPhone { leg: LEG });
}

fn idle(bench: &mut Bench) {
    bench.pass_s(70);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

/// A phone that was sent an INVITE.
fn invited(bench: &mut Bench, dn: &str) -> (To, Message) {
    bench.ring(1, dn);
    assert_eq!(bench.sent.len(), 1);
    bench.sent.pop().unwrap()
}

#[test]
fn the_invite_names_caller_call_and_phone() {
    let mut bench = Bench::new();
    bench.register_browser("5002", BROWSER);
    let (to, invite) = invited(&mut bench, "5002");
    assert_eq!(to, To::Flow(BROWSER));
    assert_eq!(invite.request_uri(), Some("sip:abc7@x7.invalid;transport=ws"));
    assert!(header(&invite, "Via").starts_with("SIP/2.0/WSS 192.0.2.1:5060;branch=z9hG4bK"));
    let identity = "\"Sample Customer\" <sip:5551234567@cordboard>";
    assert_eq!(header(&invite, "P-Asserted-Identity"), identity);
    assert!(header(&invite, "From").starts_with(&format!("{identity};tag=")));
    assert_eq!(header(&invite, "To"), "<sip:5002@cordboard>");
    assert_eq!(header(&invite, "Contact"), "<sip:5551234567@192.0.2.1:5060;transport=ws>");
    assert_eq!(header(&invite, "X-Genesys-CallUUID"), uuid().to_string());
    assert_eq!(header(&invite, "Session-Expires"), "1800;refresher=uac");
    assert_eq!(header(&invite, "Min-SE"), "90");
    assert_eq!(header(&invite, "Supported"), "100rel, norefersub, timer");
    assert_eq!(header(&invite, "Allow-Events"), "talk, hold");
    assert_eq!(header(&invite, "X-Cordboard-Resume"), "");
    assert_eq!(invite.body(), b"v=0 ours out1");
    let open = MediaCommand::open(LEG, LegKind::Browser, None);
    assert_eq!(bench.take_media(), [open]);
}

fn dial(leg: LegId, trunk: &str) -> LegCommand {
    LegCommand::Dial {
        leg,
        trunk: trunk.into(),
        number: "+15559876543".into(),
        uuid: uuid(),
        from: "5002".into(),
        from_name: None,
    }
}

#[test]
fn the_option_srtp_of_a_phone_or_trunk_has_our_offer_protected() {
    let mut site = configuration();
    let srtp = || [("srtp".to_owned(), "true".to_owned())].into();
    site.dns.get_mut("5002").unwrap().options.insert("TServer".into(), srtp());
    site.trunks.get_mut("pstn").unwrap().options.insert("TServer".into(), srtp());
    let mut bench = Bench::with(site, signaling::SignalingSettings::new(addr(OURS)));
    bench.register_udp("5002");
    bench.ring(1, "5002");
    bench.command(dial(LegId(2), "pstn"));
    let kinds: Vec<_> = bench
        .take_media()
        .into_iter()
        .map(|command| match command {
            MediaCommand::Open { kind, .. } => kind,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, [LegKind::Secured, LegKind::Secured]);
}

#[test]
fn a_resumed_call_says_so_and_names_can_not_break_out_of_their_quotes() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    bench.command(LegCommand::Ring {
        leg: LEG,
        dn: "5002".into(),
        uuid: uuid(),
        from: "+1 555\r\nEvil: 1".into(),
        from_name: Some("a\"b\r\nEvil: 2".into()),
        resume: true,
    });
    let invite = bench.take_one();
    assert_eq!(header(&invite, "X-Cordboard-Resume"), "1");
    assert_eq!(header(&invite, "Evil"), "");
    let from = invite.from().unwrap();
    assert_eq!(from.display_name().unwrap(), "a\"b  Evil: 2");
    assert_eq!(from.uri, "sip:+1%20555%0D%0AEvil%3A%201@cordboard");
}

#[test]
fn an_outside_number_is_dialled_at_the_trunk_s_contact_and_talked_to() {
    let mut bench = Bench::new();
    bench.command(dial(LEG, "pstn"));
    let open = MediaCommand::open(LEG, LegKind::Plain, None);
    assert_eq!(bench.take_media(), [open]);
    let invite = bench.take_one();
    assert_eq!(invite.request_uri(), Some(format!("sip:+15559876543@{PSTN}").as_str()));
    assert_eq!(header(&invite, "X-Genesys-CallUUID"), uuid().to_string());
    assert_eq!(header(&invite, "P-Asserted-Identity"), "<sip:5002@cordboard>");
    bench.udp(PSTN, response(&invite, 180, "far", "", ""));
    assert_eq!(bench.take_facts(), [LegFact::Ringing { leg: LEG }]);
    let contact = format!("Contact: <sip:gw@{PSTN}>\r\n");
    bench.udp(PSTN, response(&invite, 200, "far", &contact, "v=0 theirs"));
    assert_eq!(bench.take_facts(), [LegFact::Answered { leg: LEG }]);
    let ack = bench.take_one();
    assert_eq!(
        (name(&ack), ack.request_uri()),
        ("ACK".into(), Some(format!("sip:gw@{PSTN}").as_str()))
    );
    bench.command(LegCommand::Release { leg: LEG, cause: Cause::Normal });
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::Normal)]);
    let bye = bench.take_one();
    assert_eq!(name(&bye), "BYE");
    bench.udp(PSTN, response(&bye, 200, "", "", ""));

    bench.command(dial(LegId(9), "none"));
    assert_eq!(bench.take_facts(), [ended(LegId(9), Cause::Unreachable)]);
    bench.pass_s(40);
    assert!(bench.sip.is_idle());
}

#[test]
fn a_dn_without_a_phone_is_unreachable_at_once() {
    let mut bench = Bench::new();
    bench.ring(1, "5002");
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::Unreachable)]);
    assert_eq!(bench.take_media(), []);
    assert!(bench.sip.is_idle());
}

#[test]
fn media_that_can_not_be_opened_is_a_failure_before_anything_is_sent() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    bench.refuse_media = true;
    bench.ring(1, "5002");
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::Failure)]);
    assert_eq!(bench.take_names(), [""; 0]);
}

#[test]
fn an_invite_is_repeated_with_doubling_pauses_and_given_up() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    invited(&mut bench, "5002");
    bench.pass_ms(31_999);
    assert_eq!(bench.take_sent().len(), 6);
    assert_eq!(bench.take_facts(), []);
    bench.pass_ms(1);
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::Unreachable)]);
    assert!(bench.sip.is_idle());
}

#[test]
fn a_phone_that_rings_and_answers_is_acknowledged_at_once_and_every_time() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = invited(&mut bench, "5002");
    bench.take_media();
    bench.arrive(to, response(&invite, 100, "", "", ""));
    assert_eq!(bench.take_facts(), []);
    bench.arrive(to, response(&invite, 180, "p", "", ""));
    bench.arrive(to, response(&invite, 180, "p", "", ""));
    assert_eq!(bench.take_facts(), [LegFact::Ringing { leg: LEG }]);
    let ok = response(&invite, 200, "p", "", "v=0 phone");
    bench.arrive(to, &ok);
    let ack = bench.take_one();
    assert_eq!((name(&ack).as_str(), ack.to_tag()), ("ACK", Some("p")));
    assert_eq!(ack.cseq().unwrap().number, invite.cseq().unwrap().number);
    assert_ne!(header(&ack, "Via"), header(&invite, "Via"));
    assert_eq!(bench.take_media(), [MediaCommand::Answer { leg: LEG, sdp: b"v=0 phone".to_vec() }]);
    assert_eq!(bench.take_facts(), [LegFact::Answered { leg: LEG }]);
    bench.arrive(to, &ok);
    assert_eq!(bench.take_one(), ack);
    assert_eq!((bench.take_facts(), bench.take_media()), (vec![], vec![]));
}

#[test]
fn g6_an_ack_goes_to_where_the_phone_speaks_from_and_not_to_its_private_contact() {
    let mut bench = Bench::new();
    bench.udp(PHONE, register("5002", "<sip:x@10.0.0.9:5062>", 600, "a", 1, ""));
    bench.take_sent();
    let (to, invite) = invited(&mut bench, "5002");
    assert_eq!(to, To::Udp(addr(PHONE)));
    let contact = "Contact: <sip:x@10.0.0.9:5062>";
    bench.arrive(to, response(&invite, 200, "p", contact, "v=0 phone"));
    let (to, ack) = bench.sent.pop().unwrap();
    assert_eq!(to, To::Udp(addr(PHONE)));
    assert_eq!(ack.request_uri(), Some("sip:x@10.0.0.9:5062"));
}

#[test]
fn a_second_phone_behind_a_fork_is_acknowledged_and_hung_up() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = in_call(&mut bench, 1, "5002");
    bench.arrive(to, response(&invite, 200, "other", "", "v=0 other"));
    let sent = bench.take_sent();
    assert_eq!(sent.iter().map(name).collect::<Vec<_>>(), ["ACK", "BYE"]);
    assert!(sent.iter().all(|message| message.to_tag() == Some("other")));
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn what_a_phone_refuses_becomes_the_cause() {
    for (code, cause) in [
        (486, Cause::Busy),
        (603, Cause::Rejected),
        (480, Cause::Unreachable),
        (488, Cause::NoCommonCodec),
        (500, Cause::Failure),
        (302, Cause::Unreachable),
    ] {
        let mut bench = Bench::new();
        bench.register_udp("5002");
        let (to, invite) = ringing(&mut bench, 1, "5002");
        let refusal = response(&invite, code, "p", "", "");
        bench.arrive(to, &refusal);
        let ack = bench.take_one();
        assert_eq!(header(&ack, "Via"), header(&invite, "Via"));
        assert_eq!(header(&ack, "X-Genesys-CallUUID"), uuid().to_string());
        assert_eq!(bench.take_facts(), [ended(LEG, cause)]);
        assert_eq!(bench.take_media(), [MediaCommand::Close { leg: LEG }]);
        bench.arrive(to, &refusal);
        assert_eq!(bench.take_names(), ["ACK"]);
        idle(&mut bench);
    }
}

#[test]
fn what_an_outside_number_refuses_with_becomes_the_cause() {
    for (code, cause) in [
        (486, Cause::Busy),
        (600, Cause::Busy),
        (603, Cause::Rejected),
        (404, Cause::Unallocated),
        (604, Cause::Unallocated),
        (484, Cause::Unallocated),
        (403, Cause::Forbidden),
        (407, Cause::Forbidden),
        (408, Cause::NoAnswer),
        (480, Cause::NoAnswer),
        (488, Cause::NoCommonCodec),
        (503, Cause::Overloaded),
        (500, Cause::Failure),
        (301, Cause::Unreachable),
        (305, Cause::Unreachable),
        (380, Cause::Unreachable),
    ] {
        for early in ["", "v=0 busy tone"] {
            let mut bench = Bench::new();
            bench.command(LegCommand::Dial {
                leg: LEG,
                trunk: "pstn".into(),
                number: "+15559876543".into(),
                uuid: uuid(),
                from: "5002".into(),
                from_name: None,
            });
            let invite = bench.take_one();
            bench.udp(PSTN, response(&invite, 183, "far", "", early));
            bench.take_facts();
            let contact = "Contact: <sip:5003@192.0.2.1>";
            bench.udp(PSTN, response(&invite, code, "far", contact, ""));
            assert_eq!(bench.take_names(), ["ACK"], "{code}");
            assert_eq!(bench.take_facts(), [ended(LEG, cause)], "{code}");
            assert_eq!(bench.take_media().pop(), Some(MediaCommand::Close { leg: LEG }));
            idle(&mut bench);
        }
    }
}

#[test]
fn a_release_before_any_response_waits_with_cancel_for_the_first() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = invited(&mut bench, "5002");
    release(&mut bench, Cause::NoAnswer);
    assert_eq!(bench.take_names(), [""; 0]);
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::NoAnswer)]);
    bench.arrive(to, response(&invite, 100, "", "", ""));
    let cancel = bench.take_one();
    assert_eq!(name(&cancel), "CANCEL");
    assert_eq!(header(&cancel, "Via"), header(&invite, "Via"));
    assert_eq!(header(&cancel, "Reason"), "Q.850;cause=19;text=\"No answer\"");
    bench.arrive(to, response(&cancel, 200, "p", "", ""));
    bench.arrive(to, response(&invite, 487, "p", "", ""));
    assert_eq!(bench.take_names(), ["ACK"]);
    assert_eq!(bench.take_facts(), []);
    idle(&mut bench);
}

#[test]
fn a_call_answered_elsewhere_is_cancelled_so_that_no_call_is_missed() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    ringing(&mut bench, 1, "5002");
    release(&mut bench, Cause::Redirected);
    let cancel = bench.take_one();
    assert_eq!(header(&cancel, "Reason"), "SIP;cause=200;text=\"Call completed elsewhere\"");
}

#[test]
fn a_phone_is_called_anew_when_its_last_call_is_taken_back() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, first) = ringing(&mut bench, 1, "5002");
    release(&mut bench, Cause::NoAnswer);
    let cancel = bench.take_one();
    bench.ring(2, "5002");
    assert_eq!(bench.take_names(), [""; 0], "the phone would refuse as busy");
    bench.arrive(to, response(&cancel, 200, "p", "", ""));
    assert_eq!(bench.take_names(), [""; 0]);
    bench.arrive(to, response(&first, 487, "p", "", ""));
    assert_eq!(bench.take_names(), ["ACK", "INVITE"]);
}

#[test]
fn a_phone_that_does_not_take_its_last_call_back_is_called_anew_after_two_seconds() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    ringing(&mut bench, 1, "5002");
    release(&mut bench, Cause::NoAnswer);
    bench.ring(2, "5002");
    bench.pass_ms(1999);
    assert!(!bench.take_names().contains(&"INVITE".into()));
    bench.pass_ms(1);
    assert_eq!(bench.take_names(), ["INVITE"]);
}

#[test]
fn another_phone_of_the_dn_is_called_at_once() {
    let mut bench = Bench::new();
    bench.register_browser("5002", BROWSER);
    ringing(&mut bench, 1, "5002");
    let tab = FlowId(BROWSER.0 + 1);
    bench.register_browser("5002", tab);
    release(&mut bench, Cause::Redirected);
    bench.take_sent();
    bench.ring(2, "5002");
    let (to, invite) = bench.sent.pop().unwrap();
    assert_eq!((to, name(&invite)), (To::Flow(tab), "INVITE".into()));
}

#[test]
fn a_200_that_crosses_the_cancel_is_acknowledged_and_hung_up() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = ringing(&mut bench, 1, "5002");
    release(&mut bench, Cause::NoAnswer);
    bench.take_sent();
    bench.arrive(to, response(&invite, 200, "p", "", "v=0 phone"));
    assert_eq!(bench.take_names(), ["ACK", "BYE"]);
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::NoAnswer)]);
    idle(&mut bench);
}

#[test]
fn a_cancel_that_nobody_hears_is_forgotten_after_a_while() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    ringing(&mut bench, 1, "5002");
    release(&mut bench, Cause::NoAnswer);
    idle(&mut bench);
}

#[test]
fn a_browser_is_told_to_answer_by_info_and_a_phone_with_cti_control_by_notify() {
    let mut bench = Bench::new();
    bench.register_browser("5003", BROWSER);
    let (to, invite) = ringing(&mut bench, 1, "5003");
    talk(&mut bench);
    let info = bench.take_one();
    assert_eq!((to, name(&info).as_str()), (To::Flow(BROWSER), "INFO"));
    assert_eq!(header(&info, "Content-Type"), "application/vnd.cordboard.talk");
    assert_eq!((info.to_tag(), info.call_id()), (Some("p"), invite.call_id()));
    assert_eq!(header(&info, "X-Genesys-CallUUID"), uuid().to_string());

    let mut bench = Bench::new();
    bench.register_udp("5002");
    ringing(&mut bench, 1, "5002");
    talk(&mut bench);
    let notify = bench.take_one();
    assert_eq!(name(&notify), "NOTIFY");
    assert_eq!(header(&notify, "Event"), "talk");
    assert_eq!(header(&notify, "Subscription-State"), "active");
}

#[test]
fn the_word_to_answer_waits_for_the_early_dialog() {
    let mut bench = Bench::new();
    bench.register_browser("5003", BROWSER);
    let (to, invite) = invited(&mut bench, "5003");
    bench.arrive(to, response(&invite, 100, "", "", ""));
    talk(&mut bench);
    assert_eq!(bench.take_names(), [""; 0]);
    bench.arrive(to, response(&invite, 180, "p", "", ""));
    assert_eq!(bench.take_names(), ["INFO"]);
    talk(&mut bench);
    assert_eq!(bench.take_names(), [""; 0]);
}

#[test]
fn a_phone_that_can_not_be_told_or_refuses_or_sleeps_did_not_answer() {
    let mut bench = Bench::new();
    let not = LegFact::PhoneDidNotAnswer { leg: LEG };
    bench.register_udp("5003");
    ringing(&mut bench, 1, "5003");
    talk(&mut bench);
    assert_eq!((bench.take_facts(), bench.take_names()), (vec![not.clone()], vec![]));

    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, _) = ringing(&mut bench, 1, "5002");
    talk(&mut bench);
    let notify = bench.take_one();
    bench.arrive(to, response(&notify, 403, "p", "", ""));
    assert_eq!(bench.take_facts(), std::slice::from_ref(&not));
    bench.pass_s(10);
    assert_eq!(bench.take_facts(), []);

    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, _) = ringing(&mut bench, 1, "5002");
    talk(&mut bench);
    let notify = bench.take_one();
    bench.arrive(to, response(&notify, 200, "p", "", ""));
    bench.pass_ms(4_999);
    assert_eq!(bench.take_facts(), []);
    bench.pass_ms(1);
    assert_eq!(bench.take_facts(), [not]);
}

#[test]
fn a_lost_word_to_answer_is_repeated() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    ringing(&mut bench, 1, "5002");
    talk(&mut bench);
    bench.take_sent();
    bench.pass_ms(3_600);
    assert_eq!(bench.take_names(), ["NOTIFY"; 3]);
}

#[test]
fn a_reliable_180_is_pracked_and_its_repetition_is_not() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = invited(&mut bench, "5002");
    let progress = response(&invite, 183, "p", "Require: 100rel\nRSeq: 77", "v=0 early");
    bench.take_media();
    bench.arrive(to, &progress);
    let prack = bench.take_one();
    let cseq = invite.cseq().unwrap().number;
    assert_eq!(header(&prack, "RAck"), format!("77 {cseq} INVITE"));
    assert_eq!(bench.take_media(), [MediaCommand::Answer { leg: LEG, sdp: b"v=0 early".to_vec() }]);
    bench.arrive(to, response(&prack, 200, "p", "", ""));
    bench.arrive(to, &progress);
    assert_eq!(bench.take_names(), [""; 0]);
    bench.arrive(to, response(&invite, 200, "p", "", "v=0 early"));
    assert_eq!(bench.take_media(), []);
    assert_eq!(bench.take_facts().pop(), Some(LegFact::Answered { leg: LEG }));
}

#[test]
fn a_phone_that_wants_a_longer_session_is_asked_again() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = invited(&mut bench, "5002");
    bench.arrive(to, response(&invite, 422, "p", "Min-SE: 3600", ""));
    let sent = bench.take_sent();
    assert_eq!(sent.iter().map(name).collect::<Vec<_>>(), ["ACK", "INVITE"]);
    assert_eq!(header(&sent[1], "Session-Expires"), "3600;refresher=uac");
    assert_eq!(header(&sent[1], "Min-SE"), "3600");
    assert_eq!(sent[1].to_tag(), None);
    bench.arrive(to, response(&sent[1], 200, "p", "", "v=0 phone"));
    assert_eq!(bench.take_facts(), [LegFact::Answered { leg: LEG }]);
}

#[test]
fn an_established_leg_is_lost_with_its_connection_and_a_ringing_one_ends() {
    let mut bench = Bench::new();
    bench.register_browser("5002", BROWSER);
    in_call(&mut bench, 1, "5002");
    bench.close(BROWSER);
    let gone = LegFact::DnOutOfService { dn: "5002".into() };
    assert_eq!(bench.take_facts(), [gone.clone(), LegFact::Lost { leg: LEG }]);
    assert_eq!(bench.take_media(), [MediaCommand::Close { leg: LEG }]);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());

    let mut bench = Bench::new();
    bench.register_browser("5002", BROWSER);
    ringing(&mut bench, 1, "5002");
    bench.close(BROWSER);
    assert_eq!(bench.take_facts(), [gone, ended(LEG, Cause::Unreachable)]);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

#[test]
fn an_answer_without_sdp_ends_the_call() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = ringing(&mut bench, 1, "5002");
    bench.arrive(to, response(&invite, 200, "p", "", ""));
    assert_eq!(bench.take_names(), ["ACK", "BYE"]);
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::NoCommonCodec)]);
}

#[test]
fn a_phone_that_rings_for_ever_is_given_up() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    ringing(&mut bench, 1, "5002");
    bench.pass_s(300);
    assert_eq!(bench.take_names(), ["CANCEL"]);
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::NoAnswer)]);
    idle(&mut bench);
}

#[test]
fn a_phone_over_tcp_is_called_along_its_connection_or_a_new_one() {
    let mut bench = Bench::new();
    let flow = FlowId(9);
    bench.open(flow, model::sip::Transport::Tcp);
    let contact = "<sip:x@192.0.2.20:5062;transport=tcp>";
    bench.flow(flow, register("5002", contact, 600, "t", 1, ""));
    bench.take_sent();
    let (to, _) = invited(&mut bench, "5002");
    assert_eq!(to, To::Flow(flow));
    release(&mut bench, Cause::Normal);
    bench.close(flow);
    bench.take_facts();
    bench.sent.clear();
    bench.ring(2, "5002");
    let (to, _) = bench.sent.pop().unwrap();
    let new = FlowId(model::sip::FIRST_OUTGOING_FLOW);
    assert_eq!(to, To::Flow(new));
    bench.close(new);
    assert_eq!(bench.take_facts(), [ended(LegId(2), Cause::Unreachable)]);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

#[test]
fn our_own_invite_is_not_fooled_by_other_headers() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = invited(&mut bench, "5002");
    let ok = response(&invite, 200, "p", "", "v=0 phone");
    let stray = Message::parse(ok).unwrap().edit().replace(HeaderName::CSeq, "1 BYE").finish();
    bench.arrive(to, stray.as_bytes());
    assert_eq!((bench.take_facts(), bench.take_names()), (vec![], vec![]));
}

#[test]
fn a_phone_that_sends_its_calls_elsewhere_has_the_switch_told_where() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    bench.ring(1, "5002");
    let invite = bench.take_one();
    bench.udp(PHONE, response(&invite, 302, "p", "Contact: <sip:+4930555@elsewhere.example>", ""));
    let leg = LegId(1);
    let moved = LegFact::Moved { leg, target: "+4930555".into() };
    assert_eq!(bench.take_facts(), [moved, LegFact::Ended { leg, cause: Cause::Unreachable }]);
    assert_eq!(bench.take_names(), ["ACK"]);
}
