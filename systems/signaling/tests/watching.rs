//! Phones that watch others: lines, presence and registrations.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{BROWSER, Bench, PHONE, STRANGER, header, response};
use model::{
    LegId,
    leg::{Cause, LegCommand},
};
use wire_sip::{HeaderName, Message};

fn subscribe(package: &str, dn: &str, expires: u32, tag: &str, cseq: u32) -> String {
    format!(
        "SUBSCRIBE sip:{dn}@cordboard SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;rport;\
         branch=z9hG4bKw{package}{cseq}\r\nMax-Forwards: 70\r\nFrom: <sip:5002@cordboard>;tag=w\r\n\
         To: <sip:{dn}@cordboard>{tag}\r\nCall-ID: watch-{package}\r\nCSeq: {cseq} SUBSCRIBE\r\n\
         Contact: <sip:5002@192.0.2.20:5062>\r\nEvent: {package}\r\nExpires: {expires}\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

/// 5002 watches 5003; what it was told first, and the tag of its subscription.
fn watching(bench: &mut Bench, package: &str) -> (Message, String) {
    bench.register_udp("5002");
    bench.udp(PHONE, subscribe(package, "5003", 600, "", 1));
    let mut sent = bench.take_sent();
    let notify = sent.pop().unwrap();
    let ok = sent.pop().unwrap();
    assert_eq!(common::name(&ok), "200 SUBSCRIBE");
    assert_eq!(header(&ok, HeaderName::Expires), "600");
    bench.udp(PHONE, response(&notify, 200, "w", "", ""));
    (notify, format!(";tag={}", ok.to_tag().unwrap()))
}

fn body(message: &Message) -> String {
    assert_eq!(common::name(message), "NOTIFY");
    String::from_utf8(message.body().to_vec()).unwrap()
}

/// The only NOTIFY since the last time, answered.
fn told(bench: &mut Bench) -> String {
    let sent = bench.take_sent();
    let mut notified = sent.iter().filter(|message| common::name(message) == "NOTIFY");
    let (notify, none) = (notified.next().expect("a NOTIFY"), notified.next());
    assert!(none.is_none(), "told once");
    bench.udp(PHONE, response(notify, 200, "w", "", ""));
    body(notify)
}

#[test]
fn a_lamp_follows_its_line_from_ringing_to_the_end() {
    let mut bench = Bench::new();
    let (first, _) = watching(&mut bench, "dialog");
    assert_eq!(header(&first, HeaderName::SubscriptionState), "active;expires=600");
    assert!(body(&first).contains("version=\"0\" state=\"full\" entity=\"sip:5003@cordboard\""));
    assert!(!body(&first).contains("<dialog "));
    bench.register_browser("5003", BROWSER);
    bench.ring(1, "5003");
    let invite = bench.sent.iter().find(|(_, m)| common::name(m) == "INVITE").unwrap().1.clone();
    assert!(told(&mut bench).contains("direction=\"recipient\"><state>trying</state>"));
    bench.flow(BROWSER, response(&invite, 180, "p", "", ""));
    assert!(told(&mut bench).contains("<state>early</state>"));
    bench.flow(BROWSER, response(&invite, 200, "p", "", common::OFFER));
    let up = told(&mut bench);
    assert!(up.contains("<state>confirmed</state>") && up.contains("version=\"3\""), "{up}");
    bench.command(LegCommand::Release { leg: LegId(1), cause: Cause::Normal });
    assert!(!told(&mut bench).contains("<dialog "));
}

#[test]
fn what_changes_while_a_watcher_is_told_goes_with_the_next_and_not_one_by_one() {
    let mut bench = Bench::new();
    watching(&mut bench, "dialog");
    bench.register_browser("5003", BROWSER);
    bench.ring(1, "5003");
    let sent = bench.take_sent();
    let notify = sent.iter().find(|message| common::name(message) == "NOTIFY").unwrap();
    let invite = sent.iter().find(|message| common::name(message) == "INVITE").unwrap();
    bench.flow(BROWSER, response(invite, 180, "p", "", ""));
    bench.flow(BROWSER, response(invite, 200, "p", "", common::OFFER));
    assert!(!bench.take_names().contains(&"NOTIFY".to_owned()), "one at a time");
    bench.udp(PHONE, response(notify, 200, "w", "", ""));
    assert!(told(&mut bench).contains("<state>confirmed</state>"));
}

#[test]
fn presence_and_registration_tell_whether_a_phone_is_there() {
    for (package, gone, there) in [
        ("presence", "<basic>closed</basic>", "<basic>open</basic>"),
        ("reg", "state=\"terminated\"", "event=\"registered\""),
    ] {
        let mut bench = Bench::new();
        let (first, _) = watching(&mut bench, package);
        assert!(body(&first).contains(gone), "{}", body(&first));
        bench.open(BROWSER, model::sip::Transport::Wss);
        let contact = "<sip:a@x7.invalid;transport=ws>";
        bench.flow(BROWSER, common::register("5003", contact, 600, "r", 1, ""));
        assert!(told(&mut bench).contains(there));
        bench.close(BROWSER);
        assert!(told(&mut bench).contains(gone));
    }
}

#[test]
fn a_watch_ends_by_its_time_by_its_watcher_s_wish_and_when_it_is_not_known_there() {
    let mut bench = Bench::new();
    let (_, tag) = watching(&mut bench, "dialog");
    bench.pass_s(599);
    bench.take_sent();
    bench.udp(PHONE, subscribe("dialog", "5003", 600, &tag, 2));
    assert_eq!(bench.take_names()[..2], ["200 SUBSCRIBE", "NOTIFY"], "refreshed");
    bench.pass_s(40);
    let refresh = subscribe("dialog", "5003", 0, &tag, 3);
    bench.take_sent();
    bench.udp(PHONE, &refresh);
    let last = bench.take_sent();
    let known = last.iter().any(|message| common::name(message) == "481 SUBSCRIBE");
    assert!(known, "nobody answered its NOTIFY: it is over");

    let mut bench = Bench::new();
    let (_, tag) = watching(&mut bench, "dialog");
    bench.udp(PHONE, subscribe("dialog", "5003", 0, &tag, 2));
    let last = bench.take_sent().pop().unwrap();
    assert_eq!(header(&last, HeaderName::SubscriptionState), "terminated;reason=timeout");
    bench.udp(PHONE, response(&last, 200, "w", "", ""));

    let mut bench = Bench::new();
    watching(&mut bench, "dialog");
    bench.pass_s(601);
    let last = bench.take_sent().remove(0);
    assert_eq!(header(&last, HeaderName::SubscriptionState), "terminated;reason=timeout");
    bench.pass_s(60);
    assert!(bench.sip.is_idle());

    let mut bench = Bench::new();
    watching(&mut bench, "dialog");
    bench.register_browser("5003", BROWSER);
    bench.ring(1, "5003");
    let sent = bench.take_sent();
    let notify = sent.iter().find(|message| common::name(message) == "NOTIFY").unwrap();
    bench.udp(PHONE, response(notify, 481, "w", "", ""));
    bench.command(LegCommand::Release { leg: LegId(1), cause: Cause::Normal });
    assert!(!bench.take_names().contains(&"NOTIFY".to_owned()));
}

#[test]
fn strangers_and_unknown_lines_and_packages_are_refused() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    for (from, request, expected) in [
        (PHONE, subscribe("weather", "5003", 600, "", 1), "489 SUBSCRIBE"),
        (PHONE, subscribe("dialog", "9999", 600, "", 1), "404 SUBSCRIBE"),
        (PHONE, subscribe("dialog", "5003", 5, "", 2), "423 SUBSCRIBE"),
        (PHONE, subscribe("dialog", "5003", 600, ";tag=unknown", 3), "481 SUBSCRIBE"),
        (STRANGER, subscribe("dialog", "5003", 600, "", 4), "403 SUBSCRIBE"),
        (
            STRANGER,
            subscribe("presence", "5003", 600, "", 5).replace("<sip:5002@", "<sip:5001@"),
            "401 SUBSCRIBE",
        ),
    ] {
        bench.udp(from, request);
        assert_eq!(bench.take_names(), [expected]);
    }
}
