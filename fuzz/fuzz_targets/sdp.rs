//! Any bytes as an offer: no panic, and an answer to it is one that its peer can read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_sdp::{
    Direction, Origin, PlainAudio, Preference, SessionDescription, lint, negotiate,
    negotiate_answer,
};

fuzz_target!(|bytes: &[u8]| {
    let _ = lint(bytes);
    let Ok(offer) = SessionDescription::parse(bytes) else { return };
    let again = SessionDescription::parse(&offer.to_bytes()).expect("what was read can be written");
    assert_eq!(again.media, offer.media);
    let preferences = Preference::voice([Codec::G722, Codec::Pcmu, Codec::Pcma, Codec::Opus]);
    let Ok(agreed) = negotiate(&offer, &preferences, Direction::SendRecv) else { return };
    let ours = PlainAudio {
        origin: Origin { session_id: 1, version: 1 },
        address: ([192, 0, 2, 1], 10_000).into(),
        direction: Direction::SendRecv,
        ptime_ms: 20,
        crypto: None,
    };
    let Ok(answer) = ours.answer(&offer, &agreed, &preferences) else { return };
    let answer = SessionDescription::parse(&answer).expect("our own answer is well formed");
    assert_eq!(answer.media.len(), offer.media.len());
    assert!(negotiate_answer(&offer, &answer, &preferences).is_ok());
});
