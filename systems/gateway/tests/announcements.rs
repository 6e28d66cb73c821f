//! Prompts that are heard once, over real legs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use model::LegId;
use model::media::{MediaFact, Tune};
use world::World;
use world::browser::Browser;
use world::phone::Phone;
use world::sound::{purity, tone};

const TRUNK: LegId = LegId(1);
const AGENT: LegId = LegId(2);

/// A second and a half of a tone.
fn prompt(frequency: f32) -> Vec<i16> {
    (0..12_000).map(tone(frequency)).collect()
}

fn caller() -> World {
    let mut world = World::new();
    world.take_phone_call(TRUNK, Phone::new("10.0.0.7:4000"));
    world.run(200);
    world
}

/// Announcements of the trunk's leg that were told, with why they were not heard.
fn announced(world: &World) -> Vec<(u64, Option<String>)> {
    let told = world.facts.iter().filter_map(|fact| match fact {
        MediaFact::Announced { leg: TRUNK, announcement, problem } => {
            Some((announcement.0, problem.clone()))
        }
        _ => None,
    });
    told.collect()
}

/// What the caller heard in the last so many milliseconds.
fn heard(world: &World, ms: usize) -> Vec<i16> {
    let all = &world.phones[0].heard;
    all[all.len().saturating_sub(ms * 8)..].to_vec()
}

#[test]
fn a_prompt_is_heard_once_from_beginning_to_end_and_then_nothing() {
    let mut world = caller();
    world.announce(TRUNK, 1);
    world.sound(TRUNK, 1, Ok(prompt(700.0)));
    world.run(1400);
    assert!(purity(&heard(&world, 1000), 700.0) > 0.98);
    assert_eq!(announced(&world), []);
    world.run(400);
    assert_eq!(announced(&world), [(1, None)]);
    world.run(1000);
    assert!(heard(&world, 900).iter().all(|sample| sample.abs() < 20), "nothing comes after it");
    assert_eq!(announced(&world).len(), 1);
}

#[test]
fn the_music_goes_on_until_the_prompt_is_there() {
    let mut world = caller();
    world.play(TRUNK, Tune::Music);
    world.announce(TRUNK, 1);
    world.run(1000);
    assert!(heard(&world, 800).iter().any(|sample| sample.abs() > 500), "music");
    world.sound(TRUNK, 1, Ok(prompt(700.0)));
    world.run(700);
    assert!(purity(&heard(&world, 500), 700.0) > 0.98);
}

#[test]
fn a_prompt_that_can_not_be_had_is_told_and_the_music_goes_on() {
    let mut world = caller();
    world.play(TRUNK, Tune::Music);
    world.announce(TRUNK, 1);
    world.sound(TRUNK, 1, Err("no speech engine".to_owned()));
    world.announce(TRUNK, 2);
    world.sound(TRUNK, 2, Ok(Vec::new()));
    world.run(1000);
    assert_eq!(announced(&world), [(1, Some("no speech engine".to_owned())), (2, None)]);
    assert!(heard(&world, 800).iter().any(|sample| sample.abs() > 500), "music");
}

#[test]
fn an_agent_who_answers_is_heard_at_once_and_the_prompt_never_again() {
    let mut world = caller();
    let mut agent = Browser::new(world.now, "10.0.0.9:50000");
    agent.says = Box::new(tone(1100.0));
    world.call_browser(AGENT, agent);
    world.announce(TRUNK, 1);
    world.sound(TRUNK, 1, Ok(prompt(700.0)));
    world.run(500);
    world.connect(TRUNK, AGENT);
    world.run(1500);
    assert!(purity(&heard(&world, 500), 1100.0) > 0.95);
    assert_eq!(announced(&world), [], "it was cut off");
}

#[test]
fn sounds_that_come_too_late_are_not_heard() {
    let mut world = caller();
    world.announce(TRUNK, 1);
    world.announce(TRUNK, 2);
    world.sound(TRUNK, 1, Ok(prompt(700.0)));
    world.hear(TRUNK, &[]);
    world.sound(TRUNK, 2, Ok(prompt(900.0)));
    world.sound(LegId(99), 3, Ok(prompt(900.0)));
    world.run(1000);
    assert!(heard(&world, 800).iter().all(|sample| sample.abs() < 20));
    assert_eq!(announced(&world), []);
}

#[test]
fn keys_are_told_while_a_prompt_is_played() {
    let mut world = caller();
    world.announce(TRUNK, 1);
    world.sound(TRUNK, 1, Ok(prompt(700.0)));
    world.run(300);
    world.phones[0].press('7', 6);
    world.run(500);
    assert_eq!(world.digits(TRUNK), "7");
}
