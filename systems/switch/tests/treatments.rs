//! Treatments that ask callers something: prompts, keys and messages.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::sync::Arc;

use common::Site;
use expect_test::expect;
use model::{
    ConnId, EventName, LegId, Request, TError,
    leg::{Cause, LegCommand, LegFact},
    media::{MediaCommand, MediaFact},
    prompt::{AnnouncementId, KeyEntry, Piece, Prompt},
    recording::RecordCommand,
    request::Treatment,
};
use switch::{Input, Output};

fn prompt(text: &str) -> Arc<Prompt> {
    let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Text(text.into())] };
    Arc::new(Prompt { language: "en".into(), pieces })
}

/// A call at 5000, and its leg.
fn waiting() -> (Site, ConnId, LegId) {
    let mut site = Site::at_work();
    let leg = site.offer("+18005551234");
    let conn = site.conn();
    site.forget_ladder();
    (site, conn, leg)
}

fn apply(site: &mut Site, conn: ConnId, treatment: Treatment) {
    site.ask(Request::ApplyTreatment { dn: "5000".into(), conn, treatment });
}

fn ask_for_pin(site: &mut Site, conn: ConnId) {
    let entry = KeyEntry { keys_max: 4, ..KeyEntry::default() };
    apply(site, conn, Treatment::CollectDigits(prompt("Your PIN, please."), entry));
}

fn press(site: &mut Site, leg: LegId, keys: &str) {
    for digit in keys.chars() {
        site.tell(Input::Media(MediaFact::Digit { leg, digit, duration_ms: 100 }));
    }
}

fn announced(site: &mut Site, leg: LegId, problem: Option<&str>) {
    let id = site
        .outputs
        .iter()
        .rev()
        .find_map(|output| match output {
            Output::Media(MediaCommand::Announce { announcement, .. }) => Some(*announcement),
            _ => None,
        })
        .unwrap();
    let problem = problem.map(str::to_owned);
    site.tell(Input::Media(MediaFact::Announced { leg, announcement: id, problem }));
}

/// How the last treatment ended, and with which keys.
fn ended(site: &Site) -> Option<(String, Option<String>)> {
    site.outputs.iter().rev().find_map(|output| match output {
        Output::Event(event) if event.name == EventName::TreatmentEnd => {
            let text = |key| event.extensions.text(key).map(str::to_owned);
            Some((text("Completion")?, text("CollectedDigits")))
        }
        _ => None,
    })
}

#[test]
fn a_prompt_is_heard_before_the_call_is_answered_and_tells_its_end() {
    let (mut site, conn, leg) = waiting();
    apply(&mut site, conn, Treatment::Announcement(prompt("Welcome.")));
    announced(&mut site, leg, None);
    expect![[r#"
        0.0    RequestApplyTreatment #3 at 5000
               ok #3
               in1 progress EarlyMedia
               media announce in1 #1
               EventTreatmentApplied 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination #3 ext{TreatmentType:7}
        0.0    in1 announced #1
               EventTreatmentEnd 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination #3 ext{TreatmentType:7 Completion:normal}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn keys_are_asked_for_after_the_call_is_answered() {
    let (mut site, conn, leg) = waiting();
    ask_for_pin(&mut site, conn);
    press(&mut site, leg, "1");
    site.wait_s(2);
    press(&mut site, leg, "234");
    press(&mut site, leg, "5");
    expect![[r#"
        0.0    RequestApplyTreatment #3 at 5000
               ok #3
               in1 answer
               media announce in1 #1
               EventTreatmentApplied 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination #3 ext{TreatmentType:8}
        0.0    in1 presses 1
               media hear in1 
        2.0    in1 presses 2
        2.0    in1 presses 3
        2.0    in1 presses 4
               EventTreatmentEnd 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination #3 ext{TreatmentType:8 Completion:max-keys CollectedDigits:1234}
        2.0    in1 presses 5
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn an_entry_ends_by_its_key_and_by_each_of_its_times() {
    let cases = [
        ("12#", 0, Some(("terminator", "12"))),
        ("#", 0, Some(("terminator", ""))),
        ("12", 2, None),
        ("12", 3, Some(("timed-out", "12"))),
        ("", 4, None),
        ("", 5, Some(("timed-out", ""))),
        ("1234", 0, Some(("max-keys", "1234"))),
    ];
    for (keys, then_s, expected) in cases {
        let (mut site, conn, leg) = waiting();
        ask_for_pin(&mut site, conn);
        announced(&mut site, leg, None);
        press(&mut site, leg, keys);
        site.wait_s(then_s);
        let ended = ended(&site);
        let ended = ended.as_ref().map(|(how, keys)| (how.as_str(), keys.as_deref().unwrap()));
        assert_eq!(ended, expected, "{keys} then {then_s} s");
        let timers = site.switch.counts().timers;
        assert_eq!(timers, usize::from(expected.is_none()), "{keys} then {then_s} s");
    }
}

#[test]
fn keys_during_a_prompt_count_only_where_it_may_be_interrupted() {
    let (mut site, conn, leg) = waiting();
    let entry = KeyEntry { keys_max: 1, barge_in: false, ..KeyEntry::default() };
    apply(&mut site, conn, Treatment::CollectDigits(prompt("Listen to me."), entry));
    press(&mut site, leg, "7");
    assert_eq!(ended(&site), None);
    announced(&mut site, leg, None);
    press(&mut site, leg, "8");
    assert_eq!(ended(&site), Some(("max-keys".into(), Some("8".into()))));
}

#[test]
fn keys_are_taken_though_the_prompt_can_not_be_played() {
    let (mut site, conn, leg) = waiting();
    ask_for_pin(&mut site, conn);
    announced(&mut site, leg, Some("no speech engine"));
    press(&mut site, leg, "1#");
    assert_eq!(ended(&site), Some(("terminator".into(), Some("1".into()))));
}

#[test]
fn a_prompt_that_can_not_be_played_ends_with_the_reason() {
    let (mut site, conn, leg) = waiting();
    apply(&mut site, conn, Treatment::Announcement(prompt("Welcome.")));
    announced(&mut site, leg, Some("no speech engine"));
    assert_eq!(ended(&site), Some(("failed".into(), None)));
    // One of which nothing is heard any more must not hold the call for ever.
    apply(&mut site, conn, Treatment::Announcement(prompt("Welcome.")));
    site.wait_s(601);
    assert_eq!(ended(&site), Some(("failed".into(), None)));
}

#[test]
fn an_old_prompt_s_end_does_not_end_the_next_one() {
    let (mut site, conn, leg) = waiting();
    apply(&mut site, conn, Treatment::Announcement(prompt("Welcome.")));
    apply(&mut site, conn, Treatment::Announcement(prompt("You are first in line.")));
    assert_eq!(ended(&site), Some(("interrupted".into(), None)));
    site.outputs.clear();
    let old = AnnouncementId(1);
    site.tell(Input::Media(MediaFact::Announced { leg, announcement: old, problem: None }));
    assert_eq!(ended(&site), None);
}

#[test]
fn a_message_is_recorded_from_the_prompt_s_end_to_a_key() {
    let (mut site, conn, leg) = waiting();
    let mailbox = "Support".to_owned();
    let prompt = prompt("Speak after the tone.");
    apply(&mut site, conn, Treatment::RecordMessage { prompt, limit_s: 60, mailbox });
    announced(&mut site, leg, None);
    site.wait_s(20);
    press(&mut site, leg, "#");
    expect![[r#"
        0.0    RequestApplyTreatment #3 at 5000
               ok #3
               in1 answer
               media announce in1 #1
               EventTreatmentApplied 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination #3 ext{TreatmentType:10}
        0.0    in1 announced #1
               media hear in1 
               record 1 begins: 5551234567 with 
               record 1 left [in1] right []
        20.0   in1 presses #
               record 1 ends
               EventTreatmentEnd 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination #3 ext{TreatmentType:10 Completion:terminator}
    "#]].assert_eq(&site.take_ladder());
    let about = site.outputs.iter().find_map(|output| match output {
        Output::Media(MediaCommand::Record(RecordCommand::Start(about))) => Some(about.clone()),
        _ => None,
    });
    assert_eq!(about.unwrap().mailbox.as_deref(), Some("Support"));
}

#[test]
fn a_caller_who_hangs_up_after_speaking_has_not_given_up() {
    for is_speaking in [false, true] {
        let (mut site, conn, leg) = waiting();
        let (prompt, mailbox) = (prompt("Speak after the tone."), "Support".to_owned());
        apply(&mut site, conn, Treatment::RecordMessage { prompt, limit_s: 60, mailbox });
        if is_speaking {
            announced(&mut site, leg, None);
        }
        site.fact(LegFact::Ended { leg, cause: Cause::Normal });
        let stops = site.outputs.iter().any(|output| {
            matches!(output, Output::Media(MediaCommand::Record(RecordCommand::Stop(_))))
        });
        assert_eq!(stops, is_speaking);
        let state = site.outputs.iter().find_map(|output| match output {
            Output::Event(event) if event.name == EventName::Abandoned => {
                event.call.as_ref().map(|call| call.call_state)
            }
            _ => None,
        });
        let expected = match is_speaking {
            true => model::CallState::Cleared,
            false => model::CallState::Abandoned,
        };
        assert_eq!(state, Some(expected));
    }
}

#[test]
fn a_message_that_never_ends_is_cut_off() {
    let (mut site, conn, leg) = waiting();
    let (prompt, mailbox) = (prompt(""), "Support".to_owned());
    apply(&mut site, conn, Treatment::RecordMessage { prompt, limit_s: 60, mailbox });
    site.wait_s(59);
    assert_eq!(ended(&site), None);
    site.wait_s(1);
    assert_eq!(ended(&site), Some(("normal".into(), None)));
    let answers = site.outputs.iter().filter(
        |output| matches!(output, Output::Leg(LegCommand::Answer { leg: at }) if *at == leg),
    );
    assert_eq!(answers.count(), 1);
}

#[test]
fn an_agent_ends_a_prompt_at_once_and_is_heard() {
    let (mut site, conn, leg) = waiting();
    ask_for_pin(&mut site, conn);
    let phone = site.route("5001");
    site.fact(LegFact::Ringing { leg: phone });
    assert_eq!(ended(&site), Some(("interrupted".into(), Some(String::new()))));
    site.fact(LegFact::Answered { leg: phone });
    let heard = site.outputs.iter().rev().find_map(|output| match output {
        Output::Media(MediaCommand::Hear { leg: at, sources }) if *at == leg => {
            Some(sources.clone())
        }
        _ => None,
    });
    assert_eq!(heard, Some(vec![phone]));
}

#[test]
fn parameters_that_can_not_be_used_are_refused_and_change_nothing() {
    let endless = KeyEntry { keys_max: 0, ..KeyEntry::default() };
    let patient = KeyEntry { first_s: 4000, ..KeyEntry::default() };
    let nobody = String::new();
    for treatment in [
        Treatment::Announcement(prompt("")),
        Treatment::CollectDigits(prompt(""), endless),
        Treatment::CollectDigits(prompt(""), patient),
        Treatment::RecordMessage { prompt: prompt(""), limit_s: 9, mailbox: nobody },
        Treatment::RecordMessage { prompt: prompt(""), limit_s: 0, mailbox: "Box".into() },
    ] {
        let (mut site, conn, _) = waiting();
        let dn = "5000".into();
        let reference = site.ask(Request::ApplyTreatment { dn, conn, treatment });
        let outcome = site.outcome(reference);
        let [Output::Refused { refusal, .. }] = outcome.as_slice() else { panic!("{outcome:?}") };
        assert_eq!(refusal.error, TError::InvalidAttribute);
        assert!(site.outputs.iter().all(|output| !matches!(output, Output::Leg(_))));
    }
}
