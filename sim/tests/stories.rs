//! Calls' stories, as the page of a call and the database get them.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use board::Input;
use model::{
    LegId, Request, System,
    media::{MediaFact, Milestone, Quality},
    story::Story,
};
use sim::{Weather, World};

const CALLER: LegId = LegId::FIRST_OFFERED;
const AGENT: LegId = LegId(1);

fn seconds(world: &mut World, seconds: u64) {
    world.run_for(Duration::from_secs(seconds));
}

fn tell(world: &mut World, fact: MediaFact) {
    world.board.handle_input(world.now, Input::Media(fact));
}

/// Of every hundred packets that a second has by now, `lost` never come.
fn measure(world: &mut World, leg: LegId, seconds: u64, lost: u64) {
    let quality = Quality {
        codec: Some(if leg == AGENT { "opus" } else { "PCMU" }),
        packets_received: seconds * (100 - lost) / 2,
        packets_lost: seconds * lost / 2,
        packets_sent: seconds * 50,
        jitter_ms: 2.0,
        round_trip_ms: Some(30.0),
        ..Quality::default()
    };
    tell(world, MediaFact::Quality { leg, quality });
}

fn talking() -> World {
    let mut world = World::new(Instant::now(), 1, Weather::fair(), 1);
    world.at_work("5001");
    seconds(&mut world, 1);
    world.call("5551234567", "+18005551234");
    seconds(&mut world, 1);
    let conn = world.conn_at("5001").unwrap();
    world.request(Request::AnswerCall { dn: "5001".into(), conn });
    seconds(&mut world, 1);
    world
}

fn texts(story: &Story) -> Vec<String> {
    let text = |rung: &model::story::Rung| format!("{} -> {} {}", rung.from, rung.to, rung.text);
    story.ladder.iter().map(text).collect()
}

#[test]
fn a_call_s_story_goes_from_its_first_invite_to_its_last_response() {
    let mut world = talking();
    let milestones = [Milestone::IceCheck, Milestone::IceNominated, Milestone::DtlsDone];
    for milestone in milestones {
        let address = Some("10.1.2.3:40000".parse().unwrap());
        tell(&mut world, MediaFact::Reached { leg: AGENT, milestone, address });
    }
    for at in 1..=4 {
        seconds(&mut world, 5);
        measure(&mut world, AGENT, at * 5, 0);
        measure(&mut world, CALLER, at * 5, 10);
    }
    tell(&mut world, MediaFact::Digit { leg: CALLER, digit: '7', duration_ms: 100 });
    assert!(world.stories.is_empty(), "the call is up");
    world.caller_hangs_up(0);
    seconds(&mut world, 60);
    let [story] = &world.stories[..] else { panic!("{:?}", world.stories) };
    let lines = texts(story);
    assert_eq!(lines[0], "pstn -> signaling INVITE sip:+18005551234@10.0.0.1");
    assert_eq!(lines[1], "signaling -> pstn 100 Trying (INVITE)");
    for line in [
        "switch -> all EventRouteUsed 5000 other=5551234567 third=5001",
        "signaling -> 5001 INVITE sip:x5001@abc.invalid;transport=ws",
        "5001 -> signaling 200 OK (INVITE)",
        "cti -> switch RequestAnswerCall 5001",
        "routing -> switch RequestRouteCall 5000",
        "switch -> shard Hear in1 out1",
        "shard -> switch Digit in1 •",
        "pstn -> signaling BYE sip:+18005551234@10.0.0.1:5060",
        "5001 -> signaling 200 OK (BYE)",
    ] {
        assert!(lines.iter().any(|one| one == line), "{line} is not in\n{}", lines.join("\n"));
    }
    assert!(story.ladder.is_sorted_by_key(|rung| rung.at_ms));
    assert_eq!(lines.last().unwrap(), "5001 -> signaling 200 OK (BYE)");
    assert_eq!(story.left_out, 0);
    let [caller, agent] = &story.legs[..] else { panic!("{:?}", story.legs) };
    assert_eq!((agent.name.as_str(), caller.name.as_str()), ("5001", "pstn"));
    assert_eq!(agent.milestones.len(), 3);
    assert!(agent.sdp.iter().any(|sdp| sdp.is_ours) && agent.sdp.iter().any(|sdp| !sdp.is_ours));
    let (clean, lossy) = (agent.quality.clone().unwrap(), caller.quality.clone().unwrap());
    assert_eq!((clean.received, clean.lost, clean.sent), (1000, 0, 1000));
    assert_eq!((lossy.received, lossy.lost), (900, 100));
    assert!((lossy.loss_percent - 10.0).abs() < 0.01);
    assert!(clean.mos.unwrap() > 4.3 && lossy.mos.unwrap() < 3.6, "{clean:?} {lossy:?}");
    assert_eq!(caller.points.len(), 4);
    assert!(world.board.systems().story.is_idle(), "{:?}", world.board.systems().story);
}

#[test]
fn a_call_that_is_up_is_told_so_far_and_its_worst_leg_is_in_its_row() {
    let mut world = talking();
    measure(&mut world, AGENT, 5, 0);
    measure(&mut world, CALLER, 5, 10);
    let stats = &world.board.systems().stats;
    let row = stats.monitor(world.now).call_rows.remove(0);
    assert_eq!(row.mos, Some(3.3));
    let story = world.board.systems().story.tell(world.now, row.id).unwrap();
    assert_eq!((story.call_uuid, story.ended_ms), (row.id.to_string(), None));
    assert!(story.ladder.len() > 20);
    assert_eq!(world.board.systems().story.tell(world.now, "0".repeat(32).parse().unwrap()), None);
    world.caller_hangs_up(0);
    seconds(&mut world, 1);
    assert_eq!(world.board.systems().stats.monitor(world.now).call_rows, []);
}

#[test]
fn a_long_call_has_coarse_points_and_the_sums_of_all() {
    let mut world = talking();
    let hours = 3 * 3600 / 5;
    for at in 1..=hours {
        seconds(&mut world, 5);
        measure(&mut world, AGENT, at * 5, 2);
    }
    world.caller_hangs_up(0);
    seconds(&mut world, 10);
    let agent = &world.stories[0].legs[1];
    assert!((60..=120).contains(&agent.points.len()), "{}", agent.points.len());
    let quality = agent.quality.clone().unwrap();
    assert_eq!((quality.received, quality.lost), (3 * 3600 * 49, 3 * 3600));
    assert!(agent.points.iter().all(|point| (1.5..2.5).contains(&point.loss_percent)));
}
