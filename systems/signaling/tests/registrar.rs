//! Registration: who is taken, who is asked, who is refused, and when a phone is gone.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use model::{id::FlowId, leg::LegFact, sip::Transport};
use wire_sip::{Algorithm, HeaderName, Message, Method, digest};

const CONTACT: &str = "<sip:x@192.0.2.20:5062>";

fn in_service(dn: &str) -> LegFact {
    LegFact::DnInService { dn: dn.into() }
}

fn out_of_service(dn: &str) -> LegFact {
    LegFact::DnOutOfService { dn: dn.into() }
}

/// An Authorization line that answers the challenge of this algorithm.
fn answer(challenge: &Message, algorithm: Algorithm, dn: &str, password: &str, nc: u32) -> String {
    let challenges: Vec<_> = challenge.challenges(HeaderName::WwwAuthenticate).collect();
    let challenge = challenges.iter().find(|c| c.algorithm == Some(algorithm)).unwrap();
    let with = digest::Answer {
        username: dn,
        password,
        method: Method::Register.as_str(),
        uri: "sip:cordboard;transport=ws?x=%23",
        body: b"",
        cnonce: "c",
        nonce_count: nc,
    };
    format!("Authorization: {}\r\n", digest::answer(challenge, &with).unwrap())
}

fn challenge(bench: &mut Bench, call_id: &str) -> Message {
    bench.udp(PHONE, register("5001", CONTACT, 3600, call_id, 1, ""));
    let challenge = bench.take_one();
    assert_eq!(name(&challenge), "401 REGISTER");
    challenge
}

#[test]
fn a_dn_without_password_is_taken_at_once_and_told_its_time() {
    let mut bench = Bench::new();
    bench.udp(PHONE, register("5002", CONTACT, 3600, "a", 1, ""));
    let response = bench.take_one();
    assert_eq!(name(&response), "200 REGISTER");
    assert_eq!(header(&response, "Contact"), "<sip:x@192.0.2.20:5062>;expires=3600");
    assert!(header(&response, "Via").contains("received=192.0.2.20"), "{response:?}");
    assert!(header(&response, "Via").contains("rport=5062"));
    assert_eq!(bench.take_facts(), [in_service("5002")]);
    assert_eq!(bench.sip.registered().count(), 1);
}

#[test]
fn both_algorithms_open_the_door() {
    for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
        let mut bench = Bench::new();
        let asked = challenge(&mut bench, "a");
        let order: Vec<_> = asked
            .challenges(HeaderName::WwwAuthenticate)
            .map(|challenge| challenge.algorithm.unwrap())
            .collect();
        assert_eq!(order, [Algorithm::Sha256, Algorithm::Md5]);
        let line = answer(&asked, algorithm, "5001", "demo", 1);
        bench.udp(PHONE, register("5001", CONTACT, 3600, "a", 2, &line));
        assert_eq!(bench.take_names(), ["200 REGISTER"]);
        assert_eq!(bench.take_facts(), [in_service("5001")]);
    }
}

#[test]
fn a_browser_is_challenged_with_md5_last_since_jssip_reads_the_last_and_knows_no_other() {
    let mut bench = Bench::new();
    bench.open(BROWSER, Transport::Wss);
    let contact = "<sip:abc@x7.invalid;transport=ws>;+sip.ice;reg-id=1;\
                   +sip.instance=\"<urn:uuid:1>\"";
    bench.flow(BROWSER, register("5001", contact, 600, "a", 1, ""));
    let asked = bench.take_one();
    let last = asked.challenges(HeaderName::WwwAuthenticate).last().unwrap();
    assert_eq!(last.algorithm, Some(Algorithm::Md5));
    let line = answer(&asked, Algorithm::Md5, "5001", "demo", 1);
    bench.flow(BROWSER, register("5001", contact, 600, "a", 2, &line));
    let response = bench.take_one();
    assert_eq!(header(&response, "Contact"), format!("{contact};expires=600"));
}

#[test]
fn a_phone_that_stumbles_over_two_challenges_gets_one_and_keeps_it() {
    let mut bench = Bench::new();
    challenge(&mut bench, "a");
    let asked = challenge(&mut bench, "b");
    let offered = |message: &Message| {
        let all = message.challenges(HeaderName::WwwAuthenticate);
        all.map(|challenge| challenge.algorithm.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(offered(&asked), [Algorithm::Md5]);
    let line = answer(&asked, Algorithm::Md5, "5001", "demo", 1);
    bench.udp(PHONE, register("5001", CONTACT, 3600, "b", 2, &line));
    assert_eq!(bench.take_names(), ["200 REGISTER"]);
    bench.pass_s(301);
    bench.take_sent();
    let line = answer(&asked, Algorithm::Md5, "5001", "demo", 2);
    bench.udp(PHONE, register("5001", CONTACT, 3600, "b", 3, &line));
    assert_eq!(offered(&bench.take_one()), [Algorithm::Md5]);
}

#[test]
fn a_wrong_password_is_403_after_one_challenge_with_words() {
    let mut bench = Bench::new();
    let asked = challenge(&mut bench, "a");
    let line = answer(&asked, Algorithm::Md5, "5001", "wrong", 1);
    bench.udp(PHONE, register("5001", CONTACT, 3600, "a", 2, &line));
    let response = bench.take_one();
    assert_eq!(name(&response), "403 REGISTER");
    assert!(header(&response, "Reason").contains("Wrong password"), "{response:?}");
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn after_repeated_wrong_passwords_answers_are_withheld_from_that_source() {
    let mut bench = Bench::new();
    for attempt in 0..6 {
        let call_id = format!("a{attempt}");
        let asked = challenge(&mut bench, &call_id);
        let line = answer(&asked, Algorithm::Md5, "5001", "wrong", 1);
        bench.udp(PHONE, register("5001", CONTACT, 3600, &call_id, 2, &line));
        assert_eq!(bench.take_names(), ["403 REGISTER"]);
    }
    bench.udp(PHONE, register("5001", CONTACT, 3600, "b", 1, ""));
    let response = bench.take_one();
    assert_eq!((name(&response).as_str(), response.retry_after()), ("503 REGISTER", Some(10)));
    bench.udp("192.0.2.99:5060", register("5001", CONTACT, 3600, "c", 1, ""));
    let _elsewhere = bench.sent.pop().unwrap();
    bench.pass_s(11);
    bench.take_sent();
    challenge(&mut bench, "d");
}

#[test]
fn an_old_nonce_and_a_count_used_before_are_stale() {
    let mut bench = Bench::new();
    let asked = challenge(&mut bench, "a");
    let line = answer(&asked, Algorithm::Sha256, "5001", "demo", 1);
    bench.udp(PHONE, register("5001", CONTACT, 3600, "a", 2, &line));
    bench.take_sent();
    bench.udp(PHONE, register("5001", CONTACT, 3600, "a", 3, &line));
    let again = bench.take_one();
    let stale = again.challenges(HeaderName::WwwAuthenticate).next().unwrap();
    assert!(stale.stale);
    let line = answer(&asked, Algorithm::Sha256, "5001", "demo", 2);
    bench.udp(PHONE, register("5001", CONTACT, 3600, "a", 4, &line));
    assert_eq!(bench.take_names(), ["200 REGISTER"]);
    bench.pass_s(301);
    bench.take_sent();
    let line = answer(&asked, Algorithm::Sha256, "5001", "demo", 3);
    bench.udp(PHONE, register("5001", CONTACT, 3600, "a", 5, &line));
    let again = bench.take_one();
    assert!(again.challenges(HeaderName::WwwAuthenticate).next().unwrap().stale);
}

#[test]
fn a_made_up_nonce_is_challenged_and_not_counted_as_a_wrong_password() {
    let mut bench = Bench::new();
    let line = "Authorization: Digest username=\"5001\", realm=\"cordboard\", nonce=\"x\", \
                uri=\"sip:cordboard\", response=\"00\", algorithm=MD5\r\n";
    bench.udp(PHONE, register("5001", CONTACT, 3600, "a", 1, line));
    let asked = bench.take_one();
    assert_eq!(name(&asked), "401 REGISTER");
    assert!(!asked.challenges(HeaderName::WwwAuthenticate).next().unwrap().stale);
}

#[test]
fn g10_g11_an_unknown_dn_is_404_in_words_and_always_answered() {
    let mut bench = Bench::new();
    for (cseq, dn, expires) in [(1, "5999", 3600), (2, "5999", 0), (3, "VQ", 600)] {
        bench.udp(PHONE, register(dn, CONTACT, expires, "a", cseq, ""));
        let response = bench.take_one();
        assert_eq!(name(&response), "404 REGISTER");
        let text = format!("DN {dn} is not configured or disabled");
        assert!(header(&response, "Warning").contains(&text), "{response:?}");
        assert!(header(&response, "Reason").contains(&text));
    }
    let metrics = bench.sip.metrics();
    let unknown = metrics.iter().find(|m| m.labels.iter().any(|(_, v)| v == "unknown_dn"));
    assert_eq!(unknown.unwrap().value, 3.0);
}

#[test]
fn a_refresh_is_silent_and_a_new_contact_replaces_the_old_aloud() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    bench.udp(PHONE, register("5002", CONTACT, 1800, "r5002", 2, ""));
    assert_eq!(bench.take_facts(), []);
    bench.udp(PHONE, register("5002", "<sip:y@192.0.2.20:5064>", 1800, "z", 1, ""));
    assert_eq!(bench.take_facts(), [in_service("5002")]);
    let response = bench.take_sent().pop().unwrap();
    assert_eq!(response.list(HeaderName::Contact).count(), 1);
}

#[test]
fn a_registration_ends_with_its_time_unless_refreshed() {
    let mut bench = Bench::new();
    bench.udp(PHONE, register("5002", CONTACT, 60, "a", 1, ""));
    bench.pass_s(50);
    bench.udp(PHONE, register("5002", CONTACT, 60, "a", 2, ""));
    bench.take_facts();
    bench.pass_s(59);
    assert_eq!(bench.take_facts(), []);
    bench.pass_s(2);
    assert_eq!(bench.take_facts(), [out_of_service("5002")]);
}

#[test]
fn g11_expires_0_and_the_star_end_a_registration_and_a_query_changes_nothing() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let query = register("5002", "", 3600, "q", 1, "").replace("Contact: \r\n", "");
    bench.udp(PHONE, query);
    assert!(header(&bench.take_one(), "Contact").starts_with(CONTACT));
    assert_eq!(bench.take_facts(), []);
    bench.udp(PHONE, register("5002", CONTACT, 0, "r5002", 2, ""));
    let response = bench.take_one();
    assert_eq!(
        (name(&response).as_str(), header(&response, "Contact").as_str()),
        ("200 REGISTER", "")
    );
    assert_eq!(bench.take_facts(), [out_of_service("5002")]);
    bench.register_udp("5003");
    bench.udp(PHONE, register("5003", "*", 60, "s", 2, ""));
    assert_eq!(bench.take_names(), ["400 REGISTER"]);
    bench.udp(PHONE, register("5003", "*", 0, "s", 3, ""));
    assert_eq!(bench.take_names(), ["200 REGISTER"]);
    assert_eq!(bench.take_facts(), [out_of_service("5003")]);
}

#[test]
fn too_short_an_expiry_is_423_and_an_older_request_does_not_undo_a_newer() {
    let mut bench = Bench::new();
    bench.udp(PHONE, register("5002", CONTACT, 10, "a", 1, ""));
    let response = bench.take_one();
    assert_eq!((name(&response).as_str(), response.min_expires()), ("423 REGISTER", Some(60)));
    bench.udp(PHONE, register("5002", CONTACT, 600, "a", 9, ""));
    bench.udp(PHONE, register("5002", CONTACT, 0, "a", 8, ""));
    assert_eq!(bench.take_names(), ["200 REGISTER", "500 REGISTER"]);
    assert_eq!(bench.take_facts(), [in_service("5002")]);
}

#[test]
fn g12_a_closed_websocket_takes_its_dn_out_of_service_at_once() {
    let mut bench = Bench::new();
    bench.register_browser("5002", BROWSER);
    bench.close(BROWSER);
    assert_eq!(bench.take_facts(), [out_of_service("5002")]);
    bench.pass_s(3600);
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn a_page_loaded_again_takes_the_dn_over_before_the_old_connection_is_seen_to_be_gone() {
    let mut bench = Bench::new();
    bench.register_browser("5002", BROWSER);
    in_call(&mut bench, 1, "5002");
    bench.open(FlowId(8), Transport::Wss);
    bench.flow(FlowId(8), register("5002", "<sip:new@y.invalid;transport=ws>", 600, "n", 1, ""));
    let lost = LegFact::Lost { leg: model::LegId(1) };
    assert_eq!(bench.take_facts(), [in_service("5002"), lost]);
    bench.close(BROWSER);
    assert_eq!(bench.take_facts(), []);
    assert_eq!(bench.sip.registered().count(), 1);
}

#[test]
fn a_dn_taken_out_of_the_configuration_is_out_of_service() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let mut configuration = configuration();
    configuration.dns.remove("5002");
    bench.input(signaling::Input::Configuration(configuration.into()));
    assert_eq!(bench.take_facts(), [out_of_service("5002")]);
}

#[test]
fn a_call_follows_its_phone_to_the_port_that_a_nat_gives_it_next() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    in_call(&mut bench, 1, "5002");
    bench.udp("192.0.2.20:40000", register("5002", CONTACT, 3600, "r5002", 2, ""));
    assert_eq!(bench.take_facts(), []);
    bench.sent.clear();
    let (leg, cause) = (model::LegId(1), model::leg::Cause::Normal);
    bench.command(model::leg::LegCommand::Release { leg, cause });
    let (to, bye) = bench.sent.pop().unwrap();
    assert_eq!((to, name(&bye).as_str()), (To::Udp(addr("192.0.2.20:40000")), "BYE"));
}
