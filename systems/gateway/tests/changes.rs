//! What happens to a call besides talking: hold, new addresses, restarts, losses, refusals.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use std::time::Duration;

use model::LegId;
use model::media::{LegKind, MediaCommand, MediaFact, MediaPort, MediaShard, Tune};
use model::random::Random;
use model::recording::RecordCommand;
use str0m::media::Direction;
use world::World;
use world::browser::Browser;
use world::phone::Phone;
use world::recording::{about, recording};
use world::sound::{holes, purity, tone};

const TRUNK: LegId = LegId(1);
const AGENT: LegId = LegId(2);

fn talking() -> World {
    let mut world = World::new();
    world.take_phone_call(TRUNK, Phone::new("10.0.0.7:4000").saying(tone(1000.0)));
    let browser = Browser::new(world.now, "10.0.0.9:50000").saying(tone(600.0));
    world.call_browser(AGENT, browser);
    world.connect(TRUNK, AGENT);
    world.run(2000);
    assert!(world.is_flowing(TRUNK) && world.is_flowing(AGENT), "{:?}", world.facts);
    world
}

fn reoffer(world: &mut World, leg: LegId, offer: String) -> String {
    let before = world.count(|fact| matches!(fact, MediaFact::Described { .. }));
    world.command(MediaCommand::Reoffer { leg, offer: offer.into_bytes() });
    let after = world.count(|fact| matches!(fact, MediaFact::Described { .. }));
    assert_eq!(after, before + 1, "{:?}", world.facts.last());
    world.described(leg)
}

fn line<'a>(sdp: &'a str, start: &str) -> Vec<&'a str> {
    sdp.lines().filter(|line| line.starts_with(start)).collect()
}

fn refusal(world: &World, leg: LegId) -> &str {
    match world.facts.last() {
        Some(MediaFact::Refused { leg: of, reason }) if *of == leg => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn g16_a_phone_that_holds_hears_nothing_and_gets_its_sound_back_twenty_times() {
    let mut world = talking();
    for n in 0..20 {
        let hold = if n % 2 == 0 { "sendonly" } else { "inactive" };
        let offer = world.phones[0].sdp(hold, 10 + 2 * n);
        let answer = reoffer(&mut world, TRUNK, offer);
        assert!(answer.contains(if n % 2 == 0 { "a=recvonly" } else { "a=inactive" }), "{answer}");
        world.run(100);
        let before = world.phones[0].packets.len();
        world.run(200);
        assert_eq!(world.phones[0].packets.len(), before);
        let offer = world.phones[0].sdp("sendrecv", 11 + 2 * n);
        assert!(reoffer(&mut world, TRUNK, offer).contains("a=sendrecv"));
        world.run(300);
        assert!(world.phones[0].packets.len() > before + 10);
    }
    let heard = &world.phones[0].heard;
    assert!(purity(&heard[heard.len() - 1600..], 600.0) > 0.9);
    let packets = &world.phones[0].packets;
    let ssrcs = packets.iter().filter(|(_, header, _)| header.ssrc != packets[0].1.ssrc);
    assert_eq!(ssrcs.count(), 0);
    for pair in packets.windows(2) {
        let passed = pair[1].0.duration_since(pair[0].0).as_millis() as u32;
        let counted = pair[1].1.timestamp.wrapping_sub(pair[0].1.timestamp) / 8;
        assert!(passed.abs_diff(counted) <= 2, "the stream's clock goes on through a hold");
        assert_eq!(pair[1].1.sequence, pair[0].1.sequence.wrapping_add(1));
    }
}

#[test]
fn hold_by_address_zero_stops_sound_and_keeps_the_place() {
    let mut world = talking();
    let offer = world.phones[0].sdp("sendrecv", 2).replace("10.0.0.7", "0.0.0.0");
    reoffer(&mut world, TRUNK, offer);
    world.run(100);
    let before = world.phones[0].packets.len();
    world.run(200);
    assert_eq!(world.phones[0].packets.len(), before);
    let offer = world.phones[0].sdp("sendrecv", 3);
    reoffer(&mut world, TRUNK, offer);
    world.run(200);
    assert!(world.phones[0].packets.len() > before);
}

#[test]
fn a_browser_that_holds_and_resumes_keeps_names_and_roles() {
    let mut world = talking();
    let first = world.described(AGENT);
    let mut setup = None;
    for _ in 0..3 {
        for direction in [Direction::SendOnly, Direction::SendRecv] {
            let offer = world.browsers[0].turn(direction);
            let answer = reoffer(&mut world, AGENT, offer);
            world.browsers[0].accept(&answer);
            for same in ["a=mid:", "a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=candidate"] {
                assert_eq!(line(&answer, same), line(&first, same));
            }
            let role = line(&answer, "a=setup:")[0].to_owned();
            assert_eq!(*setup.get_or_insert(role.clone()), role);
            assert_eq!(wire_sdp::lint(answer.as_bytes()), []);
            world.run(300);
        }
    }
    let heard = &world.phones[0].heard;
    assert!(purity(&heard[heard.len() - 1600..], 600.0) > 0.9);
    let heard = &world.browsers[0].heard;
    assert!(purity(&heard[heard.len() - 1600..], 1000.0) > 0.9);
}

#[test]
fn an_ice_restart_gives_new_names_and_the_call_goes_on() {
    let mut world = talking();
    let first = world.described(AGENT);
    let offer = world.browsers[0].restart_ice();
    let answer = reoffer(&mut world, AGENT, offer);
    assert_ne!(line(&answer, "a=ice-ufrag:"), line(&first, "a=ice-ufrag:"));
    assert_ne!(line(&answer, "a=ice-pwd:"), line(&first, "a=ice-pwd:"));
    world.browsers[0].accept(&answer);
    let before = world.phones[0].heard.len();
    world.run(3000);
    let heard = &world.phones[0].heard;
    assert!(heard.len() > before + 23_000);
    assert!(purity(&heard[heard.len() - 8000..], 600.0) > 0.9);
}

#[test]
fn a_reloaded_page_takes_the_leg_over_with_a_new_certificate() {
    let mut world = talking();
    world.browsers[0].is_cut = true;
    world.browsers.push(Browser::new(world.now, "10.0.0.9:50001").saying(tone(800.0)));
    let offer = world.browsers[1].offer();
    let answer = reoffer(&mut world, AGENT, offer);
    world.browsers[1].accept(&answer);
    world.run(3000);
    let heard = &world.phones[0].heard;
    assert!(purity(&heard[heard.len() - 8000..], 800.0) > 0.9);
    let heard = &world.browsers[1].heard;
    assert!(purity(&heard[heard.len() - 8000..], 1000.0) > 0.9);
}

#[test]
fn a_phone_that_moves_is_followed_and_the_same_offer_gets_the_same_answer() {
    let mut world = talking();
    let first = world.described(TRUNK);
    let offer = world.phones[0].sdp("sendrecv", 1);
    assert_eq!(reoffer(&mut world, TRUNK, offer), first);
    let mut moved = Phone::new("10.0.0.8:6000").saying(tone(1200.0));
    moved.law = wire_audio::Law::A;
    let offer = moved.sdp("sendrecv", 2);
    let answer = reoffer(&mut world, TRUNK, offer);
    assert_eq!(line(&answer, "o=")[0].split(' ').nth(2), Some("2"), "{answer}");
    moved.describe(&answer);
    world.phones.push(moved);
    world.phones[0].is_talking = false;
    let before = world.phones[0].packets.len();
    world.run(2000);
    assert!(world.phones[0].packets.len() <= before + 1);
    let heard = &world.phones[1].heard;
    assert!(purity(&heard[heard.len() - 8000..], 600.0) > 0.9);
    let heard = &world.browsers[0].heard;
    assert!(purity(&heard[heard.len() - 8000..], 1200.0) > 0.9);
}

#[test]
fn an_offer_that_can_not_be_used_is_refused_and_the_call_goes_on() {
    let mut world = talking();
    for offer in ["v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\n", "garbage", ""] {
        world.command(MediaCommand::Reoffer { leg: TRUNK, offer: offer.into() });
        assert!(matches!(world.facts.last(), Some(MediaFact::Refused { leg: TRUNK, .. })));
    }
    let g729 = world.phones[0].sdp("sendrecv", 9).replace("PCMU/8000", "G729/8000");
    let g729 = g729.replace("AVP 0 ", "AVP 18 ").replace("rtpmap:0 ", "rtpmap:18 ");
    world.command(MediaCommand::Reoffer { leg: TRUNK, offer: g729.clone().into_bytes() });
    assert!(refusal(&world, TRUNK).contains("codec"));
    world.run(1000);
    let heard = &world.phones[0].heard;
    assert!(purity(&heard[heard.len() - 8000..], 600.0) > 0.9);
    // The same as a first offer leaves no leg behind.
    let leg = LegId(77);
    for kind in [LegKind::Plain, LegKind::Browser] {
        let offer = Some(g729.clone().into_bytes());
        world.command(MediaCommand::open(leg, kind, offer));
        assert!(matches!(world.facts.last(), Some(MediaFact::Refused { leg: LegId(77), .. })));
        assert_eq!(world.shard.legs(), 2);
    }
    assert_eq!(world.open_ports.len(), 1);
}

#[test]
fn a_phone_that_is_called_answers_early_and_again() {
    let mut world = World::new();
    let mut phone = Phone::new("10.0.0.7:4000").saying(tone(1000.0));
    world.command(MediaCommand::open(TRUNK, LegKind::Plain, None));
    let offer = world.described(TRUNK);
    assert_eq!(wire_sdp::lint(offer.as_bytes()), []);
    phone.describe(&offer);
    let answer = phone.sdp("sendrecv", 1);
    world.phones.push(phone);
    for _ in 0..2 {
        // 183, then 200.
        world.command(MediaCommand::Answer { leg: TRUNK, sdp: answer.clone().into_bytes() });
        world.play(TRUNK, Tune::Music);
        world.run(500);
    }
    assert!(world.count(|fact| matches!(fact, MediaFact::Refused { .. })) == 0);
    assert!(world.is_flowing(TRUNK));
    assert!(world.phones[0].heard.len() > 7000);
    assert!(holes(&world.phones[0].heard[1600..]) < 3);
}

#[test]
fn ports_of_other_programs_are_passed_over_and_an_empty_pool_is_refused() {
    let mut world = World::with(|settings| settings.ports = 20_000..=20_007);
    world.foreign_ports = vec![20_000, 20_004];
    for leg in [1, 2] {
        let offer = Some(Phone::new("10.0.0.7:4000").sdp("sendrecv", 1).into_bytes());
        world.command(MediaCommand::open(LegId(leg), LegKind::Plain, offer));
    }
    world.open_ports.sort_unstable();
    assert_eq!(world.open_ports, [20_002, 20_006]);
    assert_eq!(world.count(|fact| matches!(fact, MediaFact::Described { .. })), 2);
    let open = |leg| MediaCommand::open(LegId(leg), LegKind::Plain, None);
    world.command(open(3));
    assert!(refusal(&world, LegId(3)).contains("port"));
    world.command(MediaCommand::Close { leg: LegId(1) });
    world.command(open(4));
    assert!(matches!(world.facts.last(), Some(MediaFact::Described { leg: LegId(4), .. })));
}

#[test]
fn a_phone_behind_a_nat_is_heard_and_answered_where_it_really_is() {
    let mut world = World::new();
    let mut phone = Phone::new("203.0.113.7:61000").saying(tone(1000.0));
    phone.described = "192.168.1.5:4000".parse().unwrap();
    world.take_phone_call(TRUNK, phone);
    world.play(TRUNK, Tune::Music);
    world.run(500);
    assert!(world.phones[0].heard.len() > 3000);
    // A stranger can't take the call over, nor put sound into it.
    let mut stranger = Phone::new("198.51.100.66:9000").saying(tone(2000.0));
    stranger.describe(&world.described(TRUNK));
    world.phones.push(stranger);
    world.run(1000);
    assert!(world.phones[1].heard.is_empty());
    assert!(world.phones[0].heard.len() > 11_000);
}

#[test]
fn a_browser_that_falls_silent_is_lost_once_and_found_again() {
    let mut world = talking();
    let lost = |world: &World| world.count(|fact| *fact == MediaFact::Lost { leg: AGENT });
    world.browsers[0].is_cut = true;
    world.run(14_000);
    assert_eq!(lost(&world), 0);
    world.run(2500);
    assert_eq!(lost(&world), 1);
    world.run(5000);
    assert_eq!(lost(&world), 1);
    world.browsers[0].is_cut = false;
    world.run(3000);
    let flowing = world.count(|fact| *fact == MediaFact::Flowing { leg: AGENT });
    assert_eq!(flowing, 2, "{:?}", world.facts);
}

#[test]
fn g19_a_muted_browser_is_not_lost_in_four_minutes_and_music_goes_on_at_the_trunk() {
    let mut world = talking();
    world.browsers[0].is_talking = false;
    world.phones[0].is_talking = false;
    let before = world.phones[0].packets.len();
    world.run(240_000);
    assert_eq!(world.count(|fact| matches!(fact, MediaFact::Lost { .. })), 0);
    let sent = world.phones[0].packets.len() - before;
    assert!((11_995..=12_005).contains(&sent), "{sent} packets in four minutes");
}

#[test]
fn g20_a_trunk_without_rtp_is_lost_at_its_limit_and_later_on_hold() {
    let limit = Duration::from_secs(30);
    let mut world = World::with(|settings| {
        settings.plain_silence_talk = limit;
        settings.plain_silence_hold = 3 * limit;
    });
    world.take_phone_call(TRUNK, Phone::new("10.0.0.7:4000"));
    world.run(1000);
    world.phones[0].is_talking = false;
    let offer = world.phones[0].sdp("inactive", 2);
    reoffer(&mut world, TRUNK, offer);
    world.run(60_000);
    assert_eq!(world.count(|fact| matches!(fact, MediaFact::Lost { .. })), 0);
    let offer = world.phones[0].sdp("sendrecv", 3);
    reoffer(&mut world, TRUNK, offer);
    world.run(29_000);
    assert_eq!(world.count(|fact| matches!(fact, MediaFact::Lost { .. })), 0);
    world.run(2000);
    assert_eq!(world.count(|fact| matches!(fact, MediaFact::Lost { .. })), 1);
}

#[test]
fn a_certificate_that_the_sdp_did_not_announce_gets_no_sound() {
    let mut world = World::new();
    world.browsers.push(Browser::new(world.now, "10.0.0.9:50000"));
    world.command(MediaCommand::open(AGENT, LegKind::Browser, None));
    let (now, offer) = (world.now, world.described(AGENT));
    let answer = world.browsers[0].answer(now, &offer);
    let at = answer.find("a=fingerprint:sha-256 ").unwrap() + 22;
    let (true_start, false_start) = (&answer[at..at + 6], "00:00:");
    let forged = answer.replace(&format!("256 {true_start}"), &format!("256 {false_start}"));
    assert_ne!(forged, answer);
    world.command(MediaCommand::Answer { leg: AGENT, sdp: forged.into_bytes() });
    world.run(3000);
    assert!(!world.is_flowing(AGENT));
    assert_eq!(world.count(|fact| *fact == MediaFact::Lost { leg: AGENT }), 1);
}

#[test]
fn random_packets_are_survived_and_the_call_goes_on() {
    let mut world = talking();
    let mut random = Random::from_number(42);
    let port = world.open_ports[0];
    let sources = ["10.0.0.9:50000", "10.0.0.7:4000", "10.0.0.7:4001", "192.0.2.77:7"];
    for n in 0..100_000_u64 {
        let len = random.below(if n % 100 == 0 { 1500 } else { 80 }) as usize;
        let mut bytes = vec![0; len];
        random.fill(&mut bytes);
        if let Some(first) = bytes.first_mut() {
            // Half look like RTP, some like STUN and DTLS.
            *first = match random.below(8) {
                0..=3 => 0x80 | (*first & 0x3f),
                4 => *first & 3,
                5 => 20 + (*first & 7),
                _ => *first,
            };
        }
        if let Some(magic) = bytes.get_mut(4..8).filter(|_| random.below(3) == 0) {
            magic.copy_from_slice(&0x2112_A442_u32.to_be_bytes());
        }
        let ports = [MediaPort::Browsers, MediaPort::Plain(port), MediaPort::Plain(port + 1)];
        let port = ports[random.below(3) as usize];
        let from = sources[random.below(4) as usize].parse().unwrap();
        world.shard.handle_packet(world.now, port, from, &mut bytes);
        if n % 50 == 0 {
            world.run(1);
        }
    }
    world.drain();
    assert_eq!(world.shard.legs(), 2);
    world.run(3000);
    let heard = &world.phones[0].heard;
    assert!(purity(&heard[heard.len() - 8000..], 600.0) > 0.9);
}

#[test]
fn random_commands_are_survived_and_leave_nothing_behind() {
    let mut world = World::new();
    let mut random = Random::from_number(9);
    let phone = Phone::new("10.0.0.7:4000").sdp("sendrecv", 1);
    for _ in 0..20_000 {
        let leg = LegId(random.below(12));
        let kind = if random.below(2) == 0 { LegKind::Browser } else { LegKind::Plain };
        let offer = (random.below(2) == 0).then(|| phone.clone().into_bytes());
        let tune = [Tune::Music, Tune::RingBack, Tune::Silence][random.below(3) as usize];
        let sources = (0..random.below(40)).map(|_| LegId(random.below(14))).collect::<Vec<_>>();
        let recording = recording(random.below(4));
        world.command(match random.below(14) {
            9..=11 => MediaCommand::Hear { leg, sources },
            0 | 1 => MediaCommand::open(leg, kind, offer),
            2 => MediaCommand::Answer { leg, sdp: phone.clone().into_bytes() },
            3 | 4 => MediaCommand::Record(match random.below(5) {
                0 => RecordCommand::Start(about(recording, world.now)),
                1 => RecordCommand::Hear { recording, left: sources.clone(), right: sources },
                2 => RecordCommand::Pause(recording),
                3 => RecordCommand::Resume(recording),
                _ => RecordCommand::Stop(recording),
            }),
            5 | 6 => MediaCommand::Play { leg, tune },
            7 => MediaCommand::Reoffer { leg, offer: phone.clone().into_bytes() },
            _ if random.below(2) == 0 => MediaCommand::Close { leg },
            _ => MediaCommand::SendDigits { leg, digits: "1,2#z".into() },
        });
        world.run(random.below(10));
        world.facts.clear();
        world.recorded.clear();
    }
    for leg in 0..12 {
        world.command(MediaCommand::Close { leg: LegId(leg) });
    }
    for part in 0..4 {
        world.command(MediaCommand::Record(RecordCommand::Stop(recording(part))));
    }
    assert_eq!(world.shard.legs(), 0);
    assert!(world.open_ports.is_empty());
    assert_eq!(world.shard.poll_timeout(), None);
}
