//! Strategies of several steps: where calls go, what callers hear, and that no call is ever left
//! waiting for nobody.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Agent, Site, configuration, with_customer, with_steps};
use expect_test::expect;
use model::{
    AgentState, Configuration, ConnId, EventName, KvList, TError,
    config::{AgentGroup, Calendar},
    webhook::WebhookAnswer,
};
use routing::Input;
use serde_json::json;

const AGENTS: [Agent<'static>; 3] =
    [("5001", &[("Support", 1)]), ("5002", &[("Support", 8)]), ("5003", &[("Sales", 3)])];

fn centre(steps: &str) -> Configuration {
    with_steps(configuration(&[("5000", ""), ("5900", "Sales > 0")], &AGENTS), steps)
}

fn site(steps: &str) -> Site {
    Site::new(centre(steps))
}

fn configure(site: &mut Site, configuration: Configuration) {
    site.tell(Input::Configuration(configuration.into()));
}

/// Calls with whom they were sent to, since the last time.
fn routes(site: &mut Site) -> Vec<(u64, String)> {
    site.take_routed().into_iter().map(|r| (r.conn.0, r.target.to_string())).collect()
}

fn to(conn: u64, target: &str) -> (u64, String) {
    (conn, target.to_owned())
}

fn words(site: &Site, conn: u64) -> String {
    site.router.explain_call(site.now, &ConnId(conn).to_string()).unwrap().words
}

/// The call leaves its route point on its way, and comes to another or comes back.
fn moves(site: &mut Site, from: &str, conn: u64, next: &str) {
    site.call(EventName::RouteUsed, from, conn);
    site.call(EventName::Diverted, from, conn);
    site.arrive(next, conn);
}

/// The call is answered where it was sent, and over at once.
fn is_taken(site: &mut Site, conn: u64, agent: &str) {
    for name in [EventName::Ringing, EventName::Established, EventName::Released] {
        site.call(name, agent, conn);
    }
}

const WIDENING: &str = r#"[
    {"target":{"to":[{"skills":"Support > 5"}],"timeout_s":20}},
    {"target":{"to":[{"skills":"Support > 0"}],"keep":true,"timeout_s":30}}
]"#;

#[test]
fn the_search_widens_with_time_and_ends_at_the_default() {
    let mut site = site(WIDENING);
    site.ready("5001");
    site.arrive("5000", 1);
    site.pass_seconds(19);
    assert_eq!(routes(&mut site), []);
    site.pass_seconds(1);
    assert_eq!(routes(&mut site), [to(1, "5001")]);
    is_taken(&mut site, 1, "5001");
    site.agent(EventName::AgentNotReady, "5001", AgentState::NotReady);

    site.arrive("5000", 2);
    site.pass_seconds(49);
    assert_eq!(routes(&mut site), []);
    site.pass_seconds(1);
    assert_eq!(routes(&mut site), [to(2, "5900")]);
}

#[test]
fn earlier_targets_stay_only_where_the_step_says_so() {
    for keeps in [true, false] {
        let steps = WIDENING.replace("Support > 0", "Sales > 0");
        let mut site = site(&steps.replace("\"keep\":true", &format!("\"keep\":{keeps}")));
        site.arrive("5000", 1);
        site.pass_seconds(25);
        site.ready("5002");
        let expected = if keeps { vec![to(1, "5002")] } else { vec![] };
        assert_eq!(routes(&mut site), expected, "keep: {keeps}");
    }
}

#[test]
fn time_that_runs_out_while_a_phone_rings_is_made_up_for() {
    let mut site = site(WIDENING);
    site.ready("5002");
    site.arrive("5000", 1);
    assert_eq!(routes(&mut site), [to(1, "5002")]);
    site.call(EventName::Ringing, "5002", 1);
    site.pass_seconds(25);
    site.ready("5001");
    site.call(EventName::Released, "5002", 1);
    site.agent(EventName::AgentNotReady, "5002", AgentState::NotReady);
    site.arrive("5000", 1);
    assert_eq!(routes(&mut site), [to(1, "5001")], "20 s are over: Support > 0 is next");
}

#[test]
fn a_change_of_words_concerns_calls_that_wait_and_does_not_start_their_time_anew() {
    let mut site = site(WIDENING);
    site.ready("5001");
    site.arrive("5000", 1);
    site.pass_seconds(15);
    configure(&mut site, centre(&WIDENING.replace("20", "18")));
    site.pass_seconds(2);
    assert_eq!(routes(&mut site), []);
    site.pass_seconds(1);
    assert_eq!(routes(&mut site), [to(1, "5001")], "18 s since it came, not since the change");

    site.arrive("5000", 2);
    configure(&mut site, centre(&WIDENING.replace("Support > 5", "Support >= 0")));
    assert_eq!(routes(&mut site), [], "5001 has a call on its way");
    site.ready("5003");
    assert_eq!(routes(&mut site), [to(2, "5003")], "whose Support is 0");
}

#[test]
fn calls_under_way_keep_a_strategy_whose_steps_were_rearranged() {
    let mut site = site(WIDENING);
    site.arrive("5000", 1);
    site.pass_seconds(10);
    let other = r#"[{"target":{"to":[{"skills":"Sales > 0"}],"timeout_s":60}}]"#;
    configure(&mut site, centre(other));
    site.ready("5003");
    assert_eq!(routes(&mut site), []);
    site.arrive("5000", 2);
    assert_eq!(routes(&mut site), [to(2, "5003")], "calls that come now follow the new one");
    site.pass_seconds(10);
    site.ready("5001");
    assert_eq!(routes(&mut site), [to(1, "5001")]);
}

#[test]
fn a_call_whose_strategy_changes_while_its_phone_rings_goes_on_when_it_comes_back() {
    for change in [WIDENING.replace("Support > 5", "Support > 4"), "[\"release\"]".to_owned()] {
        let mut site = site(WIDENING);
        site.ready("5002");
        site.arrive("5000", 1);
        site.take_routed();
        site.call(EventName::Ringing, "5002", 1);
        configure(&mut site, centre(&change));
        site.call(EventName::Released, "5002", 1);
        site.agent(EventName::AgentNotReady, "5002", AgentState::NotReady);
        site.arrive("5000", 1);
        assert_eq!(routes(&mut site), [], "{change}");
        site.agent(EventName::AgentReady, "5002", AgentState::Ready);
        assert_eq!(routes(&mut site), [to(1, "5002")], "{change}");
    }
}

#[test]
fn a_call_that_comes_back_from_a_place_goes_on_behind_it() {
    let mut site =
        site(r#"[{"route":{"number":"5559876543"}},{"target":{"to":[{"skills":"Support > 0"}]}}]"#);
    site.ready("5001");
    site.arrive("5000", 1);
    assert_eq!(routes(&mut site), [to(1, "5559876543")]);
    moves(&mut site, "5000", 1, "5000");
    assert_eq!(routes(&mut site), [to(1, "5001")]);
}

#[test]
fn a_place_that_can_not_be_reached_is_passed_over() {
    let mut site =
        site(r#"[{"route":{"agent":"5001"}},{"route":{"dn":"5002"}},{"route":{"dn":"5003"}}]"#);
    site.arrive("5000", 1);
    let tried = site.take_routed();
    assert_eq!(tried[0].target.as_str(), "5002", "nobody is logged in as 5001");
    site.refuse(&tried[0], TError::OutOfService);
    let tried = site.take_routed();
    assert_eq!(tried[0].target.as_str(), "5003");
    // The switch says nothing at all.
    site.pass_seconds(61);
    assert_eq!(routes(&mut site), [to(1, "5900")]);
}

#[test]
fn the_default_is_tried_again_until_it_takes_the_call() {
    let mut site = site(WIDENING);
    site.arrive("5000", 1);
    site.pass_seconds(50);
    let tried = site.take_routed();
    assert_eq!(tried[0].target.as_str(), "5900");
    site.refuse(&tried[0], TError::InvalidDestination);
    assert_eq!(routes(&mut site), []);
    site.pass_seconds(5);
    let again = site.take_routed();
    assert_eq!(again[0].target.as_str(), "5900");
    site.refuse(&again[0], TError::InvalidDestination);
    // Whom it waited for may still come.
    site.ready("5001");
    assert_eq!(routes(&mut site), [to(1, "5001")]);
}

#[test]
fn what_goes_in_a_circle_is_released() {
    let mut circle = centre(r#"[{"route":{"route_point":"5900"}}]"#);
    let back = circle.strategies.get_mut("strategy of 5900").unwrap();
    back.skills.clear();
    back.steps = serde_json::from_str(r#"[{"route":{"route_point":"5000"}}]"#).unwrap();
    let mut site = Site::new(circle);
    site.arrive("5000", 1);
    let mut at = "5000".to_owned();
    let mut hops = 0;
    while let Some(next) = site.take_routed().pop() {
        moves(&mut site, &at, 1, next.target.as_str());
        at = next.target.to_string();
        hops += 1;
    }
    assert_eq!(hops, 16);
    assert!(site.take_ladder().ends_with("ReleaseCall 5000 call 1\n"));
}

#[test]
fn calls_branch_by_what_is_known_of_them() {
    let steps = r#"[
        {"branch":{"when":"account_type = 'premium'","then":[{"route":{"dn":"5001"}}],
                   "otherwise":[{"route":{"dn":"5002"}}]}}
    ]"#;
    let mut known = with_customer(centre(steps));
    known.strategies.values_mut().for_each(|strategy| strategy.virtual_queue = None);
    let mut site = Site::new(known);
    site.arrive("5000", 1);
    assert_eq!(routes(&mut site), [to(1, "5001")]);
    let mut site = Site::new(centre(steps));
    site.arrive("5000", 1);
    assert_eq!(routes(&mut site), [to(1, "5002")]);
}

#[test]
fn who_calls_is_looked_up_at_the_second_route_point_too() {
    let mut known = with_customer(centre(r#"[{"route":{"route_point":"5900"}}]"#));
    for strategy in known.strategies.values_mut() {
        strategy.virtual_queue = None;
        strategy.attach_customer = strategy.steps.is_empty();
    }
    let mut site = Site::new(known);
    site.arrive("5000", 1);
    assert!(!site.take_ladder().contains("customer_id"));
    moves(&mut site, "5000", 1, "5900");
    assert!(site.take_ladder().contains("customer_id = \"98765\""));
    site.arrive("5900", 1);
    assert!(!site.take_ladder().contains("customer_id"), "once is enough");
}

#[test]
fn outside_business_hours_the_closed_steps_are_gone_through_and_nothing_else() {
    let steps = r#"[
        {"hours":{"calendar":"Office","closed":[{"play":{"prompt":[{"text":"We are closed."}]}}]}},
        {"target":{"to":[{"skills":"Support > 0"}]}}
    ]"#;
    for (hours, is_open) in [("00:00-24:00", true), ("", false)] {
        let mut centre = centre(steps);
        let spans: Vec<&str> = hours.split_terminator(' ').collect();
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let week: serde_json::Map<_, _> =
            days.iter().map(|day| ((*day).to_owned(), json!(spans))).collect();
        let calendar: Calendar =
            serde_json::from_value(json!({"time_zone": "Europe/Berlin", "hours": week})).unwrap();
        centre.calendars.insert("Office".into(), calendar);
        let mut site = Site::new(centre);
        site.ready("5001");
        site.arrive("5000", 1);
        if is_open {
            assert_eq!(routes(&mut site), [to(1, "5001")]);
        } else {
            assert!(site.take_ladder().contains("says: We are closed."));
            site.treatment_ends("5000", 1, &[("Completion", "normal")]);
            assert_eq!(routes(&mut site), [to(1, "5900")], "the default");
        }
    }
}

#[test]
fn a_group_called_like_an_agent_is_another_team() {
    let mut centre = centre(
        r#"[{"branch":{"when":"dnis = 1","then":[]}},
            {"target":{"to":[{"group":"5001"}]}}]"#,
    );
    let group: AgentGroup = serde_json::from_value(json!({"members": ["5002"]})).unwrap();
    centre.agent_groups.insert("5001".into(), group);
    let only_agent = r#"[{"target":{"to":[{"agent":"5001"}]}}]"#;
    let other = centre.strategies.get_mut("strategy of 5900").unwrap();
    other.skills.clear();
    other.steps = serde_json::from_str(only_agent).unwrap();
    let mut site = Site::new(centre);
    site.arrive("5900", 1);
    site.arrive("5000", 2);
    site.ready("5002");
    assert_eq!(routes(&mut site), [to(2, "5002")]);
    site.ready("5001");
    assert_eq!(routes(&mut site), [to(1, "5001")]);
}

#[test]
fn shares_of_load_follow_the_weights() {
    let mut site = site(
        r#"[{"target":{"to":[{"agent":"5001","weight":3},{"agent":"5002","weight":1}],
                       "choose":"weighted"}}]"#,
    );
    let mut counts = [0, 0];
    for conn in 1..=8 {
        site.ready("5001");
        site.ready("5002");
        site.arrive("5000", conn);
        let target = routes(&mut site).remove(0).1;
        counts[usize::from(target == "5002")] += 1;
        site.call(EventName::Ringing, &target, conn);
        site.call(EventName::Abandoned, &target, conn);
        site.pass_seconds(3);
    }
    assert_eq!(counts, [6, 2]);
}

#[test]
fn the_last_agent_is_waited_for_first_and_only_of_calls_with_outside() {
    let steps = r#"[
        {"target":{"to":[{"last_agent":{"within_days":7}}],"timeout_s":10}},
        {"target":{"to":[{"skills":"Support > 0"}]}}
    ]"#;
    let mut site = site(steps);
    site.ready("5001");
    site.pass_seconds(1);
    site.ready("5002");
    let talk = common::attributes(9, KvList::new());
    site.tell_event(EventName::Established, "5002", Some(AgentState::Ready), Some(talk));
    site.call(EventName::Released, "5002", 9);
    site.pass_seconds(5);
    site.arrive("5000", 1);
    assert_eq!(routes(&mut site), [to(1, "5002")], "not the one who is idle longest");
    is_taken(&mut site, 1, "5002");
    restarted(&mut site, centre(steps));
    ["5001", "5002"].iter().for_each(|agent| site.ready(agent));
    site.arrive("5000", 3);
    assert_eq!(routes(&mut site), [to(3, "5002")], "a restart does not forget");
    is_taken(&mut site, 3, "5002");
    // Nobody has had this caller for a week.
    site.pass_seconds(8 * 24 * 3600);
    site.arrive("5000", 2);
    assert_eq!(routes(&mut site), [to(2, "5001")]);
}

#[test]
fn prompts_never_delay_an_offer() {
    let steps = r#"[
        {"target":{"to":[{"skills":"Support > 0"}],"timeout_s":5}},
        {"play":{"prompt":[{"text":"You are number {position}."},{"media":"Patience"}]}},
        {"target":{"to":[{"skills":"Support > 0"}]}}
    ]"#;
    let mut site = site(steps);
    site.arrive("5000", 1);
    site.pass_seconds(6);
    site.ready("5001");
    site.treatment_ends("5000", 1, &[("Completion", "interrupted")]);
    expect![[r#"
        0 s ApplyTreatment 5000 call 1 Music
        5 s ApplyTreatment 5000 call 1 says: You are number 1. <Patience>
        6 s UpdateUserData 5000 call 1
            RStrategyName = "strategy of 5000"
            RRequestedSkillCombination = "Support > 0"
            RTargetRequested = "?:Support > 0"
            RTargetObjectSelected = "?:Support > 0"
            RTargetAgentSelected = "5001"
            RTargetPlaceSelected = "5001"
        6 s RouteCall 5000 call 1 -> 5001, 15 s then notready
    "#]]
    .assert_eq(&site.take_ladder());
    site.call(EventName::Ringing, "5001", 1);
    site.call(EventName::Released, "5001", 1);
    site.agent(EventName::AgentNotReady, "5001", AgentState::NotReady);
    site.arrive("5000", 1);
    assert_eq!(site.take_ladder(), "6 s ApplyTreatment 5000 call 1 Music\n", "not said again");
}

#[test]
fn those_who_wait_hear_music_and_words_in_turn_in_their_language() {
    let steps = r#"[
        {"attach":{"user_data":{"Language":"de-AT"}}},
        {"target":{"to":[{"skills":"Support > 0"}],"while_waiting":[
            {"music_s":20},
            {"play":[{"texts":{"en":"Still {expected_wait} min.","de":"Noch {expected_wait} min."}}]}
        ]}}
    ]"#;
    let mut site = site(steps);
    site.arrive("5000", 1);
    site.pass_seconds(22);
    site.treatment_ends("5000", 1, &[("Completion", "normal")]);
    site.pass_seconds(19);
    expect![[r#"
        0 s UpdateUserData 5000 call 1
            Language = "de-AT"
        0 s ApplyTreatment 5000 call 1 Music
        20 s ApplyTreatment 5000 call 1 says: [de-AT] Noch 3 min.
        22 s ApplyTreatment 5000 call 1 Music
    "#]]
    .assert_eq(&site.take_ladder());
    site.pass_seconds(1);
    assert!(site.take_ladder().starts_with("42 s ApplyTreatment 5000 call 1 says"));
    // What can't be said is not tried without end.
    site.treatment_ends("5000", 1, &[("Completion", "failed")]);
    assert_eq!(site.take_ladder(), "42 s ApplyTreatment 5000 call 1 Music\n");
    site.pass_seconds(14);
    assert_eq!(site.take_ladder(), "");
}

const MENU: &str = r#"[
    {"menu":{"prompt":[{"text":"One or two?"}],"invalid":[{"text":"Pardon?"}],"tries":2,
        "choices":{"1":[{"target":{"to":[{"skills":"Sales > 0"}]}}],
                   "2":[{"target":{"to":[{"skills":"Support > 0"}]}}]},
        "otherwise":["release"]}}
]"#;

#[test]
fn a_menu_leads_where_the_caller_chooses() {
    for (key, agent) in [("1", "5003"), ("2", "5001")] {
        let mut site = site(MENU);
        site.ready("5001");
        site.ready("5003");
        site.arrive("5000", 1);
        assert_eq!(site.take_ladder(), "0 s ApplyTreatment 5000 call 1 asks for 1: One or two?\n");
        site.treatment_ends("5000", 1, &[("CollectedDigits", key)]);
        assert_eq!(routes(&mut site), [to(1, agent)]);
        assert!(site.take_ladder().contains(&format!("MenuChoice = \"{key}\"")));
    }
}

#[test]
fn a_menu_asks_again_and_then_goes_on_without_a_choice() {
    let mut site = site(MENU);
    site.arrive("5000", 1);
    site.treatment_ends("5000", 1, &[("CollectedDigits", "7")]);
    site.treatment_ends("5000", 1, &[("CollectedDigits", "")]);
    expect![[r#"
        0 s ApplyTreatment 5000 call 1 asks for 1: One or two?
        0 s ApplyTreatment 5000 call 1 asks for 1: Pardon? One or two?
        0 s UpdateUserData 5000 call 1
            MenuChoice = ""
        0 s ReleaseCall 5000 call 1
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn nobody_is_offered_a_call_whose_caller_is_asked() {
    let mut site = site(
        r#"[{"target":{"to":[{"skills":"Support > 0"}],"timeout_s":1}},
            {"collect":{"into":"pin","keys":{"keys_max":4},"prompt":[{"text":"PIN?"}]}},
            {"target":{"to":[{"skills":"Support > 0"}]}}]"#,
    );
    site.arrive("5000", 1);
    site.pass_seconds(2);
    site.ready("5001");
    assert_eq!(routes(&mut site), []);
    assert_eq!(words(&site, 1), "The caller is asked for keys.");
    site.treatment_ends("5000", 1, &[("CollectedDigits", "1234")]);
    assert_eq!(routes(&mut site), [to(1, "5001")]);
}

#[test]
fn a_treatment_that_the_switch_refuses_does_not_hold_the_call() {
    let mut site = site(MENU);
    site.arrive("5000", 1);
    for _ in 0..2 {
        let reference = site.last_treatment(1);
        let refusal = Some(model::error::Refusal::new(TError::InvalidCallState, "for a test"));
        site.tell(Input::Outcome { reference, refusal });
    }
    assert!(site.take_ladder().ends_with("ReleaseCall 5000 call 1\n"));
}

#[test]
fn a_message_is_taken_and_the_caller_goes_on() {
    let mut site = site(
        r#"[{"voicemail":{"mailbox":"Support","prompt":[{"text":"Speak."},"beep"]}},
            {"play":{"prompt":[{"text":"Thank you."}]}},"release"]"#,
    );
    site.arrive("5000", 1);
    assert_eq!(words(&site, 1), "The caller leaves a message.");
    site.treatment_ends("5000", 1, &[("Completion", "terminator")]);
    site.treatment_ends("5000", 1, &[("Completion", "normal")]);
    expect![[r#"
        0 s ApplyTreatment 5000 call 1 message for Support: Speak. <beep>
        0 s ApplyTreatment 5000 call 1 says: Thank you.
        0 s ReleaseCall 5000 call 1
    "#]]
    .assert_eq(&site.take_ladder());
}

const WEBHOOK: &str = r#"[
    {"attach":{"user_data":{"a":"1","secret":"2"}}},
    {"webhook":{"url":"https://crm.example/","timeout_s":5,"send":["a"],
                "failed":[{"route":{"dn":"5002"}}]}},
    {"route":{"dn":"5003"}}
]"#;

fn answer(site: &mut Site, answer: Result<serde_json::Value, String>) {
    let id = site.asked.last().unwrap().id;
    site.tell(Input::Webhook(WebhookAnswer { id, answer }));
}

#[test]
fn a_program_is_told_what_it_may_know() {
    let mut site = site(WEBHOOK);
    site.arrive("5000", 1);
    let asked = site.asked.last().unwrap();
    assert_eq!(asked.timeout.as_secs(), 5);
    assert_eq!(
        asked.body,
        json!({
            "connId": "0000000000000001", "ani": "+1 555 123-4567", "dnis": "+18005551234",
            "routePoint": "5000", "strategy": "strategy of 5000", "waitSeconds": 0,
            "userData": {"a": "1"},
        })
    );
}

#[test]
fn a_program_s_answer_is_attached_and_its_steps_come_first() {
    let mut site = site(WEBHOOK);
    site.arrive("5000", 1);
    answer(&mut site, Ok(json!({"user_data": {"tier": "gold", "score": 7}, "more": []})));
    assert_eq!(routes(&mut site), [to(1, "5003")]);
    let ladder = site.take_ladder();
    assert!(ladder.contains("tier = \"gold\"") && ladder.contains("score = 7"), "{ladder}");

    let mut site = self::site(WEBHOOK);
    site.arrive("5000", 1);
    let steps = json!([{"branch": {"when": "a = 1", "then": [{"route": {"dn": "5001"}}]}}]);
    answer(&mut site, Ok(json!({ "steps": steps })));
    let tried = site.take_routed();
    assert_eq!(tried[0].target.as_str(), "5001");
    site.refuse(&tried[0], TError::OutOfService);
    assert_eq!(routes(&mut site), [to(1, "5003")], "behind them the strategy goes on");
}

#[test]
fn a_program_that_fails_in_any_way_leads_to_the_steps_for_that() {
    let broken = [
        Err("the answer has more than 64 KiB".to_owned()),
        Ok(json!("gold")),
        Ok(json!({"user_data": {"list": [1]}})),
        Ok(json!({"steps": [{"jump": 3}]})),
        Ok(json!({"steps": vec!["release"; 51]})),
    ];
    for told in broken {
        let mut site = site(WEBHOOK);
        site.arrive("5000", 1);
        answer(&mut site, told.clone());
        assert_eq!(routes(&mut site), [to(1, "5002")], "{told:?}");
        assert!(site.take_ladder().contains("WebhookError"), "{told:?}");
    }
    // One that never answers, and then does.
    let mut site = site(WEBHOOK);
    site.arrive("5000", 1);
    site.pass_seconds(6);
    assert_eq!(routes(&mut site), [to(1, "5002")]);
    answer(&mut site, Ok(json!({})));
    assert_eq!(routes(&mut site), []);
}

const CALLBACK: &str = r#"[
    {"target":{"to":[{"skills":"Support > 0"}],"timeout_s":10}},
    {"callback":{"attempts":2,"retry_min":5}},
    {"play":{"prompt":[{"text":"We call you back."}]}},
    "release"
]"#;

/// Two callers wait; the first has hung up and is to be called back.
fn promised() -> Site {
    let mut site = site(CALLBACK);
    site.arrive("5000", 1);
    site.pass_seconds(5);
    site.arrive("5000", 2);
    site.pass_seconds(6);
    site.treatment_ends("5000", 1, &[("Completion", "normal")]);
    site.call(EventName::Abandoned, "5000", 1);
    assert!(site.take_ladder().contains("CallbackNumber = \"+1 555 123-4567\""));
    site
}

#[test]
fn a_caller_who_is_called_back_keeps_the_place() {
    let mut site = promised();
    site.ready("5001");
    assert_eq!(routes(&mut site), [], "the second caller comes later");
    let (dn, reference) = site.dialled.pop().unwrap();
    assert_eq!(dn.as_str(), "5001");
    assert_eq!(site.take_ladder(), "11 s MakeCall 5001 -> +1 555 123-4567\n");
    site.dials("5001", reference, 77);
    site.ready("5002");
    assert_eq!(routes(&mut site), [to(2, "5002")]);
    is_taken(&mut site, 2, "5002");
    site.call(EventName::Established, "5001", 77);
    site.call(EventName::Released, "5001", 77);
    site.pass_seconds(3600);
    assert_eq!(site.dialled, [], "once is enough");
    assert_eq!(site.router.counts().waiting, 0);
}

#[test]
fn a_caller_who_is_not_reached_is_called_again_as_often_as_said() {
    let mut site = promised();
    site.ready("5001");
    let (_, reference) = site.dialled.pop().unwrap();
    site.dials("5001", reference, 77);
    site.call(EventName::Released, "5001", 77);
    site.pass_seconds(3);
    assert_eq!(routes(&mut site), [to(2, "5001")], "whose turn it is meanwhile");
    is_taken(&mut site, 2, "5001");
    site.pass_seconds(296);
    assert_eq!(site.dialled, []);
    site.pass_seconds(1);
    let (_, reference) = site.dialled.pop().unwrap();
    site.dials("5001", reference, 78);
    site.call(EventName::Released, "5001", 78);
    site.pass_seconds(3600);
    assert_eq!(site.dialled, []);
    assert_eq!(site.router.counts().waiting, 0);
}

#[test]
fn an_agent_whose_phone_does_not_come_up_costs_no_try() {
    let mut site = promised();
    site.ready("5001");
    let (_, reference) = site.dialled.pop().unwrap();
    let refusal = Some(model::error::Refusal::new(TError::OutOfService, "for a test"));
    site.tell(Input::Outcome { reference, refusal });
    assert_eq!(site.dialled, []);
    site.ready("5002");
    assert_eq!(site.dialled.pop().unwrap().0.as_str(), "5002");
}

#[test]
fn a_promise_ends_with_its_time() {
    let steps = CALLBACK.replace("\"retry_min\":5", "\"expires_min\":1");
    let mut site = site(&steps);
    site.arrive("5000", 1);
    site.pass_seconds(10);
    site.treatment_ends("5000", 1, &[("Completion", "normal")]);
    site.call(EventName::Abandoned, "5000", 1);
    assert_eq!(site.router.counts().waiting, 1);
    site.pass_seconds(60);
    assert_eq!(site.router.counts().waiting, 0);
    site.ready("5001");
    assert_eq!(site.dialled, []);
}

#[test]
fn what_was_decided_is_explained_afterwards() {
    let mut site = site(WIDENING);
    site.ready("5001");
    site.pass_seconds(1);
    site.ready("5002");
    site.arrive("5000", 1);
    let next = site.router.explain_call(site.now, "0000000000000001").unwrap();
    assert_eq!((next.stage, next.offers), ("offered", 1));
    site.call(EventName::Ringing, "5002", 1);
    site.call(EventName::Established, "5002", 1);
    let told = site.router.explain_call(site.now, "0000000000000001").unwrap();
    assert_eq!(
        told.words,
        "The call went to 5002 at 5002 as one of ?:Support > 5: the only one who was free."
    );
    let agent = site.router.explain_agent(site.now, "5002").unwrap();
    assert_eq!(agent.words, "5002 gets no call: on a call.");
    assert_eq!(agent.decisions, told.decisions);
}

#[test]
fn a_call_that_waits_says_for_whom_and_what_comes_next() {
    let mut site = site(WIDENING);
    site.ready("5002");
    site.agent(EventName::AgentNotReady, "5002", AgentState::NotReady);
    site.arrive("5000", 1);
    site.pass_seconds(4);
    let told = site.router.explain_call(site.now, "0000000000000001").unwrap();
    let told = serde_json::to_value(told).unwrap();
    assert_eq!(
        told["targets"],
        json!([{"team": "?:Support > 5", "loggedIn": 1,
                "agents": [{"agent": "5002", "dn": "5002", "why": "not ready"}]}])
    );
    assert_eq!(
        told["next"],
        json!({"step": "waits for ?:Support > 0", "at": 1_800_000_020_000_u64})
    );
    assert_eq!(
        (&told["position"], &told["waitingSince"]),
        (&json!(1), &json!(1_800_000_000_000_u64))
    );
}

/// The router as a restart leaves it: what it saved, and the configuration.
fn restarted(site: &mut Site, configuration: Configuration) {
    let text = serde_json::to_string(&site.router.save(site.now)).unwrap();
    site.router = routing::Router::restore(serde_json::from_str(&text).unwrap());
    configure(site, configuration);
}

#[test]
fn a_restart_keeps_promises() {
    let mut site = promised();
    restarted(&mut site, centre(CALLBACK));
    assert_eq!(site.router.counts().waiting, 1, "the place is kept, the other call is gone");
    site.arrive("5000", 7);
    site.take_ladder();
    site.ready("5001");
    let (dn, reference) = site.dialled.pop().expect("who was promised a call comes first");
    assert_eq!(dn.as_str(), "5001");
    assert_eq!(site.take_ladder(), "11 s MakeCall 5001 -> +1 555 123-4567\n");
    site.dials("5001", reference, 77);
    site.call(EventName::Released, "5001", 77);
    // The first try was in vain; the second one is kept over a restart, too.
    restarted(&mut site, centre(CALLBACK));
    site.ready("5002");
    assert_eq!(site.dialled.pop().unwrap().0.as_str(), "5002");
    // After a day it is too late.
    let mut late = promised();
    late.pass_seconds(24 * 3600 - 60);
    restarted(&mut late, centre(CALLBACK));
    assert_eq!(late.router.counts().waiting, 2, "the second caller was promised one, too");
    late.pass_seconds(120);
    late.ready("5001");
    assert_eq!((late.dialled.len(), late.router.counts().waiting), (0, 0));
}
