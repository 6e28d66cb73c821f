//! Whole calls: a phone on the trunk, a browser, the shard between them, sound both ways.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use model::LegId;
use model::media::{LegKind, MediaCommand, MediaFact, Tune};
use str0m::format::Codec;
use world::World;
use world::browser::Browser;
use world::phone::Phone;
use world::sound::{holes, likeness, purity, speech, through_codecs, tone};

const TRUNK: LegId = LegId(1);
const AGENT: LegId = LegId(2);

fn call(world: &mut World, phone: Phone, browser: Browser) {
    world.take_phone_call(TRUNK, phone);
    world.play(TRUNK, Tune::Music);
    world.run(500);
    world.call_browser(AGENT, browser);
    world.connect(TRUNK, AGENT);
}

#[test]
fn a_tone_goes_through_transcoding_both_ways() {
    let mut world = World::new();
    let browser = Browser::new(world.now, "10.0.0.9:50000").saying(tone(600.0));
    call(&mut world, Phone::new("10.0.0.7:4000").saying(tone(1000.0)), browser);
    world.run(4000);
    assert!(world.is_flowing(TRUNK) && world.is_flowing(AGENT), "{:?}", world.facts);
    let (phone, browser) = (&world.phones[0], &world.browsers[0]);
    let at_phone = &phone.heard[phone.heard.len() - 16_000..];
    let at_browser = &browser.heard[browser.heard.len() - 16_000..];
    assert!(purity(at_phone, 600.0) > 0.95, "{}", purity(at_phone, 600.0));
    assert!(purity(at_browser, 1000.0) > 0.95, "{}", purity(at_browser, 1000.0));
    assert_eq!(browser.packets.last().map(|packet| *packet.header.payload_type), Some(111));
}

#[test]
fn speech_arrives_whole_and_soon_both_ways() {
    let mut world = World::new();
    let browser = Browser::new(world.now, "10.0.0.9:50000");
    call(&mut world, Phone::new("10.0.0.7:4000"), browser);
    world.run(6000);
    let (said_at_phone, said_at_browser) = (world.phones[0].said, world.browsers[0].said);
    let heard_at_phone = world.phones[0].heard.len();
    let heard_at_browser = world.browsers[0].heard.len();
    world.run(10_000);
    for (said_from, rate, heard) in [
        (said_at_browser, 16_000, &world.phones[0].heard[heard_at_phone..]),
        (said_at_phone, 8000, &world.browsers[0].heard[heard_at_browser..]),
    ] {
        let said: Vec<i16> = (said_from..said_from + 70_000).map(speech).collect();
        let (_, codecs_alone) = likeness(&said, &through_codecs(&said, rate), 400);
        let (delay, likeness) = likeness(&said, heard, 3200);
        assert!(likeness > codecs_alone - 0.03, "{likeness}, codecs alone {codecs_alone}");
        // A buffer of 40 ms, a tick, the codec's own 6.5 ms and the wire.
        assert!(delay < 8 * 90, "{} ms", delay / 8);
    }
}

#[test]
fn both_dtls_roles_and_both_offerers_come_up() {
    // A browser that offers is asked to be the client; one that answers is the client, too,
    // unless it says passive: then we are.
    let mut world = World::new();
    let caller = Browser::new(world.now, "10.0.0.9:50000").saying(tone(700.0));
    world.take_browser_call(AGENT, caller);
    assert!(world.described(AGENT).contains("a=setup:passive"));
    world.browsers.push(Browser::new(world.now, "10.0.0.10:50000").saying(tone(900.0)));
    let open = MediaCommand::open(TRUNK, LegKind::Browser, None);
    world.command(open);
    let offer = world.described(TRUNK).replace("a=setup:actpass", "a=setup:active");
    let now = world.now;
    let answer = world.browsers[1].answer(now, &offer);
    assert!(answer.contains("a=setup:passive"), "{answer}");
    world.command(MediaCommand::Answer { leg: TRUNK, sdp: answer.into_bytes() });
    world.connect(TRUNK, AGENT);
    world.run(3000);
    assert!(world.is_flowing(TRUNK) && world.is_flowing(AGENT), "{:?}", world.facts);
    let heard = &world.browsers[0].heard;
    assert!(purity(&heard[heard.len() - 8000..], 900.0) > 0.95);
    let heard = &world.browsers[1].heard;
    assert!(purity(&heard[heard.len() - 8000..], 700.0) > 0.95);
}

#[test]
fn a_client_hello_in_two_datagrams_is_put_together() {
    let mut world = World::new();
    let browser = Browser::with(world.now, "10.0.0.9:50000", &[Codec::Opus], Some(600));
    world.take_browser_call(AGENT, browser);
    world.run(2000);
    assert!(world.is_flowing(AGENT), "{:?}", world.facts);
}

#[test]
fn g18_checks_that_come_before_the_answer_are_answered_with_it() {
    let mut world = World::new();
    world.browsers.push(Browser::new(world.now, "10.0.0.9:50000"));
    world.command(MediaCommand::open(AGENT, LegKind::Browser, None));
    let (now, offer) = (world.now, world.described(AGENT));
    let answer = world.browsers[0].answer(now, &offer);
    world.run(400);
    assert!(!world.is_flowing(AGENT));
    world.command(MediaCommand::Answer { leg: AGENT, sdp: answer.into_bytes() });
    world.run(120);
    assert!(world.is_flowing(AGENT), "the kept checks make the handshake start at once");
}

#[test]
fn a_browser_that_speaks_only_g711_is_bridged_without_opus() {
    let mut world = World::new();
    let browser =
        Browser::with(world.now, "10.0.0.9:50000", &[Codec::PCMU], None).saying(tone(600.0));
    call(&mut world, Phone::new("10.0.0.7:4000").saying(tone(1000.0)), browser);
    world.run(3000);
    let (phone, browser) = (&world.phones[0], &world.browsers[0]);
    assert!(purity(&phone.heard[phone.heard.len() - 8000..], 600.0) > 0.99);
    assert!(purity(&browser.heard[browser.heard.len() - 8000..], 1000.0) > 0.99);
}

#[test]
fn sound_survives_loss_reordering_and_duplicates() {
    let mut world = World::new();
    world.network.jitter_ms = 25;
    world.network.loss_percent = 4;
    world.network.duplicate_percent = 5;
    let browser = Browser::new(world.now, "10.0.0.9:50000").saying(tone(600.0));
    call(&mut world, Phone::new("10.0.0.7:4000").saying(tone(1000.0)), browser);
    world.run(20_000);
    let heard = &world.phones[0].heard;
    let late = &heard[heard.len() - 64_000..];
    assert!(purity(late, 600.0) > 0.5, "{}", purity(late, 600.0));
    assert!(holes(late) * 50 < late.len() / 160, "{} holes", holes(late));
    let quality = world.facts.iter().rev().find_map(|fact| match fact {
        MediaFact::Quality { leg: TRUNK, quality } => Some(*quality),
        _ => None,
    });
    let quality = quality.unwrap();
    let loss = quality.packets_lost as f32 / quality.packets_received as f32;
    assert!(quality.packets_received > 600 && loss < 0.1, "{quality:?}");
    assert!((2.0..20.0).contains(&quality.jitter_ms), "{quality:?}");
}

#[test]
fn g20_the_stream_to_the_trunk_goes_on_without_a_break_whatever_is_played() {
    let mut world = World::new();
    let browser = Browser::new(world.now, "10.0.0.9:50000");
    call(&mut world, Phone::new("10.0.0.7:4000"), browser);
    world.run(1500);
    world.play(TRUNK, Tune::RingBack);
    world.run(500);
    world.connect(TRUNK, AGENT);
    world.run(500);
    world.browsers[0].is_talking = false;
    world.run(1000);
    world.hear(TRUNK, &[]);
    world.hear(AGENT, &[]);
    world.run(500);
    world.command(MediaCommand::Close { leg: AGENT });
    world.run(500);
    world.play(TRUNK, Tune::Music);
    world.run(500);
    let packets = &world.phones[0].packets;
    assert!(packets.len() > 260);
    for pair in packets.windows(2) {
        let ((at, one, _), (then, next, _)) = (&pair[0], &pair[1]);
        assert_eq!(next.ssrc, one.ssrc);
        assert_eq!(next.sequence, one.sequence.wrapping_add(1));
        assert_eq!(next.timestamp, one.timestamp.wrapping_add(160));
        assert!(then.duration_since(*at).as_millis() <= 21);
    }
}

#[test]
fn keys_at_the_browsers_rhythm_all_arrive_both_ways_and_are_told_once() {
    let mut world = World::new();
    let browser = Browser::new(world.now, "10.0.0.9:50000");
    call(&mut world, Phone::new("10.0.0.7:4000"), browser);
    world.run(1500);
    let keys = "1234567890*#ABCD5550";
    for key in keys.chars() {
        world.browsers[0].press(key, 5);
        world.phones[0].press(key, 5);
        world.run(170);
    }
    world.run(500);
    assert_eq!(world.digits(AGENT), keys);
    assert_eq!(world.digits(TRUNK), keys);
    assert_eq!(world.phones[0].dialled(), keys);
    assert_eq!(world.browsers[0].dialled(), keys);
    world.command(MediaCommand::SendDigits { leg: TRUNK, digits: "42#".into() });
    world.run(1000);
    assert_eq!(world.phones[0].dialled(), format!("{keys}42#"));
}

#[test]
fn g15_comfort_noise_that_nobody_agreed_to_is_not_heard() {
    let mut world = World::new();
    let mut phone = Phone::new("10.0.0.7:4000").saying(tone(1000.0));
    phone.comfort_noise_every = 10;
    let browser = Browser::new(world.now, "10.0.0.9:50000");
    call(&mut world, phone, browser);
    world.run(20_000);
    let heard = &world.browsers[0].heard;
    assert_eq!(holes(&heard[heard.len() - 120_000..]), 0);
    assert!(purity(&heard[heard.len() - 8000..], 1000.0) > 0.9);
}

#[test]
fn reports_go_both_ways_and_the_last_one_says_goodbye() {
    let mut world = World::new();
    let browser = Browser::new(world.now, "10.0.0.9:50000");
    call(&mut world, Phone::new("10.0.0.7:4000"), browser);
    world.run(12_000);
    assert_eq!(world.phones[0].reports, 2);
    let trip = world.facts.iter().rev().find_map(|fact| match fact {
        MediaFact::Quality { leg: AGENT, quality } => quality.round_trip_ms,
        _ => None,
    });
    assert!((1.0..30.0).contains(&trip.unwrap()), "{trip:?}");
    world.command(MediaCommand::Close { leg: TRUNK });
    world.run(50);
    assert_eq!(world.phones[0].byes, 1);
    assert!(world.open_ports.is_empty());
}
