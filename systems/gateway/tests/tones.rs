//! Keys that come as tones, on calls.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use model::LegId;
use model::media::{MediaCommand, MediaFact, Tune};
use wire_audio::Law;
use world::World;
use world::browser::Browser;
use world::phone::Phone;
use world::sound::key_tones;

const TRUNK: LegId = LegId(1);
const AGENT: LegId = LegId(2);
const OTHER: LegId = LegId(3);
const KEYS: &str = "1234567890*#ABCD5550";

/// A phone that says keys over and over, with or without events in its SDP.
fn phone(law: Law, knows_events: bool) -> Phone {
    let keys = key_tones(&format!("{KEYS}{KEYS}"), 60, 120);
    // After a second and a half, so that the call is up.
    let mut phone =
        Phone::new("10.0.0.7:4000").saying(move |n| n.checked_sub(12_000).map_or(0, &keys));
    (phone.law, phone.knows_events) = (law, knows_events);
    phone
}

fn durations(world: &World) -> Vec<u32> {
    let duration = |fact: &MediaFact| match fact {
        MediaFact::Digit { leg: TRUNK, duration_ms, .. } => Some(*duration_ms),
        _ => None,
    };
    world.facts.iter().filter_map(duration).collect()
}

#[test]
fn tones_of_a_trunk_without_events_are_told_once_however_many_hear_them() {
    for law in [Law::Mu, Law::A] {
        let mut world = World::new();
        world.take_phone_call(TRUNK, phone(law, false));
        let browser = Browser::new(world.now, "10.0.0.9:50000");
        world.call_browser(AGENT, browser);
        let mut other = Phone::new("10.0.0.8:4000");
        other.knows_events = false;
        world.take_phone_call(OTHER, other);
        let all = [TRUNK, AGENT, OTHER];
        all.iter().for_each(|leg| world.hear(*leg, &all));
        world.run(1500 + 2 * 120 * KEYS.len() as u64 + 500);
        assert_eq!(world.digits(TRUNK), format!("{KEYS}{KEYS}"));
        assert!(durations(&world).iter().all(|ms| (45..=75).contains(ms)), "{law:?}");
        // The others hear the tones themselves, and what they say is no key.
        assert_eq!(world.browsers[0].dialled(), "");
        assert_eq!(world.digits(AGENT), "");
        assert_eq!(world.digits(OTHER), "");
    }
}

#[test]
fn tones_survive_jitter() {
    let mut world = World::new();
    world.network.jitter_ms = 15;
    world.take_phone_call(TRUNK, phone(Law::Mu, false));
    world.take_phone_call(AGENT, Phone::new("10.0.0.8:4000"));
    world.connect(TRUNK, AGENT);
    world.run(1500 + 2 * 120 * KEYS.len() as u64 + 500);
    assert_eq!(world.digits(TRUNK), format!("{KEYS}{KEYS}"));
}

#[test]
fn a_leg_that_has_events_is_not_listened_to_for_tones() {
    let mut world = World::new();
    // Some gateways send both; only the events count.
    world.take_phone_call(TRUNK, phone(Law::Mu, true));
    world.take_phone_call(AGENT, Phone::new("10.0.0.8:4000"));
    world.connect(TRUNK, AGENT);
    world.run(3000);
    assert_eq!(world.digits(TRUNK), "");
    world.phones[0].press('7', 6);
    world.run(2000);
    assert_eq!(world.digits(TRUNK), "7");
}

#[test]
fn events_that_are_agreed_on_later_take_the_place_of_tones() {
    let mut world = World::new();
    world.take_phone_call(TRUNK, phone(Law::Mu, false));
    world.take_phone_call(AGENT, Phone::new("10.0.0.8:4000"));
    world.connect(TRUNK, AGENT);
    world.run(1500 + 120 * 5 + 100);
    assert_eq!(world.digits(TRUNK), "12345");
    world.phones[0].knows_events = true;
    let offer = world.phones[0].sdp("sendrecv", 2).into_bytes();
    world.command(MediaCommand::Reoffer { leg: TRUNK, offer });
    world.run(2000);
    assert_eq!(world.digits(TRUNK), "12345");
    world.phones[0].knows_events = false;
    let offer = world.phones[0].sdp("sendrecv", 3).into_bytes();
    world.command(MediaCommand::Reoffer { leg: TRUNK, offer });
    world.run(1000);
    assert!(world.digits(TRUNK).len() > 10);
}

#[test]
fn tones_that_nobody_hears_are_told_and_tones_of_one_who_holds_are_not() {
    let mut world = World::new();
    world.take_phone_call(TRUNK, phone(Law::Mu, false));
    world.take_phone_call(AGENT, Phone::new("10.0.0.8:4000"));
    world.play(TRUNK, Tune::Music);
    world.run(1500 + 8 * 120 + 60);
    assert_eq!(world.digits(TRUNK), KEYS[..8]);
    world.connect(TRUNK, AGENT);
    world.run(1000);
    let so_far = world.digits(TRUNK);
    assert!((15..=17).contains(&so_far.len()), "{so_far}");
    let offer = world.phones[0].sdp("sendonly", 2).into_bytes();
    world.command(MediaCommand::Reoffer { leg: TRUNK, offer });
    world.run(1000);
    assert_eq!(world.digits(TRUNK), so_far);
}
