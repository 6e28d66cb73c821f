//! Calls to outside numbers: which trunk they take, what happens when one does not, and how many
//! there may be.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::sync::Arc;

use common::Site;
use model::{
    Configuration, KvList, LegId, ReferenceId, Request, TrunkName,
    config::{DialRule, TSERVER, Trunk},
    leg::{Cause, LegCommand, LegFact, LegSource},
};
use switch::{Input, Output};

/// Two agents, the trunks `near` and `far` and a dial plan that knows both.
fn site() -> Site {
    site_with(|_| {})
}

fn site_with(change: impl FnOnce(&mut Configuration)) -> Site {
    let mut configuration = common::configuration();
    configuration.trunks.clear();
    for name in ["far", "near"] {
        let trunk = Trunk { contact: "192.0.2.1:5060".into(), ..Trunk::default() };
        configuration.trunks.insert(name.into(), trunk);
    }
    let rule = |matches: &str, trunk: &str, then: &[&str], strip| DialRule {
        matches: matches.into(),
        trunk: trunk.into(),
        then: then.iter().map(|name| TrunkName::from(*name)).collect(),
        strip,
        prefix: String::new(),
        emergency: matches == "112",
    };
    configuration.dial_plan = [
        ("emergency".into(), rule("112", "near", &["far"], 0)),
        ("outside".into(), rule("9", "near", &["far"], 1)),
        ("star".into(), rule("*", "far", &[], 0)),
    ]
    .into();
    change(&mut configuration);
    let mut site = Site::at_work();
    site.tell(Input::Configuration(Arc::new(configuration)));
    site.forget_ladder();
    site
}

fn limit<'a>(site: &'a mut Configuration, trunk: &str) -> &'a mut model::config::TrunkLimits {
    &mut site.trunks.get_mut(trunk).unwrap().limits
}

fn option(site: &mut Configuration, dn: &str, name: &str, value: &str) {
    let section = site.dns.get_mut(dn).unwrap().options.entry(TSERVER.into()).or_default();
    section.insert(name.into(), value.into());
}

/// What was dialled since it was asked last: `near 5551234`.
fn dialled(site: &mut Site) -> Vec<String> {
    let said = std::mem::take(&mut site.outputs);
    let dial = |output| match output {
        Output::Leg(LegCommand::Dial { trunk, number, .. }) => Some(format!("{trunk} {number}")),
        _ => None,
    };
    said.into_iter().filter_map(dial).collect()
}

/// An agent's phone is up and dials; the leg of its phone.
fn call(site: &mut Site, dn: &str, number: &str) -> LegId {
    let (destination, user_data) = (number.into(), KvList::new());
    site.ask(Request::MakeCall { dn: dn.into(), destination, user_data });
    let phone = site.rung();
    site.fact(LegFact::Ringing { leg: phone });
    site.fact(LegFact::Answered { leg: phone });
    phone
}

fn refusal(site: &mut Site, dn: &str, number: &str) -> String {
    let (destination, user_data) = (number.into(), KvList::new());
    let reference = site.ask(Request::MakeCall { dn: dn.into(), destination, user_data });
    told(site, reference)
}

fn told(site: &Site, reference: ReferenceId) -> String {
    match site.outcome(reference)[..] {
        [Output::Refused { refusal, .. }] => refusal.message.clone(),
        ref other => panic!("{other:?}"),
    }
}

fn end(site: &mut Site, leg: LegId) {
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
}

#[test]
fn the_dial_plan_says_which_trunk_and_what_is_sent_there() {
    for (number, expected) in
        [("95551234", "near 5551234"), ("112", "near 112"), ("*21#", "far *21#")]
    {
        let mut site = site();
        call(&mut site, "5001", number);
        assert_eq!(dialled(&mut site), [expected]);
        let other = site.events.last().unwrap().call.as_ref().unwrap().dnis.clone();
        assert_eq!(other.as_deref(), Some(number), "events have the number as dialled");
    }
    let mut site = site();
    assert!(refusal(&mut site, "5001", "5551234").contains("can't be called"), "no rule");
    assert!(refusal(&mut site, "5001", "9").contains("can't be called"), "nothing is left to send");
}

#[test]
fn without_a_dial_plan_the_trunks_are_taken_in_the_order_of_their_names() {
    let mut site = site_with(|site| site.dial_plan.clear());
    call(&mut site, "5001", "5551234");
    assert_eq!(dialled(&mut site), ["far 5551234"]);
}

#[test]
fn a_trunk_that_fails_is_followed_by_the_next_and_the_caller_hears_nothing_of_it() {
    for cause in [Cause::Overloaded, Cause::Unreachable, Cause::Failure, Cause::Forbidden] {
        let mut site = site();
        let phone = call(&mut site, "5001", "95551234");
        let first = site.rung();
        assert_eq!(dialled(&mut site), ["near 5551234"]);
        let before = site.events.len();
        site.fact(LegFact::Ended { leg: first, cause });
        assert_eq!((dialled(&mut site), site.events.len()), (vec!["far 5551234".into()], before));
        site.fact(LegFact::Ended { leg: first, cause });
        assert!(dialled(&mut site).is_empty());
        end(&mut site, phone);
    }
    let mut site = site();
    let phone = call(&mut site, "5001", "95551234");
    let first = site.rung();
    site.fact(LegFact::Ended { leg: first, cause: Cause::Overloaded });
    let second = site.rung();
    site.fact(LegFact::Ringing { leg: second });
    site.fact(LegFact::Answered { leg: second });
    let name = site.events.last().unwrap().name;
    assert_eq!(name, model::EventName::Established);
    end(&mut site, second);
    end(&mut site, phone);
    assert!(site.switch.is_idle());
}

#[test]
fn busy_is_busy_by_every_trunk_and_so_is_what_rang_already() {
    let mut site = site();
    call(&mut site, "5001", "95551234");
    let leg = site.rung();
    dialled(&mut site);
    site.fact(LegFact::Ended { leg, cause: Cause::Busy });
    assert!(dialled(&mut site).is_empty());

    let mut site = self::site();
    call(&mut site, "5001", "95551234");
    let leg = site.rung();
    dialled(&mut site);
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Ended { leg, cause: Cause::Overloaded });
    assert!(dialled(&mut site).is_empty());
}

#[test]
fn when_every_trunk_failed_the_caller_is_told() {
    let mut site = site();
    call(&mut site, "5001", "95551234");
    for _ in 0..2 {
        let leg = site.rung();
        site.fact(LegFact::Ended { leg, cause: Cause::Overloaded });
    }
    let last = site.events.last().unwrap();
    assert_eq!(last.name, model::EventName::DestinationBusy);
    assert_eq!(last.call.as_ref().unwrap().call_state, model::CallState::AllTrunksBusy);
}

#[test]
fn a_trunk_that_is_down_is_asked_last() {
    let mut site = site();
    site.tell(Input::Trunk { name: "near".into(), up: false });
    let phone = call(&mut site, "5001", "95551234");
    assert_eq!(dialled(&mut site), ["far 5551234"]);
    end(&mut site, phone);
    site.tell(Input::Trunk { name: "near".into(), up: true });
    call(&mut site, "5001", "95551234");
    assert_eq!(dialled(&mut site), ["near 5551234"]);
}

#[test]
fn a_trunk_has_so_many_calls_both_ways_together_and_no_more() {
    let mut site = site_with(|site| {
        limit(site, "near").calls = 1;
        limit(site, "far").calls = 1;
    });
    let phone = call(&mut site, "5001", "95551234");
    assert_eq!(dialled(&mut site), ["near 5551234"]);
    let refused = site.offer_from(LegSource::Trunk("near".into()), "5559", "5002");
    let command = LegCommand::Release { leg: refused, cause: Cause::Overloaded };
    assert!(site.outputs.contains(&Output::Leg(command)));
    site.fact(LegFact::Ended { leg: refused, cause: Cause::Overloaded });

    let other = call(&mut site, "5002", "95551235");
    assert_eq!(dialled(&mut site), ["far 5551235"]);
    assert!(refusal(&mut site, "5003", "95551236").contains("not registered"));
    site.fact(LegFact::DnInService { dn: "5003".into() });
    assert!(refusal(&mut site, "5003", "95551236").contains("trunks for 95551236 are taken"));
    call(&mut site, "5003", "112");
    assert_eq!(dialled(&mut site), ["near 112"], "an emergency call always goes out");
    end(&mut site, phone);
    end(&mut site, other);
}

#[test]
fn a_trunk_is_dialled_so_often_in_a_minute_and_no_more() {
    let mut site = site_with(|site| {
        limit(site, "near").dials_per_minute = 2;
        limit(site, "far").dials_per_minute = 1;
    });
    let mut all = Vec::new();
    for _ in 0..3 {
        let phone = call(&mut site, "5001", "95551234");
        end(&mut site, phone);
        let leg = site.rung();
        site.fact(LegFact::Ended { leg, cause: Cause::Cancelled });
        all.append(&mut dialled(&mut site));
        site.wait_s(10);
    }
    assert_eq!(all, ["near 5551234", "near 5551234", "far 5551234"]);
    assert!(refusal(&mut site, "5001", "95551234").contains("dialled too often"));
    site.wait_s(31);
    call(&mut site, "5001", "95551234");
    assert_eq!(dialled(&mut site), ["near 5551234"]);
}

#[test]
fn a_phone_has_so_many_calls_outside_and_no_more() {
    let mut site = site_with(|site| option(site, "5001", "outside-calls-per-hour", "2"));
    for _ in 0..2 {
        let phone = call(&mut site, "5001", "95551234");
        end(&mut site, phone);
        let leg = site.rung();
        site.fact(LegFact::Ended { leg, cause: Cause::Cancelled });
    }
    assert!(refusal(&mut site, "5001", "95551234").contains("outside-calls-per-hour"));
    let by_phone = site.offer_from(LegSource::Dn("5001".into()), "5001", "95551234");
    let command = LegCommand::Release { leg: by_phone, cause: Cause::Forbidden };
    assert!(site.outputs.contains(&Output::Leg(command)), "its phone's own INVITE too");
    site.fact(LegFact::Ended { leg: by_phone, cause: Cause::Forbidden });
    call(&mut site, "5001", "5002");
    assert!(matches!(site.outputs.last(), Some(Output::Event(_) | Output::Capabilities { .. })));
    site.wait_s(3600);

    let mut site = site_with(|site| option(site, "5001", "outside-calls-max", "0"));
    assert!(refusal(&mut site, "5001", "95551234").contains("outside-calls-max"));
    call(&mut site, "5001", "112");
    assert_eq!(dialled(&mut site), ["near 112"]);
}

#[test]
fn a_forwarded_call_is_charged_to_whoever_forwards() {
    let mut site = site_with(|site| option(site, "5002", "outside-calls-max", "0"));
    let forward = Request::CallForwardSet { dn: "5002".into(), destination: "95551234".into() };
    site.ask(forward);
    site.forget_ladder();
    let leg = site.offer_from(LegSource::Trunk("near".into()), "5559", "5002");
    let command = LegCommand::Release { leg, cause: Cause::Forbidden };
    assert!(site.outputs.contains(&Output::Leg(command)), "{:?}", site.outputs);
}
