//! Carriers: registration and proof, their addresses one after the other, what the DNS says, how
//! numbers and callers are written.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::net::SocketAddr;

use common::{Bench, Caller, OFFER, OURS, PSTN, STRANGER, To, addr, header, response, uuid};
use model::{
    LegId,
    config::{Account, AssertedIdentity, Contact, NumberForm, Numbers, Trunk},
    id::FlowId,
    leg::{Cause, LegCommand, LegFact, LegSource},
    sip::{SipInput, SipOutput, Transport},
};
use signaling::{Input, SignalingSettings};
use wire_sip::{HeaderName, Message};

const BACKUP: &str = "192.0.2.11:5070";
const LEG: LegId = LegId(1);

/// A site whose trunk is changed before it starts.
fn bench(change: impl FnOnce(&mut Trunk)) -> Bench {
    let mut configuration = common::configuration();
    change(configuration.trunks.get_mut("pstn").unwrap());
    Bench::with(configuration, SignalingSettings::new(addr(OURS)))
}

fn account(trunk: &mut Trunk) {
    trunk.domain = Some("carrier.example".into());
    trunk.account =
        Some(Account { user: "4930123".into(), password: Some("pw".into()), register_s: 600 });
}

fn named(trunk: &mut Trunk) {
    trunk.contact = "carrier.example".into();
}

fn dial(bench: &mut Bench, number: &str, from: &str) {
    bench.command(LegCommand::Dial {
        leg: LEG,
        trunk: "pstn".into(),
        number: number.into(),
        uuid: uuid(),
        from: from.into(),
        from_name: None,
    });
}

/// What the DNS says, for ten minutes.
fn found(bench: &mut Bench, targets: &[(Transport, &str)]) {
    let targets = targets.iter().map(|(transport, at)| (*transport, addr(at))).collect();
    let contact = Contact::parse("carrier.example").unwrap();
    bench.input(Input::Sip(SipInput::Resolved { contact, targets, ttl_s: 600 }));
}

fn sent_to(bench: &mut Bench) -> Vec<(SocketAddr, String)> {
    let sent = std::mem::take(&mut bench.sent);
    let to = |to| match to {
        To::Udp(address) => address,
        To::Flow(flow) => panic!("by {flow}"),
    };
    sent.iter().map(|(at, message)| (to(*at), common::name(message))).collect()
}

fn challenge(request: &Message, code: u16, nonce: &str, stale: &str) -> Vec<u8> {
    let name = if code == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
    let value =
        format!("{name}: Digest realm=\"carrier.example\", nonce=\"{nonce}\"{stale}, qop=\"auth\"");
    response(request, code, "c", &value, "")
}

#[test]
fn a_trunk_with_an_account_registers_proves_itself_and_registers_again() {
    let mut bench = bench(account);
    bench.pass_ms(1);
    let first = bench.take_one();
    assert_eq!(first.request_uri(), Some("sip:carrier.example"));
    assert!(header(&first, HeaderName::To).contains("sip:4930123@carrier.example"));
    assert!(
        header(&first, HeaderName::Contact).contains("sip:4930123@192.0.2.1:5060>;expires=600")
    );
    bench.udp(PSTN, challenge(&first, 401, "n1", ""));
    let proven = bench.take_one();
    assert!(header(&proven, HeaderName::Authorization).contains("username=\"4930123\""));
    assert_eq!(proven.cseq().unwrap().number, first.cseq().unwrap().number + 1);
    assert_eq!(proven.call_id(), first.call_id());
    let granted = "Contact: <sip:4930123@192.0.2.1:5060>;expires=120";
    bench.udp(PSTN, response(&proven, 200, "c", granted, ""));
    assert_eq!(bench.trunks, [("pstn".to_owned(), true)]);
    bench.pass_s(59);
    assert!(bench.take_names().is_empty());
    bench.pass_ms(1_200);
    assert_eq!(bench.take_names(), ["REGISTER"], "at half of what was granted");
}

#[test]
fn a_wrong_password_is_not_tried_again_and_again() {
    let mut bench = bench(account);
    bench.pass_ms(1);
    let first = bench.take_one();
    bench.udp(PSTN, challenge(&first, 401, "n1", ""));
    let proven = bench.take_one();
    bench.udp(PSTN, challenge(&proven, 401, "n2", ""));
    assert!(bench.take_names().is_empty());
    assert_eq!(bench.trunks, [("pstn".to_owned(), false)]);
    let mut tries = 0;
    for _ in 0..60 {
        bench.pass_s(60);
        while let Some((_, request)) = bench.sent.pop() {
            tries += 1;
            bench.udp(PSTN, response(&request, 403, "c", "", ""));
            bench.sent.clear();
        }
    }
    assert!((5..=12).contains(&tries), "{tries} in an hour");
}

#[test]
fn a_nonce_that_is_only_old_is_answered_once_more() {
    let mut bench = bench(account);
    bench.pass_ms(1);
    let mut last = bench.take_one();
    for (nonce, stale) in [("n1", ""), ("n2", ", stale=true")] {
        bench.udp(PSTN, challenge(&last, 401, nonce, stale));
        last = bench.take_one();
        assert!(header(&last, HeaderName::Authorization).contains(nonce));
    }
}

#[test]
fn an_address_that_does_not_answer_register_is_followed_by_the_next() {
    let mut bench = bench(|trunk| {
        account(trunk);
        named(trunk);
    });
    found(&mut bench, &[(Transport::Udp, PSTN), (Transport::Udp, BACKUP)]);
    bench.pass_ms(4_900);
    assert!(sent_to(&mut bench).iter().all(|(at, _)| *at == addr(PSTN)));
    bench.pass_ms(1_500);
    let (to, register) = bench.sent[0].clone();
    assert_eq!((to, common::name(&register).as_str()), (To::Udp(addr(BACKUP)), "REGISTER"));
    bench.udp(BACKUP, response(&register, 200, "c", "Expires: 600", ""));
    assert_eq!(bench.trunks, [("pstn".to_owned(), false), ("pstn".to_owned(), true)]);
    bench.sent.clear();
    bench.pass_s(200);
    assert!(bench.sent.is_empty(), "the first one's transaction is over");
}

#[test]
fn a_carrier_that_wants_longer_registrations_gets_them() {
    let mut bench = bench(account);
    bench.pass_ms(1);
    let first = bench.take_one();
    bench.udp(PSTN, response(&first, 423, "c", "Min-Expires: 1800", ""));
    assert_eq!(header(&bench.take_one(), HeaderName::Expires), "1800");
}

#[test]
fn an_invite_is_sent_again_with_the_proof_that_the_carrier_asks_for() {
    let mut bench = bench(account);
    bench.pass_ms(1);
    bench.take_sent();
    dial(&mut bench, "5559876543", "5001");
    let invite = bench.take_one();
    assert_eq!(invite.request_uri(), Some("sip:5559876543@carrier.example"));
    assert!(header(&invite, HeaderName::From).starts_with("<sip:5001@carrier.example>"));
    assert!(header(&invite, HeaderName::Contact).starts_with("<sip:4930123@192.0.2.1:5060>"));
    bench.udp(PSTN, challenge(&invite, 407, "n1", ""));
    let sent = bench.take_sent();
    let names: Vec<_> = sent.iter().map(common::name).collect();
    assert_eq!(names, ["ACK", "INVITE"]);
    let again = &sent[1];
    let proof = header(again, HeaderName::ProxyAuthorization);
    assert!(proof.contains("uri=\"sip:5559876543@carrier.example\""), "{proof}");
    assert_eq!(again.call_id(), invite.call_id());
    assert_ne!(header(again, HeaderName::Via), header(&invite, HeaderName::Via));
    bench.udp(PSTN, response(again, 200, "p", "", OFFER));
    assert_eq!(bench.take_facts(), [LegFact::Answered { leg: LEG }]);
    assert_eq!(bench.take_names(), ["ACK"]);
    bench.command(LegCommand::Release { leg: LEG, cause: Cause::Normal });
    let bye = bench.take_one();
    assert_eq!(bye.cseq().unwrap().number, again.cseq().unwrap().number + 1);
    bench.udp(PSTN, challenge(&bye, 407, "n2", ""));
    let proven = bench.take_one();
    assert!(header(&proven, HeaderName::ProxyAuthorization).contains("n2"));
    bench.udp(PSTN, challenge(&proven, 407, "n3", ""));
    assert!(bench.take_names().is_empty(), "what was refused is not given again");
}

#[test]
fn a_challenge_over_a_connection_is_answered_on_it() {
    let mut bench = bench(|trunk| {
        account(trunk);
        trunk.contact = "192.0.2.10:5070;transport=tcp".into();
        trunk.account.as_mut().unwrap().register_s = 0;
    });
    dial(&mut bench, "5559876543", "5001");
    let (to, invite) = bench.sent.pop().unwrap();
    let To::Flow(flow) = to else { panic!("{to:?}") };
    bench.flow(flow, challenge(&invite, 407, "n1", ""));
    assert_eq!(bench.take_names(), ["ACK", "INVITE"]);
    bench.close(flow);
    assert_eq!(bench.take_facts(), [LegFact::Ended { leg: LEG, cause: Cause::Unreachable }]);
    bench.pass_s(1);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

#[test]
fn a_challenge_without_an_account_is_a_refusal() {
    let mut bench = bench(|_| {});
    dial(&mut bench, "5559876543", "5001");
    let invite = bench.take_one();
    bench.udp(PSTN, challenge(&invite, 407, "n1", ""));
    assert_eq!(bench.take_facts(), [LegFact::Ended { leg: LEG, cause: Cause::Forbidden }]);
}

#[test]
fn calls_come_from_where_we_are_registered_and_mean_whom_to_names() {
    let mut bench = bench(|trunk| {
        account(trunk);
        trunk.accept_from.clear();
    });
    let mut caller = Caller::new("5551234567", "c");
    let invite = caller.invite("", OFFER);
    let dialled = header(&Message::parse(invite.clone()).unwrap(), HeaderName::To);
    bench.udp(STRANGER, &invite);
    assert!(bench.take_facts().is_empty());
    let to_account =
        invite.replacen("INVITE sip:", "INVITE sip:4930123@192.0.2.1 SIP/2.0\r\nX: ", 1);
    let mut lines = to_account.splitn(3, "\r\n");
    let (first, _, rest) = (lines.next().unwrap(), lines.next(), lines.next().unwrap());
    bench.udp(PSTN, format!("{first}\r\n{rest}"));
    match bench.take_facts().as_slice() {
        [LegFact::Offered { source: LegSource::Trunk(trunk), dnis, .. }] => {
            assert_eq!(trunk.as_str(), "pstn");
            assert!(dialled.contains(dnis.as_str()) && dnis != "4930123", "{dialled} {dnis}");
        }
        facts => panic!("{facts:?}"),
    }
}

#[test]
fn the_carrier_s_addresses_are_asked_one_after_the_other() {
    for first_says in ["503", "nothing"] {
        let mut bench = bench(named);
        assert_eq!(
            bench.others,
            [SipOutput::Resolve { contact: Contact::parse("carrier.example").unwrap() }]
        );
        dial(&mut bench, "555", "5001");
        let unknown = LegFact::Ended { leg: LEG, cause: Cause::Unreachable };
        assert_eq!(bench.take_facts(), [unknown], "the DNS has not answered yet");
        found(&mut bench, &[(Transport::Udp, PSTN), (Transport::Udp, BACKUP)]);
        dial(&mut bench, "555", "5001");
        let first = bench.take_one();
        assert_eq!(first.request_uri(), Some("sip:555@carrier.example"));
        match first_says {
            "503" => {
                bench.udp(PSTN, response(&first, 503, "p", "Retry-After: 60", ""));
                let backup = (addr(BACKUP), "INVITE".to_owned());
                assert_eq!(sent_to(&mut bench), [(addr(PSTN), "ACK".into()), backup]);
            }
            _ => {
                bench.pass_ms(4_900);
                assert!(sent_to(&mut bench).iter().all(|(at, _)| *at == addr(PSTN)));
                bench.pass_ms(200);
                assert_eq!(sent_to(&mut bench), [(addr(BACKUP), "INVITE".into())]);
            }
        }
        assert!(bench.take_facts().is_empty(), "the switch hears nothing of it");
        let second = bench.sip.legs_of(first.call_id()).collect::<Vec<_>>();
        assert!(!second.contains(&LEG), "a call of its own");
        bench.command(LegCommand::Release { leg: LEG, cause: Cause::Cancelled });
        bench.pass_s(40);
        bench.take_facts();
        bench.take_sent();
        dial(&mut bench, "555", "5001");
        let at = sent_to(&mut bench)[0].0;
        let expected = if first_says == "503" { BACKUP } else { PSTN };
        assert_eq!(at, addr(expected), "60 s after a 503 that says so, 30 s after silence");
    }
}

#[test]
fn an_address_that_answers_after_all_is_cancelled_or_hung_up() {
    for late in [180, 200] {
        let mut bench = bench(named);
        found(&mut bench, &[(Transport::Udp, PSTN), (Transport::Udp, BACKUP)]);
        dial(&mut bench, "555", "5001");
        let first = bench.take_one();
        bench.pass_ms(5_100);
        let second = bench.take_sent().pop().unwrap();
        bench.udp(BACKUP, response(&second, 180, "b", "", ""));
        bench.take_sent();
        bench.take_facts();
        bench.udp(PSTN, response(&first, late, "p", "", if late == 200 { OFFER } else { "" }));
        let expected = if late == 180 { vec!["CANCEL"] } else { vec!["ACK", "BYE"] };
        assert_eq!(bench.take_names(), expected);
        bench.udp(BACKUP, response(&second, 200, "b", "", OFFER));
        assert_eq!(bench.take_facts(), [LegFact::Answered { leg: LEG }]);
        bench.command(LegCommand::Release { leg: LEG, cause: Cause::Normal });
        bench.pass_s(80);
        assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
    }
}

#[test]
fn a_carrier_that_says_nothing_at_all_is_given_up_after_seconds() {
    let mut bench = bench(|_| {});
    dial(&mut bench, "555", "5001");
    bench.pass_s(6);
    assert_eq!(bench.take_facts(), [LegFact::Ended { leg: LEG, cause: Cause::Unreachable }]);
    bench.pass_s(60);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

#[test]
fn a_trunk_over_tls_is_connected_to_by_its_name() {
    let mut bench = bench(|trunk| trunk.contact = "carrier.example;transport=tls".into());
    let contact = Contact::parse("carrier.example;transport=tls").unwrap();
    let targets = vec![(Transport::Tls, addr("192.0.2.10:5061"))];
    bench.input(Input::Sip(SipInput::Resolved { contact, targets, ttl_s: 600 }));
    bench.others.clear();
    dial(&mut bench, "555", "5001");
    let flow = FlowId(model::sip::FIRST_OUTGOING_FLOW);
    let (remote, name) = (addr("192.0.2.10:5061"), Some("carrier.example".to_owned()));
    let connect = SipOutput::Connect { flow, remote, transport: Transport::Tls, name };
    assert_eq!(bench.others, [connect]);
    let (to, invite) = bench.sent.pop().unwrap();
    assert_eq!(to, To::Flow(flow));
    assert!(header(&invite, HeaderName::Via).starts_with("SIP/2.0/TLS"));
    bench.close(flow);
    assert_eq!(bench.take_facts(), [LegFact::Ended { leg: LEG, cause: Cause::Unreachable }]);
}

#[test]
fn probes_ask_every_address_and_a_trunk_is_there_while_one_is() {
    let mut bench = bench(|trunk| {
        named(trunk);
        trunk.probe_s = 30;
    });
    found(&mut bench, &[(Transport::Udp, PSTN), (Transport::Udp, BACKUP)]);
    bench.pass_ms(1);
    let probes = bench.take_sent();
    assert_eq!(probes.len(), 2);
    bench.udp(PSTN, response(&probes[0], 503, "p", "", ""));
    assert!(bench.trunks.is_empty());
    bench.udp(BACKUP, response(&probes[1], 200, "p", "", ""));
    assert_eq!(bench.trunks, [("pstn".to_owned(), true)]);
    dial(&mut bench, "555", "5001");
    assert_eq!(sent_to(&mut bench), [(addr(BACKUP), "INVITE".into())], "who is there comes first");
}

#[test]
fn a_name_that_leads_nowhere_is_told_and_asked_again_and_known_addresses_stay() {
    let mut bench = bench(named);
    bench.others.clear();
    found(&mut bench, &[]);
    assert_eq!(bench.trunks, [("pstn".to_owned(), false)]);
    bench.pass_s(31);
    assert_eq!(bench.others.len(), 1);
    found(&mut bench, &[(Transport::Udp, PSTN)]);
    found(&mut bench, &[]);
    dial(&mut bench, "555", "5001");
    assert_eq!(sent_to(&mut bench), [(addr(PSTN), "INVITE".into())]);
}

#[test]
fn a_redirection_to_another_number_of_the_carrier_s_is_followed_and_no_other() {
    for (contact, is_followed) in [
        ("<sip:556@carrier.example>", true),
        ("<sip:556@192.0.2.10:5070>", true),
        ("<sip:556@premium.example>", false),
        ("<sip:203.0.113.9>", false),
        ("<tel:+1900555>", false),
    ] {
        let mut bench = bench(named);
        found(&mut bench, &[(Transport::Udp, PSTN)]);
        dial(&mut bench, "555", "5001");
        let invite = bench.take_one();
        bench.udp(PSTN, response(&invite, 302, "p", &format!("Contact: {contact}"), ""));
        let sent = bench.take_sent();
        match is_followed {
            true => {
                let again = sent.last().unwrap();
                assert_eq!(again.request_uri(), Some("sip:556@carrier.example"), "{contact}");
                assert!(header(again, HeaderName::To).contains("555@"), "{contact}");
            }
            false => {
                let ended = LegFact::Ended { leg: LEG, cause: Cause::Unreachable };
                assert_eq!(bench.take_facts(), [ended], "{contact}");
            }
        }
    }
    let mut bench = bench(named);
    found(&mut bench, &[(Transport::Udp, PSTN)]);
    dial(&mut bench, "555", "5001");
    for _ in 0..5 {
        let invite = bench.take_sent().pop().unwrap();
        bench.udp(PSTN, response(&invite, 302, "p", "Contact: <sip:556@carrier.example>", ""));
    }
    let invite = bench.take_sent().pop().unwrap();
    bench.udp(PSTN, response(&invite, 302, "p", "Contact: <sip:556@carrier.example>", ""));
    let ended = LegFact::Ended { leg: LEG, cause: Cause::Unreachable };
    assert_eq!(bench.take_facts(), [ended], "not in a circle");
}

fn german(trunk: &mut Trunk) {
    trunk.numbers = Numbers {
        form: NumberForm::National,
        country: "49".into(),
        international: "00".into(),
        national: "0".into(),
        caller: Some("+4930123450".into()),
    };
}

#[test]
fn numbers_are_written_as_the_carrier_wants_them_and_read_as_e164() {
    let mut bench = bench(german);
    dial(&mut bench, "+4940555666", "5001");
    let invite = bench.take_one();
    assert!(invite.request_uri().unwrap().starts_with("sip:040555666@"));
    assert!(header(&invite, HeaderName::From).contains("sip:030123450@"), "the trunk's number");
    bench.command(LegCommand::Release { leg: LEG, cause: Cause::Cancelled });
    bench.take_facts();

    let mut caller = Caller::new("0301112223", "c");
    bench.udp(PSTN, caller.invite("", OFFER));
    match bench.take_facts().as_slice() {
        [LegFact::Offered { ani, .. }] => assert_eq!(ani, "+49301112223"),
        facts => panic!("{facts:?}"),
    }
}

#[test]
fn an_untrusted_carrier_is_neither_believed_nor_told() {
    let asserted = "P-Asserted-Identity: \"Boss\" <sip:110@192.0.2.10>\r\n";
    for (identity, expected) in
        [(AssertedIdentity::Trusted, "110"), (AssertedIdentity::Untrusted, "5551234567")]
    {
        let mut bench = bench(|trunk| trunk.identity = identity);
        let mut caller = Caller::new("5551234567", "c");
        bench.udp(PSTN, caller.invite(asserted, OFFER));
        match bench.take_facts().as_slice() {
            [LegFact::Offered { ani, .. }] => assert_eq!(ani, expected),
            facts => panic!("{facts:?}"),
        }
        bench.take_sent();
        dial(&mut bench, "555", "5001");
        let told = bench.take_one().header(HeaderName::PAssertedIdentity).is_some();
        assert_eq!(told, identity == AssertedIdentity::Trusted);
    }
}

#[test]
fn a_caller_who_withholds_the_number_is_anonymous_to_agents_and_stays_so_outwards() {
    let mut bench = bench(|_| {});
    let mut caller = Caller::new("anonymous", "c");
    let extra = "P-Asserted-Identity: \"Ann\" <sip:5551234567@192.0.2.10>\r\nPrivacy: id\r\n";
    bench.udp(PSTN, caller.invite(extra, OFFER));
    match bench.take_facts().as_slice() {
        [LegFact::Offered { ani, name, .. }] => {
            assert_eq!((ani.as_str(), name), ("anonymous", &None));
        }
        facts => panic!("{facts:?}"),
    }
    bench.take_sent();
    dial(&mut bench, "555", "anonymous");
    let invite = bench.take_one();
    assert_eq!(header(&invite, HeaderName::Privacy), "id");
}
