//! Phones that have their calls sent elsewhere: REFER and what they hear of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use expect_test::expect;
use model::{
    LegId,
    leg::{Cause, LegCommand, LegFact},
};
use wire_sip::{HeaderName, Message};

const LEG: LegId = LegId(1);

/// A phone in a call, which counts its own requests.
struct Phone {
    to: To,
    invite: Message,
    cseq: u32,
}

impl Phone {
    fn in_call(bench: &mut Bench, leg: u64, dn: &str) -> Self {
        let (to, invite) = in_call(bench, leg, dn);
        Self { to, invite, cseq: 0 }
    }

    fn request(&mut self, method: &str, extra: &str) -> String {
        self.cseq += 1;
        let (cseq, us) = (self.cseq, self.invite.from().unwrap());
        format!(
            "{method} sip:5551234567@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;\
             branch=z9hG4bK{method}{cseq}\r\nFrom: <sip:5002@cordboard>;tag=p\r\nTo: \
             <{}>;tag={}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\nContact: \
             <sip:x@192.0.2.20:5062>\r\n{extra}Content-Length: 0\r\n\r\n",
            us.uri,
            us.tag().unwrap(),
            self.invite.call_id(),
        )
    }

    fn refer(&mut self, bench: &mut Bench, extra: &str) {
        let refer = self.request("REFER", extra);
        bench.arrive(self.to, refer);
    }

    /// What the REFER was answered with, when that is all.
    fn refused(&mut self, bench: &mut Bench, extra: &str) -> u16 {
        self.refer(bench, extra);
        bench.take_one().status().unwrap()
    }

    fn our_tag(&self) -> String {
        self.invite.from_tag().unwrap().to_owned()
    }

    /// This call as another REFER of the phone names it.
    fn replaces(&self) -> String {
        format!("{}%3Bto-tag%3D{}%3Bfrom-tag%3Dp", self.invite.call_id(), self.our_tag())
    }
}

fn referred(target: &str, replaces: Option<LegId>) -> LegFact {
    LegFact::Referred { leg: LEG, target: target.into(), replaces }
}

fn done(bench: &mut Bench, status: u16) {
    bench.command(LegCommand::ReferDone { leg: LEG, status });
}

fn phone(bench: &mut Bench) -> Phone {
    bench.register_udp("5002");
    Phone::in_call(bench, 1, "5002")
}

fn idle(bench: &mut Bench) {
    bench.pass_s(70);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

#[test]
fn a_phone_sends_its_call_elsewhere_and_hears_of_it() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    bench.take_ladder();
    phone.refer(&mut bench, "Refer-To: <sip:5003@cordboard>\r\n");
    done(&mut bench, 200);
    bench.arrive(phone.to, phone.request("BYE", ""));
    expect![[r#"
        phone    -> REFER
        phone   <-  202 REFER
        phone   <-  NOTIFY
        switch  <-  Referred { leg: out1, target: "5003", replaces: None }
        switch   -> ReferDone { leg: out1, status: 200 }
        phone   <-  NOTIFY
        phone    -> BYE
        phone   <-  200 BYE
        switch  <-  Ended { leg: out1, cause: Normal }
        media   <-  Close leg out1
    "#]]
    .assert_eq(&bench.take_ladder());
    let sent = bench.take_sent();
    let [accepted, trying, last, _] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(header(accepted, HeaderName::Contact), "<sip:5551234567@192.0.2.1:5060>");
    assert_eq!(header(accepted, HeaderName::ReferSub), "");
    assert_eq!(trying.body(), b"SIP/2.0 100 Trying\r\n");
    assert_eq!(last.body(), b"SIP/2.0 200 OK\r\n");
    let states = ["active;expires=360", "terminated;reason=noresource"];
    for (notify, state) in [trying, last].into_iter().zip(states) {
        assert_eq!(header(notify, HeaderName::Event), "refer;id=1");
        assert_eq!(header(notify, HeaderName::SubscriptionState), state);
        assert_eq!(header(notify, HeaderName::ContentType), "message/sipfrag;version=2.0");
        assert_eq!(notify.to_tag(), Some("p"));
        assert!(notify.contact().is_some());
    }
    idle(&mut bench);
}

#[test]
fn a_phone_hears_of_a_failure_and_may_try_again() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    for (cseq, (status, line)) in
        (1..).zip([(486, "SIP/2.0 486 Busy Here\r\n"), (603, "SIP/2.0 603 Decline\r\n")])
    {
        phone.refer(&mut bench, "Refer-To: <sip:5003@cordboard>\r\n");
        done(&mut bench, status);
        let last = bench.take_sent().pop().unwrap();
        assert_eq!(last.body(), line.as_bytes());
        assert_eq!(header(&last, HeaderName::Event), format!("refer;id={cseq}"));
        done(&mut bench, status);
        assert_eq!(bench.take_names(), [""; 0], "the outcome is told once");
    }
    assert_eq!(bench.take_facts(), [referred("5003", None), referred("5003", None)]);
}

#[test]
fn the_user_part_counts_whatever_the_host_and_the_form() {
    for (refer_to, target) in [
        ("<sip:5003@cordboard>", "5003"),
        ("sip:5003@far.example;user=phone", "5003"),
        ("\"Ann\" <sips:%2B1555@far.example:5071;transport=tls>", "+1555"),
        ("<tel:+1-555-987-6543>", "+15559876543"),
        ("<sip:5003;phone-context=x@h;method=INVITE>", "5003"),
    ] {
        let mut bench = Bench::new();
        let mut phone = phone(&mut bench);
        let by = "Referred-By: <sip:5002@cordboard>\r\n";
        phone.refer(&mut bench, &format!("{by}Refer-To: {refer_to}\r\n"));
        assert_eq!(bench.take_names(), ["202 REFER", "NOTIFY"], "{refer_to}");
        assert_eq!(bench.take_facts(), [referred(target, None)]);
    }
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    phone.refer(&mut bench, "r: <sip:5003@cordboard>\r\nb: nonsense\r\n");
    assert_eq!(bench.take_facts(), [referred("5003", None)], "compact forms");
}

#[test]
fn what_can_not_be_called_is_refused() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    let long = format!("Refer-To: <sip:{}@h>\r\n", "5".repeat(129));
    for (extra, code) in [
        ("", 400),
        ("Refer-To: \r\n", 400),
        ("Refer-To: <sip:cordboard>\r\n", 400),
        ("Refer-To: <sip:5003@h;method=BYE>\r\n", 400),
        ("Refer-To: <sip:1@h>\r\nRefer-To: <sip:2@h>\r\n", 400),
        ("Refer-To: <sip:5003@h?Replaces=nonsense>\r\n", 400),
        (&long, 400),
        ("Refer-To: <http://h/page>\r\n", 416),
        ("Refer-To: <mailto:a@h>\r\n", 416),
        ("Refer-To: <sip:5003@h?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n", 481),
        ("Require: foo\r\nRefer-To: <sip:1@h>\r\n", 420),
    ] {
        assert_eq!(phone.refused(&mut bench, extra), code, "{extra}");
    }
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn a_second_refer_is_603_until_the_first_is_done() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    phone.refer(&mut bench, "Refer-To: <sip:5003@h>\r\n");
    bench.take_sent();
    assert_eq!(phone.refused(&mut bench, "Refer-To: <sip:5004@h>\r\n"), 603);
    done(&mut bench, 200);
    bench.take_sent();
    phone.refer(&mut bench, "Refer-To: <sip:5004@h>\r\n");
    assert_eq!(bench.take_names(), ["202 REFER", "NOTIFY"]);
    assert_eq!(bench.take_facts(), [referred("5003", None), referred("5004", None)]);
}

#[test]
fn a_refer_that_comes_twice_is_one() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    let refer = phone.request("REFER", "Refer-To: <sip:5003@h>\r\n");
    bench.arrive(phone.to, &refer);
    bench.take_sent();
    bench.arrive(phone.to, &refer);
    assert_eq!(bench.take_names(), ["202 REFER"]);
    assert_eq!(bench.take_facts(), [referred("5003", None)]);
}

#[test]
fn a_phone_that_wants_no_word_gets_none() {
    for extra in ["Refer-Sub: false\r\n", "Require: norefersub\r\nRefer-Sub: FALSE;x=1\r\n"] {
        let mut bench = Bench::new();
        let mut phone = phone(&mut bench);
        phone.refer(&mut bench, &format!("{extra}Refer-To: <sip:5003@h>\r\n"));
        let accepted = bench.take_one();
        assert_eq!(name(&accepted), "202 REFER");
        assert_eq!(header(&accepted, HeaderName::ReferSub), "false");
        assert_eq!(bench.take_facts(), [referred("5003", None)]);
        assert_eq!(phone.refused(&mut bench, "Refer-To: <sip:5004@h>\r\n"), 603);
        done(&mut bench, 200);
        assert_eq!(bench.take_names(), [""; 0]);
        phone.refer(&mut bench, "Refer-To: <sip:5004@h>\r\n");
        assert_eq!(bench.take_names(), ["202 REFER", "NOTIFY"]);
    }
}

#[test]
fn a_consulted_call_takes_the_first_one_s_place_whichever_way_its_tags_are_written() {
    for is_swapped in [false, true] {
        let mut bench = Bench::new();
        let mut phone = phone(&mut bench);
        let second = Phone::in_call(&mut bench, 2, "5002");
        let (id, tag) = (second.invite.call_id(), second.our_tag());
        let replaces = match is_swapped {
            false => second.replaces(),
            true => format!("{id}%3Bto-tag%3Dp%3Bfrom-tag%3D{tag}"),
        };
        phone.refer(&mut bench, &format!("Refer-To: <sip:5003@h?Replaces={replaces}>\r\n"));
        assert_eq!(bench.take_names(), ["202 REFER", "NOTIFY"]);
        assert_eq!(bench.take_facts(), [referred("5003", Some(LegId(2)))]);
    }
}

#[test]
fn a_consulted_call_that_the_phone_made_itself_is_found_too() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    let mut caller = Caller::new("5002", "consult");
    bench.udp(PHONE, caller.invite("", OFFER));
    let second = bench.offered();
    bench.command(LegCommand::Progress { leg: second, progress: model::leg::Progress::Ringing });
    caller.learn(&bench.take_sent().pop().unwrap());
    let replaces = format!("consult%3Bto-tag%3D{}%3Bfrom-tag%3Dc", caller.to_tag);
    let refer_to = format!("<sip:192.0.2.1?Replaces={replaces}&Require=replaces>");
    phone.refer(&mut bench, &format!("Refer-To: {refer_to}\r\n"));
    assert_eq!(bench.take_facts(), [referred("", Some(second))]);
}

#[test]
fn a_call_of_another_dn_or_the_same_call_or_one_that_is_over_is_481() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    bench.register_browser("5003", BROWSER);
    let other = Phone::in_call(&mut bench, 2, "5003");
    let over = Phone::in_call(&mut bench, 3, "5002");
    bench.command(LegCommand::Release { leg: LegId(3), cause: Cause::Normal });
    bench.take_sent();
    bench.take_facts();
    for replaces in [other.replaces(), phone.replaces(), over.replaces()] {
        let extra = format!("Refer-To: <sip:5003@h?Replaces={replaces}>\r\n");
        assert_eq!(phone.refused(&mut bench, &extra), 481);
    }
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn a_carrier_may_not_send_its_calls_elsewhere() {
    let mut bench = Bench::new();
    let (mut caller, _) = established(&mut bench);
    bench.udp(PSTN, caller.request("REFER", "Refer-To: <sip:+1900@h>\r\n", ""));
    assert_eq!(bench.take_names(), ["403 REFER"]);
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn a_refer_before_the_answer_and_one_outside_calls_are_403() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = ringing(&mut bench, 1, "5002");
    let mut phone = Phone { to, invite, cseq: 0 };
    assert_eq!(phone.refused(&mut bench, "Refer-To: <sip:5003@h>\r\n"), 403);
    let outside = Caller::new("5002", "x").request("REFER", "Refer-To: <sip:5003@h>\r\n", "");
    bench.udp(PHONE, outside);
    let refusal = bench.take_one();
    assert_eq!(refusal.status(), Some(403));
    assert!(header(&refusal, HeaderName::Warning).starts_with("399 "));
    assert_eq!(bench.take_facts(), []);
}

#[test]
fn a_hang_up_with_a_refer_open_is_a_hang_up_and_its_outcome_is_nobody_s() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    phone.refer(&mut bench, "Refer-To: <sip:5003@h>\r\n");
    bench.arrive(phone.to, phone.request("BYE", ""));
    assert_eq!(bench.take_names(), ["202 REFER", "NOTIFY", "200 BYE"]);
    assert_eq!(bench.take_facts(), [referred("5003", None), ended(LEG, Cause::Normal)]);
    done(&mut bench, 200);
    assert_eq!(bench.take_names(), [""; 0]);
    idle(&mut bench);
}

#[test]
fn a_refer_whose_outcome_nobody_tells_ends_with_its_subscription() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    phone.refer(&mut bench, "Refer-To: <sip:5003@h>\r\n");
    let (_, trying) = bench.sent.pop().unwrap();
    bench.arrive(phone.to, response(&trying, 200, "p", "", ""));
    bench.take_sent();
    bench.pass_s(359);
    assert_eq!(bench.take_names(), [""; 0]);
    bench.pass_s(1);
    let last = bench.take_one();
    assert_eq!(last.body(), b"SIP/2.0 408 Request Timeout\r\n");
    assert_eq!(header(&last, HeaderName::SubscriptionState), "terminated;reason=timeout");
    done(&mut bench, 200);
    bench.arrive(phone.to, response(&last, 200, "p", "", ""));
    assert_eq!(bench.take_names(), [""; 0]);
    phone.refer(&mut bench, "Refer-To: <sip:5004@h>\r\n");
    assert_eq!(bench.take_names(), ["202 REFER", "NOTIFY"]);
}

#[test]
fn a_phone_that_refuses_every_word_of_it_keeps_its_call() {
    let mut bench = Bench::new();
    let mut phone = phone(&mut bench);
    phone.refer(&mut bench, "Refer-To: <sip:5003@h>\r\n");
    let (_, trying) = bench.sent.pop().unwrap();
    bench.arrive(phone.to, response(&trying, 481, "p", "", ""));
    bench.take_sent();
    done(&mut bench, 700);
    let last = bench.take_one();
    assert_eq!(last.body(), b"SIP/2.0 699 Global Failure\r\n");
    bench.pass_s(40);
    assert_eq!(bench.take_facts(), [referred("5003", None)]);
    bench.arrive(phone.to, phone.request("BYE", ""));
    assert_eq!(bench.take_facts(), [ended(LEG, Cause::Normal)]);
    idle(&mut bench);
}

#[test]
fn refer_is_allowed() {
    let mut bench = Bench::new();
    bench.udp(PSTN, Caller::new("555", "o").request("OPTIONS", "", ""));
    let able = bench.take_one();
    assert!(able.has_token(HeaderName::Allow, "REFER"));
    assert!(able.has_token(HeaderName::Supported, "norefersub"));
}
