//! A SIP phone whose sound is protected by keys from SDP (SDES, RFC 4568).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use model::LegId;
use model::media::{LegKind, MediaCommand, MediaFact};
use wire_sdp::Suite;
use world::World;
use world::browser::Browser;
use world::phone::{Phone, Secure};
use world::sound::{purity, tone};

const PHONE: LegId = LegId(1);
const AGENT: LegId = LegId(2);

fn talking(suite: Suite) -> World {
    let mut world = World::new();
    let mut phone = Phone::new("10.0.0.7:4000").saying(tone(1000.0));
    phone.secure = Some(Secure::new(suite, 7));
    world.take_phone_call(PHONE, phone);
    let browser = Browser::new(world.now, "10.0.0.9:50000").saying(tone(600.0));
    world.call_browser(AGENT, browser);
    world.connect(PHONE, AGENT);
    world.run(2000);
    world
}

fn hear_each_other(world: &World) -> bool {
    let end = |sound: &[i16]| sound[sound.len() - 1600..].to_vec();
    purity(&end(&world.phones[0].heard), 600.0) > 0.9
        && purity(&end(&world.browsers[0].heard), 1000.0) > 0.9
}

fn reoffer(world: &mut World, direction: &str, version: u32) -> String {
    let offer = world.phones[0].sdp(direction, version);
    world.command(MediaCommand::Reoffer { leg: PHONE, offer: offer.into_bytes() });
    world.described(PHONE)
}

#[test]
fn voice_and_reports_are_protected_with_every_suite() {
    for suite in [
        Suite::AesCm128Sha1_80,
        Suite::AesCm128Sha1_32,
        Suite::AesCm256Sha1_80,
        Suite::AesCm256Sha1_32,
        Suite::AeadAes128Gcm,
        Suite::AeadAes256Gcm,
    ] {
        let mut world = talking(suite);
        assert!(hear_each_other(&world), "{suite:?}");
        world.run(6000);
        assert!(world.phones[0].reports > 0, "{suite:?}");
    }
}

#[test]
fn a_hold_keeps_the_keys_and_a_new_key_of_theirs_is_taken() {
    let mut world = talking(Suite::AesCm128Sha1_80);
    let first = world.described(PHONE);
    let held = reoffer(&mut world, "sendonly", 2);
    let key = |sdp: &str| sdp.lines().find(|line| line.starts_with("a=crypto")).unwrap().to_owned();
    assert_eq!(key(&first), key(&held));
    world.run(1000);
    let back = reoffer(&mut world, "sendrecv", 3);
    assert_eq!(key(&first), key(&back));
    world.run(1000);
    assert!(hear_each_other(&world));
    let ours = key(&back);
    world.phones[0].secure = Some(Secure::new(Suite::AesCm128Sha1_80, 9));
    let rekeyed = reoffer(&mut world, "sendrecv", 4);
    assert_eq!(key(&rekeyed), ours);
    world.phones[0].describe(&rekeyed);
    world.run(1000);
    assert!(hear_each_other(&world));
}

#[test]
fn what_is_not_authentic_is_not_heard_and_moves_nothing() {
    let mut world = talking(Suite::AesCm128Sha1_80);
    let to = world.phones[0].packets.len();
    let stranger = "198.51.100.9:4000".parse().unwrap();
    let ours = {
        let sdp = world.described(PHONE);
        let description = wire_sdp::SessionDescription::parse(sdp.as_bytes()).unwrap();
        description.audio().unwrap().1.rtp_address().unwrap()
    };
    let phone = world.phones[0].address;
    for n in 0..200_u16 {
        let mut packet = vec![0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 77];
        packet[2..4].copy_from_slice(&n.to_be_bytes());
        packet.extend([0x55; 170]);
        world.send(stranger, ours, &packet);
        world.send(phone, ours, &packet);
    }
    world.run(500);
    assert!(hear_each_other(&world));
    assert!(world.phones[0].packets.len() > to + 20, "the sound goes where it went");
}

#[test]
fn keys_that_we_can_not_use_are_refused_in_words() {
    let mut world = World::new();
    let phone = Phone::new("10.0.0.7:4000");
    let sdp = phone.sdp("sendrecv", 1).replace("RTP/AVP", "RTP/SAVP");
    let odd = sdp.replace("a=rtpmap:0", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA\r\na=rtpmap:0");
    for (leg, offer) in [(LegId(8), sdp), (LegId(9), odd)] {
        let offer = Some(offer.into_bytes());
        world.command(MediaCommand::open(leg, LegKind::Plain, offer));
        let Some(MediaFact::Refused { reason, .. }) = world.facts.last() else { panic!() };
        assert!(reason.contains("RTP/SAVP"), "{reason}");
    }
}

/// We ring a phone and want it protected: our offer.
fn rung(world: &mut World) -> String {
    world.command(MediaCommand::open(PHONE, LegKind::Secured, None));
    let offer = world.described(PHONE);
    assert_eq!(wire_sdp::lint(offer.as_bytes()), []);
    assert!(offer.contains("RTP/SAVP") && offer.contains("a=crypto:1 AES_CM_128_HMAC_SHA1_80"));
    offer
}

#[test]
fn a_phone_that_is_rung_with_a_key_answers_with_its_own() {
    let mut world = World::new();
    let mut phone = Phone::new("10.0.0.7:4000").saying(tone(1000.0));
    phone.secure = Some(Secure::new(Suite::AesCm128Sha1_80, 7));
    phone.describe(&rung(&mut world));
    let sdp = phone.sdp("sendrecv", 1);
    let taken = |line: &&str| !line.starts_with("a=crypto:1 ");
    let answer = sdp.lines().filter(taken).collect::<Vec<_>>().join("\r\n") + "\r\n";
    let answer = answer.replace("a=crypto:2 ", "a=crypto:1 ");
    world.phones.push(phone);
    let browser = Browser::new(world.now, "10.0.0.9:50000").saying(tone(600.0));
    world.call_browser(AGENT, browser);
    world.command(MediaCommand::Answer { leg: PHONE, sdp: answer.into_bytes() });
    world.connect(PHONE, AGENT);
    world.run(2000);
    assert!(hear_each_other(&world));
}

#[test]
fn a_phone_that_answers_a_key_in_the_clear_is_refused() {
    let mut world = World::new();
    rung(&mut world);
    let answer = Phone::new("10.0.0.7:4000").sdp("sendrecv", 1);
    world.command(MediaCommand::Answer { leg: PHONE, sdp: answer.into_bytes() });
    assert!(matches!(world.facts.last(), Some(MediaFact::Refused { .. })), "{:?}", world.facts);
}
