//! What a peer sends is never trusted and never panics us.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{fs, path::Path};

use common::*;
use model::{
    LegId,
    id::FlowId,
    leg::{Cause, LegCommand, LegFact},
    random::Random,
    sip::{SipOutput, Transport},
};

const SEED: u64 = 4_475;
/// Calls that are made anew, and the messages that each bears.
const GENERATIONS: u32 = 100;
const MUTATIONS: u32 = 300;

fn still_works(bench: &mut Bench) {
    bench.take_sent();
    bench.udp(
        PSTN,
        Caller::new("555", &format!("alive{}", bench.now.unix_ms())).request("OPTIONS", "", ""),
    );
    assert_eq!(bench.take_names(), ["200 OPTIONS"]);
}

/// Ends every leg that the switch knows of, and lets all timers run out.
fn calms_down(bench: &mut Bench, facts: &[LegFact]) {
    for fact in facts {
        if let LegFact::Offered { leg, .. } = fact {
            bench.command(LegCommand::Release { leg: *leg, cause: Cause::Normal });
        }
    }
    bench.pass_s(400);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

#[test]
fn the_torture_messages_of_rfc_4475_do_no_harm_by_datagram_stream_or_websocket() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wire/sip/tests/rfc4475");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 49);
    let mut bench = Bench::new();
    for (number, file) in (100..).zip(&files) {
        let bytes = fs::read(file).unwrap();
        bench.udp(PSTN, &bytes);
        let flow = FlowId(number);
        for (offset, transport) in [(0, Transport::Tcp), (1_000, Transport::Wss)] {
            let flow = FlowId(flow.0 + offset);
            bench.open(flow, transport);
            bench.flow(flow, &bytes);
            bench.close(flow);
        }
        still_works(&mut bench);
    }
    let facts = bench.take_facts();
    calms_down(&mut bench, &facts);
}

fn mutate(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let length = u64::try_from(bytes.len()).unwrap();
        let at = usize::try_from(random.below(length)).unwrap();
        let span = usize::try_from(random.below(20)).unwrap().min(bytes.len() - at);
        match random.below(6) {
            0 => bytes[at] = random.draw_u32().to_le_bytes()[0],
            1 => bytes.truncate(at.max(1)),
            2 => drop(bytes.drain(at..at + span.min(bytes.len() - 1))),
            3 => {
                let piece = bytes[at..at + span].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => drop(bytes.splice(at..at, *b"\r\n")),
            _ => bytes[at] ^= 1 << random.below(8),
        }
    }
    bytes
}

/// What a phone in a call asks of us; `round` makes each a request of its own.
fn asked(invite: &wire_sip::Message, method: &str, kind: &str, body: &str) -> Vec<u8> {
    let (us, id) = (invite.from().unwrap(), invite.call_id());
    format!(
        "{method} sip:5551234567@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;\
         branch=z9hG4bK{method}round\r\nFrom: <sip:5002@cordboard>;tag=p\r\nTo: <{}>;tag={}\r\n\
         Call-ID: {id}\r\nCSeq: round {method}\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        us.uri,
        us.tag().unwrap(),
        body.len()
    )
    .into_bytes()
}

/// Two calls that are up and one that rings, and what their far ends may send.
fn corpus(bench: &mut Bench) -> Vec<(To, Vec<u8>)> {
    bench.register_udp("5002");
    let (mut caller, _) = established(bench);
    let (to, invite) = in_call(bench, 1, "5002");
    bench.ring(2, "5002");
    let ringing = bench.sent.pop().unwrap().1;
    let contact = "Contact: <sip:5@192.0.2.10:5070>\r\n";
    let (relay, plain) = ("application/dtmf-relay", "application/dtmf");
    let key = |kind, body| asked(&invite, "INFO", &format!("Content-Type: {kind}\r\n"), body);
    let tags = format!("to-tag%3D{}%3Bfrom-tag%3Dq", ringing.from_tag().unwrap());
    let replaces = format!("{}%3B{tags}", ringing.call_id());
    let refer = |to: &str| asked(&invite, "REFER", &format!("Refer-To: {to}\r\n"), "");
    [
        caller.request("INVITE", contact, "v=0 hold").into_bytes(),
        caller.request("UPDATE", contact, "v=0 hold").into_bytes(),
        caller.request("INFO", "", "").into_bytes(),
        caller.request("PRACK", "RAck: 1 2 INVITE\r\n", "").into_bytes(),
        caller.same_branch("CANCEL").into_bytes(),
        caller.same_branch("ACK").into_bytes(),
        Caller::new("1", "new").invite("Supported: 100rel, timer\r\n", OFFER).into_bytes(),
        register("5002", "<sip:x@192.0.2.20:5062>", 600, "m", 1, "").into_bytes(),
        register("5001", "<sip:x@192.0.2.20:5062>;expires=70", 600, "m", 1, "").into_bytes(),
    ]
    .into_iter()
    .map(|bytes| (To::Udp(addr(PSTN)), bytes))
    .chain([
        (to, response(&invite, 200, "p", "", "v=0 phone")),
        (to, response(&ringing, 183, "q", "Require: 100rel\nRSeq: 7", "v=0 early")),
        (to, response(&ringing, 183, "s", "", "v=0 other early")),
        (to, response(&ringing, 180, "s", "", "")),
        (to, response(&ringing, 422, "q", "Min-SE: 99", "")),
        (to, key(relay, "Signal=5\r\nDuration=160\r\n")),
        (to, key(plain, "11")),
        (to, refer("<sip:5003@cordboard>\r\nReferred-By: <sip:5002@cordboard>")),
        (to, refer(&format!("<sip:5003@cordboard?Replaces={replaces}>"))),
        (to, refer("\"Ann\" <tel:+1-555>\r\nRefer-Sub: false;x=1")),
    ])
    .collect()
}

/// A flood of mutated messages over some calls: what was said of it.
fn generation(random: &mut Random) -> Vec<LegFact> {
    let mut bench = Bench::new();
    let corpus = corpus(&mut bench);
    let mut facts = Vec::new();
    for round in 0..MUTATIONS {
        let pick = usize::try_from(random.below(corpus.len() as u64)).unwrap();
        let (from, bytes) = &corpus[pick];
        // A call of its own each time, else all but the first are repetitions.
        let text = String::from_utf8(bytes.clone()).unwrap().replace("new", &format!("n{round}-"));
        let text = text.replace("round", &(round + 1).to_string());
        bench.arrive(*from, mutate(random, text.as_bytes()));
        if round % 50 == 0 {
            bench.pass_ms(random.below(3_000));
            bench.command(LegCommand::ReferDone { leg: LegId(1), status: 486 });
            bench.command(LegCommand::ShowHeld { leg: LegId(1), is_held: round % 100 == 0 });
            bench.take_sent();
            bench.take_media();
            bench.take_ladder();
            bench.raw.clear();
        }
        facts.append(&mut bench.facts);
    }
    for leg in [LegId(1), LegId(2), LegId(model::leg::FIRST_OFFERED_LEG)] {
        bench.command(LegCommand::Release { leg, cause: Cause::Normal });
    }
    still_works(&mut bench);
    calms_down(&mut bench, &facts);
    facts
}

#[test]
fn mutated_messages_in_the_middle_of_calls_do_no_harm() {
    let mut random = Random::from_number(SEED);
    let facts: Vec<_> = (0..GENERATIONS).flat_map(|_| generation(&mut random)).collect();
    let count = |of: fn(&LegFact) -> bool| facts.iter().filter(|fact| of(fact)).count();
    let offered = count(|fact| matches!(fact, LegFact::Offered { .. }));
    let early = count(|fact| matches!(fact, LegFact::EarlyMedia { .. }));
    let keys = count(|fact| matches!(fact, LegFact::Digit { .. }));
    let refers = count(|fact| matches!(fact, LegFact::Referred { replaces: None, .. }));
    let consulted = count(|fact| matches!(fact, LegFact::Referred { replaces: Some(_), .. }));
    assert!(
        offered > 100 && early > 20 && keys > 100 && refers > 100 && consulted > 20,
        "the messages got nowhere: {offered} calls, {early} heard early, {keys} keys, \
         {refers} and {consulted} sent elsewhere"
    );
}

#[test]
fn a_scanner_is_shut_out_with_its_connections_and_a_carrier_that_is_new_is_let_in_again() {
    let mut bench = Bench::new();
    bench.open(FlowId(9), Transport::Tcp);
    let source = addr("198.51.100.7:40000").ip();
    for number in 100..120 {
        let contact = format!("<sip:{number}@198.51.100.7>");
        let dn = number.to_string();
        bench.flow(FlowId(9), register(&dn, &contact, 600, &format!("s{number}"), 1, ""));
    }
    let span = std::time::Duration::from_secs(600);
    let expected = [SipOutput::ShutOut { source, span }, SipOutput::CloseFlow { flow: FlowId(9) }];
    assert_eq!(bench.others, expected);
    let answers = bench.take_names().len();
    assert!((9..=12).contains(&answers), "{answers} of 20 were answered");

    bench.others.clear();
    let mut site = configuration();
    site.trunks.get_mut("pstn").unwrap().accept_from.push(source);
    bench.input(signaling::Input::Configuration(std::sync::Arc::new(site)));
    let span = std::time::Duration::ZERO;
    assert_eq!(bench.others, [SipOutput::ShutOut { source, span }]);
    bench.udp("198.51.100.7:5060", Caller::new("555", "c").invite("", OFFER));
    bench.offered();
}

#[test]
fn a_flood_of_strangers_leaves_room_for_phones_and_carriers() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    for number in 0..200_000_u32 {
        let from = format!("203.{}.{}.{}:5060", number >> 16, (number >> 8) & 255, number & 255);
        let register = register("5001", "<sip:x@203.0.113.1>", 600, &format!("f{number}"), 1, "");
        bench.udp(&from, register);
        if number % 5_000 == 0 {
            bench.pass_s(1);
        }
    }
    let (_, transactions, _) = bench.sip.counts();
    assert!(transactions < 20_000, "{transactions}");
    bench.take_sent();
    bench.udp(PSTN, Caller::new("555", "c").invite("", OFFER));
    bench.offered();
    bench.register_udp("5002");
    bench.pass_s(60);
    let (_, transactions, _) = bench.sip.counts();
    assert!(transactions < 10, "{transactions}");
}
