//! A far end that holds by its own SDP, and what the others hear of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use model::LegId;
use model::media::{LegKind, MediaCommand, MediaFact, Tune};
use std::time::Duration;
use str0m::media::Direction;
use world::World;
use world::browser::Browser;
use world::phone::Phone;
use world::sound::{purity, tone};

const PHONE: LegId = LegId(1);
const AGENT: LegId = LegId(2);
const OTHER: LegId = LegId(3);

/// A phone, a browser and another phone that all hear each other.
fn talking() -> World {
    let mut world = World::new();
    world.take_phone_call(PHONE, Phone::new("10.0.0.7:4000").saying(tone(1000.0)));
    let browser = Browser::new(world.now, "10.0.0.9:50000").saying(tone(600.0));
    world.call_browser(AGENT, browser);
    world.take_phone_call(OTHER, Phone::new("10.0.0.8:4000").saying(tone(1500.0)));
    let all = [PHONE, AGENT, OTHER];
    all.iter().for_each(|leg| world.hear(*leg, &all));
    world.run(2000);
    world
}

fn reoffer(world: &mut World, leg: LegId, offer: String) -> String {
    world.command(MediaCommand::Reoffer { leg, offer: offer.into_bytes() });
    world.described(leg)
}

/// What was told of holding since last asked.
fn told(world: &mut World) -> Vec<(LegId, bool)> {
    let holds = world.facts.iter().filter_map(|fact| match fact {
        MediaFact::Holds { leg, is_held } => Some((*leg, *is_held)),
        _ => None,
    });
    let holds = holds.collect();
    world.facts.retain(|fact| !matches!(fact, MediaFact::Holds { .. }));
    holds
}

/// How much of the last 200 ms is that tone.
fn share(sound: &[i16], frequency: f32) -> f32 {
    purity(&sound[sound.len() - 1600..], frequency)
}

#[test]
fn a_phone_that_holds_is_told_once_and_gives_silence_until_it_comes_back() {
    let mut world = talking();
    let holding = |phone: &Phone, way: &str, version| match way {
        "0.0.0.0" => phone.sdp("sendrecv", version).replace("10.0.0.7", "0.0.0.0"),
        way => phone.sdp(way, version),
    };
    let mut version = 2;
    for way in ["sendonly", "inactive", "0.0.0.0"] {
        for _ in 0..2 {
            // Once more as a session refresh: no news.
            let offer = holding(&world.phones[0], way, version);
            reoffer(&mut world, PHONE, offer);
            world.run(500);
        }
        assert_eq!(told(&mut world), [(PHONE, true)], "{way}");
        // It plays its own music meanwhile.
        assert!(share(&world.browsers[0].heard, 1000.0) < 0.01, "{way}");
        assert!(share(&world.browsers[0].heard, 1500.0) > 0.9, "{way}");
        assert!(share(&world.phones[1].heard, 600.0) > 0.9, "{way}");
        for _ in 0..2 {
            let offer = world.phones[0].sdp("sendrecv", version + 1);
            reoffer(&mut world, PHONE, offer);
            world.run(500);
        }
        assert_eq!(told(&mut world), [(PHONE, false)], "{way}");
        assert!(share(&world.browsers[0].heard, 1000.0) > 0.4, "{way}");
        assert!(share(&world.phones[0].heard, 600.0) > 0.4, "{way}");
        version += 2;
    }
}

#[test]
fn from_one_way_of_holding_to_another_is_no_news() {
    let mut world = talking();
    for (version, way) in [(2, "sendonly"), (3, "inactive"), (4, "sendonly")] {
        let offer = world.phones[0].sdp(way, version);
        reoffer(&mut world, PHONE, offer);
    }
    assert_eq!(told(&mut world), [(PHONE, true)]);
    // The answer is out before the hold is known.
    let offer = world.phones[0].sdp("recvonly", 5);
    reoffer(&mut world, PHONE, offer);
    let last: Vec<&MediaFact> = world.facts.iter().rev().take(2).collect();
    assert_eq!(last[0], &MediaFact::Holds { leg: PHONE, is_held: false });
    assert!(matches!(last[1], MediaFact::Described { leg: PHONE, .. }));
}

#[test]
fn a_browser_that_holds_is_told_and_gives_silence_until_it_comes_back() {
    let mut world = talking();
    for direction in [Direction::SendOnly, Direction::Inactive] {
        let offer = world.browsers[0].turn(direction);
        let answer = reoffer(&mut world, AGENT, offer);
        world.browsers[0].accept(&answer);
        world.run(500);
        assert_eq!(told(&mut world), [(AGENT, true)]);
        assert!(share(&world.phones[0].heard, 600.0) < 0.01);
        assert!(share(&world.phones[0].heard, 1500.0) > 0.9);
        let offer = world.browsers[0].turn(Direction::SendRecv);
        let answer = reoffer(&mut world, AGENT, offer);
        world.browsers[0].accept(&answer);
        world.run(500);
        assert_eq!(told(&mut world), [(AGENT, false)]);
        assert!(share(&world.phones[0].heard, 600.0) > 0.4);
        assert!(share(&world.browsers[0].heard, 1000.0) > 0.4);
    }
}

#[test]
fn a_refused_hold_changes_nothing() {
    let mut world = talking();
    let offer = world.phones[0].sdp("sendonly", 2).replace("AVP 0 ", "AVP 18 ");
    world.command(MediaCommand::Reoffer { leg: PHONE, offer: offer.into_bytes() });
    assert!(matches!(world.facts.last(), Some(MediaFact::Refused { leg: PHONE, .. })));
    world.run(500);
    assert_eq!(told(&mut world), []);
    assert!(share(&world.browsers[0].heard, 1000.0) > 0.4);
}

#[test]
fn early_media_of_one_who_only_sends_is_heard_and_a_later_answer_can_hold() {
    let mut world = World::new();
    let browser = Browser::new(world.now, "10.0.0.9:50000");
    world.call_browser(AGENT, browser);
    let mut phone = Phone::new("10.0.0.7:4000").saying(tone(1000.0));
    world.command(MediaCommand::open(PHONE, LegKind::Plain, None));
    phone.describe(&world.described(PHONE));
    world.phones.push(phone);
    world.connect(PHONE, AGENT);
    let answer = |world: &mut World, direction: &str, version| {
        let sdp = world.phones[0].sdp(direction, version).into_bytes();
        world.command(MediaCommand::Answer { leg: PHONE, sdp });
        world.run(1000);
        told(world)
    };
    // 183, 200, then answers to offers of ours.
    assert_eq!(answer(&mut world, "sendonly", 1), []);
    assert!(share(&world.browsers[0].heard, 1000.0) > 0.9);
    assert_eq!(answer(&mut world, "sendrecv", 2), []);
    assert_eq!(answer(&mut world, "sendonly", 3), [(PHONE, true)]);
    assert!(share(&world.browsers[0].heard, 1000.0) < 0.01);
    assert_eq!(answer(&mut world, "sendrecv", 4), [(PHONE, false)]);
    assert!(share(&world.browsers[0].heard, 1000.0) > 0.9);
}

#[test]
fn a_hold_can_end_by_an_answer_to_what_we_said_last() {
    let mut world = talking();
    let offer = world.phones[0].sdp("sendonly", 2);
    assert!(reoffer(&mut world, PHONE, offer).contains("a=recvonly"));
    assert_eq!(told(&mut world), [(PHONE, true)]);
    // A re-INVITE without SDP: our 200 offers, its ACK answers.
    for (version, direction, news) in [(3, "sendonly", None), (4, "sendrecv", Some((PHONE, false)))]
    {
        let sdp = world.phones[0].sdp(direction, version).into_bytes();
        world.command(MediaCommand::Answer { leg: PHONE, sdp });
        world.run(500);
        assert_eq!(told(&mut world), news.into_iter().collect::<Vec<_>>());
    }
    assert!(share(&world.browsers[0].heard, 1000.0) > 0.4);
    assert!(share(&world.phones[0].heard, 600.0) > 0.4);
}

#[test]
fn a_leg_that_holds_is_heard_by_a_newcomer_as_silence() {
    let mut world = talking();
    let offer = world.phones[0].sdp("sendonly", 2);
    reoffer(&mut world, PHONE, offer);
    world.play(AGENT, Tune::Silence);
    world.run(500);
    world.hear(AGENT, &[PHONE]);
    world.run(500);
    assert!(share(&world.browsers[0].heard, 1000.0) < 0.01);
    let offer = world.phones[0].sdp("sendrecv", 3);
    reoffer(&mut world, PHONE, offer);
    world.run(500);
    assert!(share(&world.browsers[0].heard, 1000.0) > 0.9);
}

#[test]
fn a_phone_that_holds_and_sends_nothing_is_not_lost_before_the_limit_of_a_hold() {
    let limit = Duration::from_secs(30);
    let mut world = World::with(|settings| {
        settings.plain_silence_talk = limit;
        settings.plain_silence_hold = 3 * limit;
    });
    world.take_phone_call(PHONE, Phone::new("10.0.0.7:4000"));
    world.run(1000);
    world.phones[0].is_talking = false;
    let offer = world.phones[0].sdp("sendonly", 2);
    reoffer(&mut world, PHONE, offer);
    let lost = |world: &World| world.count(|fact| matches!(fact, MediaFact::Lost { .. }));
    world.run(80_000);
    assert_eq!(lost(&world), 0);
    world.run(12_000);
    assert_eq!(lost(&world), 1);
}
