//! Phones that show what the desktop did: hold and talk.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use model::{
    LegId,
    leg::{Cause, LegCommand},
};
use wire_sip::HeaderName;

const LEG: LegId = LegId(1);

fn show(bench: &mut Bench, is_held: bool) {
    bench.command(LegCommand::ShowHeld { leg: LEG, is_held });
}

#[test]
fn a_phone_with_cti_control_is_told_of_hold_and_retrieval_in_its_call() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    let (to, invite) = in_call(&mut bench, 1, "5002");
    for (is_held, event) in [(true, "hold"), (false, "talk")] {
        show(&mut bench, is_held);
        let (went, notify) = bench.sent.pop().unwrap();
        assert_eq!((went, name(&notify).as_str()), (to, "NOTIFY"));
        assert_eq!(header(&notify, HeaderName::Event), event);
        assert_eq!(header(&notify, HeaderName::SubscriptionState), "active");
        assert_eq!(header(&notify, "X-Genesys-CallUUID"), uuid().to_string());
        assert_eq!((notify.to_tag(), notify.call_id()), (Some("p"), invite.call_id()));
        assert_eq!(notify.body(), b"");
        bench.arrive(to, response(&notify, 200, "p", "", ""));
    }
    assert_eq!((bench.take_facts(), bench.take_names()), (vec![], vec![]));
    assert_eq!(bench.take_media(), []);
}

#[test]
fn browsers_phones_without_cti_control_and_carriers_are_told_nothing() {
    let mut bench = Bench::new();
    bench.register_browser("5002", BROWSER);
    in_call(&mut bench, 1, "5002");
    show(&mut bench, true);
    assert_eq!(bench.take_names(), [""; 0]);

    let mut bench = Bench::new();
    bench.register_udp("5003");
    in_call(&mut bench, 1, "5003");
    show(&mut bench, true);
    assert_eq!(bench.take_names(), [""; 0]);

    let mut bench = Bench::new();
    let (_, leg) = established(&mut bench);
    bench.take_sent();
    bench.command(LegCommand::ShowHeld { leg, is_held: true });
    assert_eq!(bench.take_names(), [""; 0]);
}

#[test]
fn a_phone_that_only_rings_has_nothing_to_show() {
    let mut bench = Bench::new();
    bench.register_udp("5002");
    ringing(&mut bench, 1, "5002");
    show(&mut bench, true);
    assert_eq!(bench.take_names(), [""; 0]);
    bench.command(LegCommand::Release { leg: LEG, cause: Cause::Normal });
    bench.take_sent();
    show(&mut bench, true);
    assert_eq!(bench.take_names(), [""; 0]);
}

#[test]
fn a_phone_that_refuses_or_ignores_the_word_keeps_its_call() {
    for code in [Some(481), Some(489), Some(501), Some(603), None] {
        let mut bench = Bench::new();
        bench.register_udp("5002");
        let (to, _) = in_call(&mut bench, 1, "5002");
        show(&mut bench, true);
        let notify = bench.take_one();
        if let Some(code) = code {
            bench.arrive(to, response(&notify, code, "p", "", ""));
        }
        bench.pass_s(40);
        assert_eq!(bench.take_facts(), [], "{code:?}");
        assert_eq!(bench.sip.counts(), (1, 0, 0), "{code:?}");
        bench.command(LegCommand::Release { leg: LEG, cause: Cause::Normal });
        assert_eq!(bench.take_facts(), [ended(LEG, Cause::Normal)]);
    }
}
