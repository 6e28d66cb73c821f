//! What is heard before the answer: descriptions in provisional responses, forks.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use expect_test::expect;
use model::{
    LegId,
    leg::{Cause, LegCommand, LegFact},
    media::{MediaCommand, MediaFact},
};
use signaling::Input;
use wire_sip::Message;

const LEG: LegId = LegId(1);
const EARLY: LegFact = LegFact::EarlyMedia { leg: LEG };
const RINGING: LegFact = LegFact::Ringing { leg: LEG };
const ANSWERED: LegFact = LegFact::Answered { leg: LEG };

/// An outside number that was dialled: the INVITE.
fn dialled(bench: &mut Bench) -> Message {
    bench.command(LegCommand::Dial {
        leg: LEG,
        trunk: "pstn".into(),
        number: "+15559876543".into(),
        uuid: uuid(),
        from: "5002".into(),
        from_name: None,
    });
    bench.take_media();
    bench.take_one()
}

fn says(bench: &mut Bench, invite: &Message, code: u16, tag: &str, extra: &str, sdp: &str) {
    let extra = format!("Contact: <sip:{tag}@{PSTN}>\n{extra}");
    bench.udp(PSTN, response(invite, code, tag, &extra, sdp));
}

fn answer(sdp: &str) -> MediaCommand {
    MediaCommand::Answer { leg: LEG, sdp: sdp.as_bytes().to_vec() }
}

fn idle(bench: &mut Bench) {
    bench.command(LegCommand::Release { leg: LEG, cause: Cause::Normal });
    bench.pass_s(70);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

#[test]
fn a_carrier_s_announcement_is_heard_before_the_answer() {
    let mut bench = Bench::new();
    let invite = dialled(&mut bench);
    bench.take_ladder();
    says(&mut bench, &invite, 100, "", "", "");
    says(&mut bench, &invite, 183, "far", "", "v=0 carrier");
    says(&mut bench, &invite, 180, "far", "", "");
    says(&mut bench, &invite, 200, "far", "", "v=0 carrier");
    expect![[r#"
        pstn     -> 100 INVITE
        pstn     -> 183 INVITE with SDP
        media   <-  Answer leg out1
        switch  <-  EarlyMedia { leg: out1 }
        pstn     -> 180 INVITE
        switch  <-  Ringing { leg: out1 }
        pstn     -> 200 INVITE with SDP
        pstn    <-  ACK
        switch  <-  Answered { leg: out1 }
    "#]]
    .assert_eq(&bench.take_ladder());
    idle(&mut bench);
}

#[test]
fn early_media_is_said_once_however_it_comes() {
    for (code, extra) in [(183, ""), (180, ""), (183, "Require: 100rel\nRSeq: 7\n")] {
        let mut bench = Bench::new();
        let invite = dialled(&mut bench);
        for _ in 0..3 {
            says(&mut bench, &invite, code, "far", extra, "v=0 carrier");
        }
        let facts = if code == 180 { vec![RINGING, EARLY] } else { vec![EARLY] };
        assert_eq!(bench.take_facts(), facts, "{code} {extra}");
        assert_eq!(bench.take_media(), [answer("v=0 carrier")], "{code} {extra}");
        let pracks = if extra.is_empty() { vec![] } else { vec!["PRACK".to_owned()] };
        assert_eq!(bench.take_names(), pracks);
        says(&mut bench, &invite, 200, "far", "", "v=0 carrier");
        assert_eq!((bench.take_facts(), bench.take_media()), (vec![ANSWERED], vec![]));
        idle(&mut bench);
    }
}

#[test]
fn progress_without_a_description_says_nothing_and_180_alone_rings() {
    let mut bench = Bench::new();
    let invite = dialled(&mut bench);
    for code in [181, 182, 183] {
        says(&mut bench, &invite, code, "far", "", "");
    }
    assert_eq!((bench.take_facts(), bench.take_media()), (vec![], vec![]));
    says(&mut bench, &invite, 180, "far", "", "");
    assert_eq!((bench.take_facts(), bench.take_media()), (vec![RINGING], vec![]));
    idle(&mut bench);
}

#[test]
fn a_phone_that_says_183_rings() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    bench.ring(1, "5002");
    bench.take_media();
    let invite = bench.take_one();
    bench.udp(PHONE, response(&invite, 183, "p", "", "v=0 phone"));
    assert_eq!(bench.take_facts(), [RINGING, EARLY]);
    assert_eq!(bench.take_media(), [answer("v=0 phone")]);
    bench.command(LegCommand::AnswerPhone { leg: LEG });
    assert_eq!(bench.take_names(), ["NOTIFY"]);
    idle(&mut bench);
}

#[test]
fn an_answer_that_differs_from_what_was_heard_is_handed_over() {
    let mut bench = Bench::new();
    let invite = dialled(&mut bench);
    says(&mut bench, &invite, 183, "far", "", "v=0 announcement");
    says(&mut bench, &invite, 183, "far", "", "v=0 another announcement");
    assert_eq!(bench.take_media(), [answer("v=0 announcement")]);
    says(&mut bench, &invite, 200, "far", "", "v=0 person");
    assert_eq!(bench.take_media(), [answer("v=0 person")]);
    assert_eq!(bench.take_facts(), [EARLY, ANSWERED]);
    idle(&mut bench);
}

#[test]
fn an_answer_without_a_description_is_the_early_one() {
    let mut bench = Bench::new();
    let invite = dialled(&mut bench);
    says(&mut bench, &invite, 183, "far", "", "v=0 carrier");
    says(&mut bench, &invite, 200, "far", "", "");
    assert_eq!(bench.take_media(), [answer("v=0 carrier")]);
    assert_eq!(bench.take_facts(), [EARLY, ANSWERED]);
    idle(&mut bench);
}

#[test]
fn of_a_fork_the_first_description_is_heard_and_the_dialog_of_the_200_wins() {
    let mut bench = Bench::new();
    let invite = dialled(&mut bench);
    let cseq = invite.cseq().unwrap().number;
    says(&mut bench, &invite, 180, "a", "", "");
    says(&mut bench, &invite, 183, "b", "Require: 100rel\nRSeq: 40\n", "v=0 b");
    says(&mut bench, &invite, 183, "c", "Require: 100rel\nRSeq: 9\n", "v=0 c");
    says(&mut bench, &invite, 180, "c", "Require: 100rel\nRSeq: 10\n", "");
    let pracks = bench.take_sent();
    let racks: Vec<_> = pracks.iter().map(|p| (p.to_tag(), header(p, "RAck"))).collect();
    assert_eq!(
        racks,
        [
            (Some("b"), format!("40 {cseq} INVITE")),
            (Some("c"), format!("9 {cseq} INVITE")),
            (Some("c"), format!("10 {cseq} INVITE")),
        ]
    );
    let numbers: Vec<_> = pracks.iter().map(|prack| prack.cseq().unwrap().number).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    assert_eq!(pracks[1].request_uri(), Some(format!("sip:c@{PSTN}").as_str()));
    assert_eq!(bench.take_media(), [answer("v=0 b")]);
    assert_eq!(bench.take_facts(), [RINGING, EARLY]);

    // Its description came reliably and need not be said again.
    says(&mut bench, &invite, 200, "c", "", "");
    assert_eq!(bench.take_media(), [answer("v=0 c")]);
    assert_eq!(bench.take_facts(), [ANSWERED]);
    let ack = bench.take_one();
    assert_eq!((name(&ack), ack.to_tag()), ("ACK".into(), Some("c")));
    says(&mut bench, &invite, 200, "b", "", "v=0 b");
    let names: Vec<_> =
        bench.take_sent().iter().map(|m| (name(m), m.to_tag().map(str::to_owned))).collect();
    assert_eq!(names, [("ACK".into(), Some("b".into())), ("BYE".into(), Some("b".into()))]);
    idle(&mut bench);
}

#[test]
fn the_dialog_that_wins_counts_its_requests_for_itself() {
    let mut bench = Bench::new();
    let invite = dialled(&mut bench);
    let from = |tag: &str, method: &str, cseq: u32| {
        let us = invite.from().unwrap();
        format!(
            "{method} sip:5002@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {PSTN};branch=z9hG4bK{tag}\
             {cseq}\r\nFrom: <sip:far@{PSTN}>;tag={tag}\r\nTo: <{}>;tag={}\r\nCall-ID: {}\r\n\
             CSeq: {cseq} {method}\r\nContent-Length: 0\r\n\r\n",
            us.uri,
            us.tag().unwrap(),
            invite.call_id()
        )
    };
    says(&mut bench, &invite, 183, "a", "", "v=0 a");
    bench.udp(PSTN, from("a", "INFO", 500));
    says(&mut bench, &invite, 200, "b", "", "v=0 b");
    bench.take_sent();
    bench.udp(PSTN, from("b", "BYE", 1));
    assert_eq!(bench.take_names(), ["200 BYE"]);
    assert_eq!(bench.take_facts().pop(), Some(ended(LEG, Cause::Normal)));
    idle(&mut bench);
}

#[test]
fn an_update_before_the_answer_is_not_undone_by_the_200() {
    for repeated in ["v=0 early", "v=0 later", ""] {
        let mut bench = Bench::new();
        let invite = dialled(&mut bench);
        says(&mut bench, &invite, 183, "far", "Require: 100rel\nRSeq: 1\n", "v=0 early");
        let us = invite.from().unwrap();
        let update = format!(
            "UPDATE sip:5002@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {PSTN};branch=z9hG4bKu\r\n\
             From: <sip:far@{PSTN}>;tag=far\r\nTo: <{}>;tag={}\r\nCall-ID: {}\r\nCSeq: 1 \
             UPDATE\r\nContact: <sip:far@{PSTN}>\r\nContent-Type: application/sdp\r\n\
             Content-Length: 9\r\n\r\nv=0 later",
            us.uri,
            us.tag().unwrap(),
            invite.call_id()
        );
        bench.udp(PSTN, update);
        bench.take_media();
        says(&mut bench, &invite, 200, "far", "", repeated);
        assert_eq!((bench.take_facts(), bench.take_media()), (vec![EARLY, ANSWERED], vec![]));
        idle(&mut bench);
    }
}

#[test]
fn branches_of_a_fork_beyond_the_limit_are_not_looked_at() {
    let mut bench = Bench::new();
    let invite = dialled(&mut bench);
    for branch in 0..20 {
        let extra = "Require: 100rel\nRSeq: 1\n";
        says(&mut bench, &invite, 183, &format!("b{branch}"), extra, "v=0 b");
    }
    assert_eq!(bench.take_names().len(), 8);
    assert_eq!(bench.take_media().len(), 1);
    says(&mut bench, &invite, 200, "b19", "", "v=0 b19");
    assert_eq!(bench.take_media(), [answer("v=0 b19")]);
    idle(&mut bench);
}

#[test]
fn early_media_that_can_not_be_used_takes_the_call_back() {
    let mut bench = Bench::new();
    let invite = dialled(&mut bench);
    says(&mut bench, &invite, 183, "far", "", "v=0 video");
    let reason = "no common codec".into();
    bench.input(Input::Media(MediaFact::Refused { leg: LEG, reason }));
    assert_eq!(bench.take_names(), ["CANCEL"]);
    assert_eq!(bench.take_facts(), [EARLY, ended(LEG, Cause::NoCommonCodec)]);
    assert_eq!(bench.take_media().pop(), Some(MediaCommand::Close { leg: LEG }));
    idle(&mut bench);
}

#[test]
fn the_last_number_of_a_reliable_response_does_no_harm() {
    let mut bench = Bench::new();
    let invite = dialled(&mut bench);
    for rseq in [u32::MAX, 0, 1] {
        let extra = format!("Require: 100rel\nRSeq: {rseq}\n");
        says(&mut bench, &invite, 183, "far", &extra, "");
    }
    assert_eq!(bench.take_names(), ["PRACK"]);
    idle(&mut bench);
}
