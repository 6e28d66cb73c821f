//! What the router asks of the switch, as ladders.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Agent, Site, configuration, with_customer};
use expect_test::expect;
use model::{AgentState, ConnId, EventName, KvList, TError};
use routing::Counts;

/// 5001 and 5002 have Support, 5003 Sales; route point 5000 wants Support, 5900 Sales.
fn site() -> Site {
    Site::new(configuration(
        &[("5000", "Support > 0"), ("5900", "Sales > 0")],
        &[("5001", &[("Support", 1)]), ("5002", &[("Support", 2)]), ("5003", &[("Sales", 3)])],
    ))
}

/// Why a call is where it is.
fn words(site: &Site, conn: u64) -> String {
    site.router.explain_call(site.now, &ConnId(conn).to_string()).unwrap().words
}

/// The route to an agent without the data that goes before it.
fn routes(site: &mut Site) -> Vec<(u64, String)> {
    site.take_routed().into_iter().map(|r| (r.conn.0, r.target.to_string())).collect()
}

#[test]
fn a_call_goes_to_the_ready_agent_with_its_customers_data() {
    let mut site = Site::new(with_customer(configuration(
        &[("5000", "Support > 0")],
        &[("5001", &[("Support", 1)])],
    )));
    site.ready("5001");
    site.arrive("5000", 1);
    expect![[r#"
        0 s UpdateUserData 5000 call 1
            customer_id = "98765"
            customer_name = "Sample Customer"
            account_type = "premium"
            call_reason = "support"
            CustomerSegment = "premium"
            RStrategyName = "strategy of 5000"
            RRequestedSkillCombination = "Support > 0"
            RTargetRequested = "?:Support > 0"
            RTargetObjectSelected = "?:Support > 0"
            RTargetAgentSelected = "5001"
            RTargetPlaceSelected = "5001"
            RVQID = "0000000000000001-1"
        0 s RouteCall 5000 call 1 -> 5001, 15 s then notready
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn a_strategy_has_the_agent_recorded_or_spared() {
    let said = [None, Some(true), Some(false)].map(|record| {
        let agents: [Agent<'_>; 1] = [("5001", &[("Support", 1)])];
        let mut configuration = configuration(&[("5000", "Support > 0")], &agents);
        configuration.strategies.values_mut().for_each(|strategy| strategy.record = record);
        let mut site = Site::new(configuration);
        site.ready("5001");
        site.arrive("5000", 1);
        site.take_ladder().lines().last().unwrap_or_default().to_owned()
    });
    expect![[r#"
        0 s RouteCall 5000 call 1 -> 5001, 15 s then notready
        0 s RouteCall 5000 call 1 -> 5001, 15 s then notready, record destination
        0 s RouteCall 5000 call 1 -> 5001, 15 s then notready, record disable_destination"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn a_call_without_an_agent_hears_music_once_and_goes_to_the_first_who_becomes_ready() {
    let mut site = Site::new(with_customer(configuration(
        &[("5000", "Support > 0")],
        &[("5001", &[("Support", 1)]), ("5003", &[])],
    )));
    site.ready("5003");
    site.arrive("5000", 1);
    site.pass_seconds(40);
    site.ready("5001");
    expect![[r#"
        0 s UpdateUserData 5000 call 1
            customer_id = "98765"
            customer_name = "Sample Customer"
            account_type = "premium"
            call_reason = "support"
            CustomerSegment = "premium"
        0 s ApplyTreatment 5000 call 1 Music
        40 s UpdateUserData 5000 call 1
            RStrategyName = "strategy of 5000"
            RRequestedSkillCombination = "Support > 0"
            RTargetRequested = "?:Support > 0"
            RTargetObjectSelected = "?:Support > 0"
            RTargetAgentSelected = "5001"
            RTargetPlaceSelected = "5001"
            RVQID = "0000000000000001-1"
        40 s RouteCall 5000 call 1 -> 5001, 15 s then notready
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn the_agent_who_has_been_ready_longest_is_chosen() {
    let mut site = site();
    site.ready("5002");
    site.pass_seconds(1);
    site.ready("5001");
    site.arrive("5000", 1);
    site.arrive("5000", 2);
    assert_eq!(routes(&mut site), [(1, "5002".into()), (2, "5001".into())]);
}

#[test]
fn a_call_in_between_starts_the_idle_time_anew_and_a_refused_offer_does_not() {
    let mut site = site();
    site.ready("5001");
    site.pass_seconds(1);
    site.ready("5002");
    site.arrive("5000", 1);
    let first = site.take_routed().remove(0);
    site.call(EventName::Abandoned, "5000", 1);
    site.pass_seconds(1);
    site.arrive("5000", 2);
    assert_eq!(first.target, "5001".into());
    assert_eq!(routes(&mut site), [(2, "5001".into())], "an offer alone is no work");

    site.call(EventName::Ringing, "5001", 2);
    site.call(EventName::Established, "5001", 2);
    site.call(EventName::Released, "5001", 2);
    site.arrive("5000", 3);
    assert_eq!(routes(&mut site), [(3, "5002".into())]);
}

#[test]
fn a_claimed_agent_gets_no_second_call() {
    let mut site = site();
    site.ready("5001");
    site.arrive("5000", 1);
    site.arrive("5000", 2);
    assert_eq!(routes(&mut site), [(1, "5001".into())]);
    assert_eq!(site.router.counts(), Counts { available: 0, offered: 1, waiting: 1 });
}

#[test]
fn a_refused_call_goes_to_the_next_agent_at_once_and_the_first_rests_for_a_moment() {
    let mut site = site();
    site.ready("5001");
    site.pass_seconds(1);
    site.ready("5002");
    site.arrive("5000", 1);
    let first = site.take_routed().remove(0);
    site.refuse(&first, TError::DnBusy);
    assert_eq!(routes(&mut site), [(1, "5002".into())]);
    site.arrive("5000", 2);
    assert_eq!(routes(&mut site), [], "5001 is put aside");
    site.pass_seconds(2);
    assert_eq!(routes(&mut site), [(2, "5001".into())]);
}

#[test]
fn a_call_that_is_gone_frees_its_agent_for_the_next() {
    let mut site = site();
    site.ready("5001");
    site.arrive("5000", 1);
    site.arrive("5000", 2);
    let first = site.take_routed().remove(0);
    site.refuse(&first, TError::InvalidConnId);
    assert_eq!(routes(&mut site), [(2, "5001".into())]);
}

#[test]
fn a_call_that_nobody_takes_rests_instead_of_putting_the_team_aside() {
    let names: Vec<String> = (1..=12).map(|n| format!("60{n:02}")).collect();
    let agents: Vec<Agent<'_>> =
        names.iter().map(|name| -> Agent<'_> { (name, &[("Support", 1)]) }).collect();
    let mut site = Site::new(configuration(&[("5000", "Support > 0")], &agents));
    names.iter().for_each(|name| site.ready(name));
    site.arrive("5000", 1);
    let mut refused = 0;
    while let Some(routed) = site.take_routed().pop() {
        site.refuse(&routed, TError::InvalidCallState);
        refused += 1;
    }
    assert_eq!(refused, 10);
    assert_eq!(site.router.counts(), Counts { available: 2, offered: 0, waiting: 1 });
    assert!(words(&site, 1).contains("refused"));
    site.pass_seconds(2);
    assert_eq!(site.take_routed().len(), 1);
}

#[test]
fn higher_priority_goes_first_then_longest_waiting() {
    let mut site = site();
    site.arrive("5000", 1);
    site.pass_seconds(1);
    site.arrive_with("5000", 2, KvList::new().with("priority", "5"));
    site.pass_seconds(1);
    site.arrive("5000", 3);
    let raised = common::attributes(3, KvList::new().with("priority", 9));
    site.tell_event(EventName::AttachedDataChanged, "5000", None, Some(raised));
    for dn in ["5001", "5002"] {
        site.ready(dn);
    }
    assert_eq!(routes(&mut site), [(3, "5001".into()), (2, "5002".into())]);
}

#[test]
fn an_unanswered_call_comes_back_before_those_that_came_later() {
    let mut site = site();
    site.ready("5001");
    site.arrive("5000", 1);
    let routed = site.take_routed().remove(0);
    site.accept(&routed);
    site.call(EventName::RouteUsed, "5000", 1);
    site.call(EventName::Ringing, "5001", 1);
    site.call(EventName::Diverted, "5000", 1);
    site.pass_seconds(5);
    site.arrive("5000", 2);
    site.pass_seconds(10);
    site.call(EventName::Released, "5001", 1);
    site.agent(EventName::AgentNotReady, "5001", AgentState::NotReady);
    site.arrive("5000", 1);
    assert_eq!(routes(&mut site), []);
    assert_eq!(
        words(&site, 2),
        "Waiting for 10 s at 5000 for `?:Support > 0` (strategy strategy of 5000, priority 0): of 1 \
         agents who may take it none is free (1: not ready). Calls ahead: 1. Offered 0 times so \
         far."
    );
    site.take_ladder();
    site.ready("5002");
    assert_eq!(routes(&mut site), [(1, "5002".into())]);
}

#[test]
fn after_call_work_told_right_after_the_release_keeps_the_next_call_away() {
    let mut site = site();
    site.ready("5001");
    site.arrive("5000", 1);
    site.call(EventName::Ringing, "5001", 1);
    site.call(EventName::Established, "5001", 1);
    site.arrive("5000", 2);
    site.take_routed();
    site.call(EventName::Released, "5001", 1);
    site.agent(EventName::AgentNotReady, "5001", AgentState::AfterCallWork);
    site.pass_seconds(20);
    assert_eq!(routes(&mut site), []);
    site.agent(EventName::AgentReady, "5001", AgentState::Ready);
    assert_eq!(routes(&mut site), [(2, "5001".into())]);
}

#[test]
fn a_claim_that_nothing_comes_of_ends_by_itself() {
    let mut site = site();
    site.ready("5001");
    site.arrive("5000", 1);
    let routed = site.take_routed().remove(0);
    site.accept(&routed);
    site.pass_seconds(29);
    assert_eq!(routes(&mut site), []);
    site.pass_seconds(3);
    assert_eq!(routes(&mut site), [(1, "5001".into())]);
}

#[test]
fn an_agent_without_a_phone_or_on_a_private_call_is_not_chosen() {
    let mut site = site();
    site.agent(EventName::AgentReady, "5001", AgentState::Ready);
    site.ready("5002");
    site.call(EventName::Dialing, "5002", 77);
    site.arrive("5000", 1);
    assert_eq!(routes(&mut site), []);
    let why = words(&site, 1);
    assert!(why.contains("1: the phone is not registered; 1: on a call"), "{why}");
    site.call(EventName::Released, "5002", 77);
    site.pass_seconds(0);
    assert_eq!(routes(&mut site), [(1, "5002".into())]);
}

#[test]
fn an_agent_who_takes_no_calls_there_is_not_chosen() {
    for (on, off, reason) in [
        (EventName::DndOn, EventName::DndOff, "1: does not want to be disturbed"),
        (EventName::ForwardSet, EventName::ForwardCancel, "1: calls are forwarded"),
    ] {
        let mut site = site();
        site.ready("5001");
        site.agent(on, "5001", AgentState::Ready);
        site.arrive("5000", 1);
        assert_eq!(routes(&mut site), [], "{on}");
        let why = words(&site, 1);
        assert!(why.contains(reason), "{why}");
        site.agent(off, "5001", AgentState::Ready);
        site.pass_seconds(0);
        assert_eq!(routes(&mut site), [(1, "5001".into())], "{off}");
    }
}

#[test]
fn calls_that_leave_by_other_ways_are_forgotten() {
    for name in [EventName::Abandoned, EventName::Released, EventName::Diverted] {
        let mut site = site();
        site.arrive("5000", 1);
        site.call(name, "5000", 1);
        site.ready("5001");
        assert_eq!(routes(&mut site), [], "{name}");
        assert_eq!(site.router.explain_call(site.now, &ConnId(1).to_string()), None, "{name}");
    }
}

#[test]
fn a_new_configuration_is_tried_on_the_calls_that_wait() {
    let mut site = site();
    site.ready("5003");
    site.arrive("5000", 1);
    assert_eq!(routes(&mut site), []);
    let trained =
        configuration(&[("5000", "Support > 0")], &[("5003", &[("Sales", 3), ("Support", 1)])]);
    site.tell(routing::Input::Configuration(trained.into()));
    assert_eq!(routes(&mut site), [(1, "5003".into())]);
}

#[test]
fn a_route_point_without_a_strategy_says_so() {
    let mut site = Site::new(configuration(&[("5000", "Support >")], &[("5001", &[])]));
    site.ready("5001");
    site.arrive("5000", 1);
    expect![[r#"
        0 s ApplyTreatment 5000 call 1 Music
    "#]]
    .assert_eq(&site.take_ladder());
    let why = words(&site, 1);
    assert!(why.contains("check its strategy"), "{why}");
}

#[test]
fn an_agent_is_told_why_no_call_comes() {
    let mut site = site();
    let explain = |site: &Site| site.router.explain_agent(site.now, "5001").unwrap().words;
    assert!(explain(&site).contains("Nobody has logged in at 5001"));
    site.ready("5001");
    site.pass_seconds(12);
    assert_eq!(
        explain(&site),
        "5001 is available for 12 s and gets the next call for ?:Support > 0."
    );
    site.agent(EventName::AgentNotReady, "5001", AgentState::AfterCallWork);
    assert_eq!(explain(&site), "5001 gets no call: in after-call work.");
}
