//! Wide sound: what both ends can do beyond the telephone's band is carried, and what one end
//! can't leaves the other's as good as it was.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use model::LegId;
use model::media::{LegKind, MediaCommand, MediaFact};
use world::World;
use world::browser::Browser;
use world::phone::Phone;
use world::sound::{holes, purity, tone};

const A: LegId = LegId(1);
const B: LegId = LegId(2);
const C: LegId = LegId(3);

/// A tone of 16 kHz; `purity` of such sound takes half of its frequency, too.
fn wide_tone(frequency: f32) -> impl Fn(usize) -> i16 + Clone {
    tone(frequency / 2.0)
}

fn wide_purity(heard: &[i16], frequency: f32) -> f32 {
    purity(&heard[heard.len() - 16_000..], frequency / 2.0)
}

#[test]
fn browsers_hear_each_other_beyond_the_telephones_band() {
    let mut world = World::new();
    for (leg, address, frequency) in [(A, "10.0.0.8:50000", 5000.0), (B, "10.0.0.9:50000", 6200.0)]
    {
        let browser = Browser::wide(world.now, address).saying(wide_tone(frequency));
        world.call_browser(leg, browser);
    }
    world.connect(A, B);
    world.run(4000);
    let heard = |at: usize, frequency| wide_purity(&world.browsers[at].heard, frequency);
    assert!(heard(0, 6200.0) > 0.9, "{}", heard(0, 6200.0));
    assert!(heard(1, 5000.0) > 0.9, "{}", heard(1, 5000.0));
}

#[test]
fn a_phone_with_g722_and_a_browser_hear_each_other_wide() {
    let mut world = World::new();
    world.take_phone_call(A, Phone::wide("10.0.0.7:4000").saying(wide_tone(5000.0)));
    let browser = Browser::wide(world.now, "10.0.0.9:50000").saying(wide_tone(6200.0));
    world.call_browser(B, browser);
    world.connect(A, B);
    world.run(4000);
    let (phone, browser) = (&world.phones[0], &world.browsers[0]);
    assert!(wide_purity(&phone.heard, 6200.0) > 0.85, "{}", wide_purity(&phone.heard, 6200.0));
    assert!(wide_purity(&browser.heard, 5000.0) > 0.85, "{}", wide_purity(&browser.heard, 5000.0));
    let codec = world.facts.iter().rev().find_map(|fact| match fact {
        MediaFact::Quality { leg: A, quality } => Some(quality.codec),
        _ => None,
    });
    assert_eq!(codec, None, "not told before five seconds");
    world.run(2000);
    let codec = world.facts.iter().rev().find_map(|fact| match fact {
        MediaFact::Quality { leg: A, quality } => Some(quality.codec),
        _ => None,
    });
    assert_eq!(codec, Some(Some("G722")));
}

#[test]
fn a_telephone_among_wide_ends_narrows_nobody_but_itself() {
    let mut world = World::new();
    world.take_phone_call(A, Phone::new("10.0.0.7:4000").saying(tone(1000.0)));
    world.take_phone_call(B, Phone::wide("10.0.0.8:4000").saying(wide_tone(2000.0)));
    let browser = Browser::wide(world.now, "10.0.0.9:50000").saying(wide_tone(6200.0));
    world.call_browser(C, browser);
    for leg in [A, B, C] {
        world.hear(leg, &[A, B, C]);
    }
    world.run(4000);
    let (narrow, wide) = (&world.phones[0].heard, &world.phones[1].heard);
    let narrow = &narrow[narrow.len() - 8000..];
    assert!(purity(narrow, 2000.0) > 0.95, "6200 Hz is left out: {}", purity(narrow, 2000.0));
    let (low, high) = (wide_purity(wide, 1000.0), wide_purity(wide, 6200.0));
    assert!(low > 0.3 && high > 0.3 && low + high > 0.9, "{low} {high}");
    let browser = &world.browsers[0].heard;
    let both = wide_purity(browser, 1000.0) + wide_purity(browser, 2000.0);
    assert!(both > 0.95, "{both}");
}

#[test]
fn a_voice_goes_on_while_what_is_heard_changes_its_width() {
    let mut world = World::new();
    world.take_phone_call(A, Phone::new("10.0.0.7:4000").saying(tone(1000.0)));
    world.take_phone_call(B, Phone::wide("10.0.0.8:4000").saying(wide_tone(1000.0)));
    world.call_browser(C, Browser::wide(world.now, "10.0.0.9:50000"));
    world.hear(C, &[A]);
    world.run(3000);
    for sources in [&[B][..], &[A], &[A, B], &[A]] {
        let before = world.browsers[0].heard.len();
        world.hear(C, sources);
        world.run(2000);
        let heard = &world.browsers[0].heard[before..];
        assert!(heard.len() > 30_000, "{} samples", heard.len());
        // The new source's jitter buffer fills first.
        assert!(holes(&heard[3200..]) == 0, "{sources:?}");
        assert!(wide_purity(heard, 1000.0) > 0.95, "{}", wide_purity(heard, 1000.0));
    }
    let sequences = world.browsers[0].packets.windows(2);
    let numbers = sequences.map(|two| *two[1].seq_no - *two[0].seq_no);
    assert!(numbers.into_iter().all(|step| step == 1), "one stream without a break");
}

#[test]
fn a_phone_s_own_order_of_codecs_decides_and_ours_does_in_our_offers() {
    let mut world = World::new();
    let formats = "a=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:96 opus/48000/2\r\n\
                   a=rtpmap:101 telephone-event/8000\r\n";
    for (leg, order) in [(A, "9 0 96 101"), (B, "0 9 96 101"), (C, "18 9 0 101")] {
        let offer = format!(
            "v=0\r\no=- 1 1 IN IP4 10.0.0.7\r\ns=-\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\n\
             m=audio 4000 RTP/AVP {order}\r\n{formats}"
        );
        world.command(MediaCommand::open(leg, LegKind::Plain, Some(offer.into_bytes())));
        let answer = world.described(leg);
        let taken = order.replace("96 ", "").replace("18 ", "");
        assert!(answer.contains(&format!("RTP/AVP {taken}\r\n")), "{answer}");
    }
    let phone = LegId(4);
    let codecs = model::codecs::VoiceCodecs::PHONE;
    let open = MediaCommand::Open { leg: phone, kind: LegKind::Plain, codecs, offer: None };
    world.command(open);
    let offer = world.described(phone);
    assert!(offer.contains("RTP/AVP 9 0 8 111 101 110\r\n"), "{offer}");
}
