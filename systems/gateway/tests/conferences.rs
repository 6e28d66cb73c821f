//! Who hears whom: conferences, coaching, mute, coming and going, by the tones that arrive.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use model::LegId;
use model::media::{MediaCommand, MediaFact, Tune};
use world::World;
use world::browser::Browser;
use world::phone::Phone;
use world::sound::{holes, likeness, purity, roughness, speech, tone};

const A: LegId = LegId(1);
const B: LegId = LegId(2);
const C: LegId = LegId(3);
const D: LegId = LegId(4);
/// What A, B, C and D say.
const TONES: [f32; 4] = [400.0, 650.0, 1000.0, 1500.0];

/// Phones on legs 1 to `count`, each with its tone; nobody hears anybody yet.
fn parties(count: usize) -> World {
    let mut world = World::new();
    for (n, frequency) in TONES.iter().enumerate().take(count) {
        let phone = Phone::new(&format!("10.0.1.{}:4000", n + 1)).saying(tone(*frequency));
        world.take_phone_call(LegId(n as u64 + 1), phone);
        // Calls come at any time.
        world.run(7);
    }
    world
}

fn everybody(world: &mut World, legs: &[LegId]) {
    legs.iter().for_each(|leg| world.hear(*leg, legs));
}

/// Whose tones the last 400 ms of a sound are made of, by their letters.
fn voices(sound: &[i16]) -> String {
    let late = &sound[sound.len().saturating_sub(3200)..];
    let is_there = |frequency: f32| purity(late, frequency) > 0.1;
    "ABCD".chars().zip(TONES).filter(|(_, f)| is_there(*f)).map(|(name, _)| name).collect()
}

/// Whom each phone hears.
fn heard(world: &World) -> Vec<String> {
    world.phones.iter().map(|phone| voices(&phone.heard)).collect()
}

#[test]
fn three_parties_hear_the_two_others_and_not_themselves() {
    let mut world = parties(2);
    let browser = Browser::new(world.now, "10.0.0.9:50000").saying(tone(TONES[2]));
    world.call_browser(C, browser);
    everybody(&mut world, &[A, B, C]);
    world.run(3000);
    assert_eq!(heard(&world), ["BC", "AC"]);
    let (phone, browser) = (&world.phones[0].heard, &world.browsers[0].heard);
    assert_eq!(voices(browser), "AB");
    for (sound, frequencies) in [(phone, [TONES[1], TONES[2]]), (browser, [TONES[0], TONES[1]])] {
        let late = &sound[sound.len() - 8000..];
        let whole: f32 = frequencies.iter().map(|f| purity(late, *f)).sum();
        assert!(whole > 0.95, "{whole}: nothing but the two others");
        // Two tones of 8000 each.
        let level = wire_audio::rms_dbov(late);
        assert!((-13.0..-11.0).contains(&level), "{level}");
    }
}

#[test]
fn a_coach_is_heard_by_the_agent_alone_and_then_by_all() {
    let (customer, agent, supervisor) = (A, B, C);
    let mut world = parties(3);
    world.connect(customer, agent);
    world.run(1000);
    assert_eq!(heard(&world), ["B", "A", ""]);
    // Listening in.
    world.hear(supervisor, &[customer, agent]);
    world.run(1000);
    assert_eq!(heard(&world), ["B", "A", "AB"]);
    // Coaching.
    world.hear(agent, &[customer, supervisor]);
    world.run(1000);
    assert_eq!(heard(&world), ["B", "AC", "AB"]);
    // Barging in.
    world.hear(customer, &[agent, supervisor]);
    world.run(1000);
    assert_eq!(heard(&world), ["BC", "AC", "AB"]);
    // The customer is put on hold: he hears music, the others each other.
    world.play(customer, Tune::Music);
    world.hear(agent, &[supervisor]);
    world.hear(supervisor, &[agent]);
    world.run(1000);
    let heard = heard(&world);
    assert_eq!(heard[1..], ["C", "B"]);
    assert!(!heard[0].contains(['B', 'C']), "{heard:?}");
}

#[test]
fn a_muted_party_is_not_heard_but_hears() {
    let mut world = parties(3);
    everybody(&mut world, &[A, B, C]);
    world.run(1000);
    world.hear(A, &[C]);
    world.hear(C, &[A]);
    world.run(1000);
    assert_eq!(heard(&world), ["C", "AC", "A"]);
    everybody(&mut world, &[A, B, C]);
    world.run(1000);
    assert_eq!(heard(&world), ["BC", "AC", "AB"]);
}

#[test]
fn listeners_who_come_and_go_are_not_noticed_by_the_others() {
    let mut world = parties(4);
    world.connect(A, B);
    world.run(2000);
    let from = [world.phones[0].heard.len(), world.phones[1].heard.len()];
    // B hears A alone all the time; C and D come in and go away, at odd times.
    for round in 0..12_u64 {
        world.hear(C, &[A, B]);
        world.run(40 + round);
        world.hear(D, &[A, B, C]);
        world.run(60 + 3 * round);
        world.hear(C, &[]);
        world.run(30);
        world.hear(D, &[]);
        world.run(20 + 7 * round);
    }
    for (n, (tone, from)) in [TONES[1], TONES[0]].into_iter().zip(from).enumerate() {
        let heard = &world.phones[n].heard[from..];
        assert!(heard.len() > 12 * 160 * 8);
        assert!(roughness(heard, tone) < 1000.0, "{n}: {}", roughness(heard, tone));
        assert_eq!(holes(heard), 0);
    }
    // And B goes on undisturbed when those who came first are the ones that leave.
    world.hear(C, &[A]);
    world.hear(D, &[A]);
    for (leg, n) in [(B, 1), (C, 2)] {
        world.run(500);
        let stays: Vec<usize> = world.phones.iter().map(|phone| phone.heard.len()).collect();
        world.hear(leg, &[]);
        world.run(500);
        for (phone, from) in world.phones.iter().zip(stays).skip(n + 1) {
            let heard = &phone.heard[from..];
            assert!(roughness(heard, TONES[0]) < 1000.0, "{}", roughness(heard, TONES[0]));
            assert_eq!(holes(heard), 0);
        }
    }
}

#[test]
fn a_source_that_closes_vanishes_and_the_others_go_on() {
    let mut world = parties(4);
    everybody(&mut world, &[A, B, C, D]);
    world.run(1000);
    assert_eq!(heard(&world), ["BCD", "ACD", "ABD", "ABC"]);
    world.command(MediaCommand::Close { leg: D });
    world.run(1000);
    assert_eq!(heard(&world)[..3], ["BC", "AC", "AB"]);
    world.hear(B, &[]);
    world.hear(A, &[C]);
    world.hear(C, &[A]);
    world.run(1000);
    assert_eq!(heard(&world)[..3], ["C", "", "A"]);
    // The place is taken by another leg: nobody hears it unasked.
    world.take_phone_call(LegId(9), Phone::new("10.0.0.77:4000").saying(tone(TONES[3])));
    world.run(1000);
    assert_eq!(heard(&world)[..3], ["C", "", "A"]);
    world.hear(A, &[D, LegId(9), C, LegId(1234), A, C]);
    world.run(1000);
    assert_eq!(heard(&world)[0], "CD");
}

/// Of what A says at B.
fn delay(world: &mut World) -> usize {
    let (said_from, heard_from) = (world.phones[0].said, world.phones[1].heard.len());
    world.run(7000);
    let said: Vec<i16> = (said_from..said_from + 45_000).map(speech).collect();
    let (delay, likeness) = likeness(&said, &world.phones[1].heard[heard_from..], 3200);
    assert!(likeness > 0.9, "{likeness}");
    delay
}

#[test]
fn two_who_stay_behind_hear_each_other_as_soon_as_before_the_conference() {
    let mut world = World::new();
    for n in 1..=4_u64 {
        let mut phone = Phone::new(&format!("10.0.1.{n}:4000"));
        if n > 1 {
            phone = phone.saying(|_| 0);
        }
        world.take_phone_call(LegId(n), phone);
        world.run(7);
    }
    world.connect(A, B);
    world.run(1000);
    let plain = delay(&mut world);
    assert!(plain < 8 * 75, "{} ms", plain / 8);
    everybody(&mut world, &[D, C, A, B]);
    let mixed = delay(&mut world);
    assert!(mixed <= plain + 160, "{mixed} of {plain}");
    world.hear(C, &[]);
    world.hear(D, &[]);
    world.connect(A, B);
    assert_eq!(delay(&mut world), plain);
    // The one who asked for A's sound was another: his tick's lead is worked off.
    world.hear(B, &[]);
    world.hear(C, &[A]);
    world.run(1000);
    world.hear(D, &[A]);
    world.hear(B, &[A]);
    world.run(1000);
    world.hear(C, &[]);
    world.hear(D, &[]);
    let after = delay(&mut world);
    assert!(after <= plain + 160, "{after} of {plain}");
}

#[test]
fn two_loud_talkers_are_both_heard_clearly() {
    let mut world = World::new();
    for (n, frequency) in [(1_u64, 400.0_f32), (2, 650.0), (3, 1000.0)] {
        let loud = move |n: usize| {
            (30_000.0 * (std::f32::consts::TAU * frequency * n as f32 / 8000.0).sin()) as i16
        };
        world.take_phone_call(LegId(n), Phone::new(&format!("10.0.1.{n}:4000")).saying(loud));
    }
    everybody(&mut world, &[A, B, C]);
    world.run(3000);
    for (phone, [one, two]) in
        world.phones.iter().zip([[650.0, 1000.0], [400.0, 1000.0], [400.0, 650.0]])
    {
        let late = &phone.heard[phone.heard.len() - 16_000..];
        let clean = purity(late, one) + purity(late, two);
        assert!(clean > 0.99, "{clean}");
        assert!(wire_audio::rms_dbov(late) > -9.0);
    }
}

#[test]
fn clocks_that_drift_by_200_ppm_leave_a_conference_without_holes_for_minutes() {
    let mut world = parties(3);
    for (phone, ppm) in world.phones.iter_mut().zip([200.0, -200.0, 0.0]) {
        phone.drift_ppm = ppm;
    }
    everybody(&mut world, &[A, B, C]);
    world.run(2000);
    let from: Vec<usize> = world.phones.iter().map(|phone| phone.heard.len()).collect();
    world.run(300_000);
    for (n, (phone, from)) in world.phones.iter().zip(from).enumerate() {
        let heard = &phone.heard[from..];
        assert!((2_399_000..2_401_000).contains(&heard.len()), "{}", heard.len());
        let mut others = TONES[..3].to_vec();
        others.remove(n);
        for (at, second) in heard.chunks_exact(4000).enumerate() {
            let [one, two] = [purity(second, others[0]), purity(second, others[1])];
            // Half each; the correction of drift changes a tone's phase at most.
            assert!(one > 0.3 && two > 0.3, "phone {n} at {} ms: {one} {two}", at * 500);
        }
    }
}

#[test]
fn keys_of_one_are_pressed_on_all_who_hear_him() {
    let mut world = parties(3);
    let browser = Browser::new(world.now, "10.0.0.9:50000");
    world.call_browser(D, browser);
    everybody(&mut world, &[A, B, D]);
    world.hear(C, &[B]);
    world.run(1500);
    for key in "12#".chars() {
        world.phones[0].press(key, 5);
        world.run(200);
        world.browsers[0].press(key, 5);
        world.run(200);
    }
    world.run(500);
    assert_eq!(world.digits(A), "12#");
    assert_eq!(world.digits(D), "12#");
    assert_eq!(world.phones[0].dialled(), "12#");
    assert_eq!(world.phones[1].dialled(), "1122##");
    assert_eq!(world.phones[2].dialled(), "");
    assert_eq!(world.browsers[0].dialled(), "12#");
}

#[test]
fn nobody_hears_more_than_thirty_two_at_a_time() {
    let mut world = World::new();
    let sources: Vec<LegId> = (2..=34).map(LegId).collect();
    for n in 1..=34_u64 {
        let phone = Phone::new(&format!("10.0.1.{n}:4000"));
        let phone = match n {
            33 => phone.saying(tone(TONES[0])),
            34 => phone.saying(tone(TONES[1])),
            _ => phone.saying(|_| 0),
        };
        world.take_phone_call(LegId(n), phone);
    }
    world.hear(LegId(1), &sources);
    world.run(1500);
    assert_eq!(heard(&world)[0], "A");
    world.hear(LegId(1), &sources[1..]);
    world.run(1000);
    assert_eq!(heard(&world)[0], "AB");
}

#[test]
fn a_thread_that_was_held_up_gives_everybody_the_same_sound() {
    let mut world = parties(3);
    everybody(&mut world, &[A, B, C]);
    world.run(2000);
    for pause in [30, 70, 95, 400] {
        let from: Vec<usize> = world.phones.iter().map(|phone| phone.heard.len()).collect();
        world.now = world.now.later(std::time::Duration::from_millis(pause));
        world.run(2000);
        assert_eq!(heard(&world), ["BC", "AC", "AB"], "after {pause} ms");
        let gained: Vec<usize> =
            world.phones.iter().zip(from).map(|(phone, from)| phone.heard.len() - from).collect();
        assert!(gained.iter().all(|len| len.abs_diff(gained[0]) <= 160), "{gained:?}");
        assert_eq!(world.count(|fact| matches!(fact, MediaFact::Lost { .. })), 0);
    }
}

#[test]
fn who_speaks_is_told_in_a_conference_and_in_no_other_call() {
    let mut world = parties(2);
    let quiet = Phone::new("10.0.1.3:4000");
    world.take_phone_call(C, quiet);
    let levels = |world: &World| -> Vec<Vec<(LegId, u8)>> {
        let told = world.facts.iter().filter_map(|fact| match fact {
            MediaFact::Levels { levels } => Some(levels.clone()),
            _ => None,
        });
        told.collect()
    };
    world.connect(A, B);
    world.run(1000);
    assert_eq!(levels(&world), Vec::<Vec<_>>::new());
    everybody(&mut world, &[A, B, C]);
    world.run(2000);
    let told = levels(&world);
    assert!((7..=9).contains(&told.len()), "{} times in two seconds", told.len());
    // A tone of 8000: its mean square is 15.3 dB below full scale. What phones say by themselves
    // is much quieter.
    assert_eq!(told.last().unwrap()[..], [(A, 15), (B, 15), (C, 31)]);
}
