//! Damaged and made-up SDP: nothing panics, and what we answer stays clean.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;
use wire_sdp::{
    BrowserAudio, Codec, Direction, Fingerprint, IceCredentials, Lint, Origin, PlainAudio,
    Preference, SessionDescription, Setup, lint, negotiate, negotiate_answer,
};

const FIXTURES: [&str; 7] = [
    include_str!("fixtures/chromium-offer.sdp"),
    include_str!("fixtures/firefox-offer.sdp"),
    include_str!("fixtures/genesys-offer.sdp"),
    include_str!("fixtures/baresip-offer.sdp"),
    include_str!("fixtures/linphone-offer.sdp"),
    include_str!("fixtures/asterisk-offer.sdp"),
    include_str!("fixtures/sdes-offer.sdp"),
];

/// xorshift64*: enough to choose bytes, and the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

/// Drops, doubles, swaps and damages lines.
fn browser_preferences() -> Vec<Preference> {
    Preference::voice([Codec::Opus, Codec::Pcmu, Codec::Pcma])
}

fn plain_preferences() -> Vec<Preference> {
    Preference::voice([Codec::Pcmu, Codec::Pcma])
}

fn mutate(seed: &str, numbers: &mut Numbers) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = seed.split_inclusive('\n').map(|line| line.into()).collect();
    for _ in 0..=numbers.below(4) {
        let (at, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
        let line = lines[at].clone();
        match numbers.below(7) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(other, line),
            2 => lines.swap(at, other),
            3 => lines[at][numbers.below(line.len())] = numbers.below(256) as u8,
            4 => drop(lines[at].drain(numbers.below(line.len())..)),
            5 => drop(lines[at].splice(2..2, *b"99999999999 ")),
            _ => lines[at].rotate_left(numbers.below(line.len())),
        }
        lines.retain(|line| line.len() > 2);
        if lines.is_empty() {
            break;
        }
    }
    lines.concat()
}

fn plain() -> PlainAudio {
    PlainAudio {
        origin: Origin { session_id: 7, version: 1 },
        address: "192.0.2.1:10000".parse().unwrap(),
        direction: Direction::SendRecv,
        ptime_ms: 20,
        crypto: None,
    }
}

fn browser() -> BrowserAudio {
    BrowserAudio {
        origin: Origin { session_id: 8, version: 1 },
        addresses: vec!["192.0.2.1:9000".parse().unwrap()],
        ice: IceCredentials { ufrag: "abcd".into(), password: "0123456789abcdefghijkl".into() },
        fingerprint: Fingerprint::sha256([0xab; 32]),
        setup: Setup::Passive,
        ssrc: 1234,
        cname: "cordboard".into(),
        direction: Direction::SendRecv,
    }
}

/// Faults that an offer can force upon its answer.
fn is_inherited(lint: &Lint) -> bool {
    matches!(lint, Lint::SameMid(_) | Lint::NoRtcpMux(_))
}

#[test]
fn damaged_offers_do_no_harm_and_answers_stay_clean() {
    let mut numbers = Numbers(0x5eed_0003);
    let (mut unreadable, mut answered) = (0, 0);
    for round in 0..50_000 {
        let bytes = mutate(FIXTURES[round % FIXTURES.len()], &mut numbers);
        let _ = lint(&bytes);
        let Ok(offer) = SessionDescription::parse(&bytes) else {
            unreadable += 1;
            continue;
        };
        // Writing repairs missing lines (`t=0 0`) once; the sections stay as they were.
        let again = SessionDescription::parse(&offer.to_bytes()).unwrap();
        assert_eq!(again.media, offer.media, "{}", String::from_utf8_lossy(&bytes));
        assert_eq!(again.to_bytes(), offer.to_bytes());
        for preferences in [plain_preferences(), browser_preferences()] {
            let Ok(agreed) = negotiate(&offer, &preferences, Direction::SendRecv) else { continue };
            let answers = [
                plain().answer(&offer, &agreed, &preferences),
                browser().answer(&offer, &agreed, &preferences),
            ];
            for answer in answers.into_iter().flatten() {
                answered += 1;
                let found: Vec<_> =
                    lint(&answer).into_iter().filter(|lint| !is_inherited(lint)).collect();
                assert_eq!(found, [], "{}", String::from_utf8_lossy(&answer));
                let read = SessionDescription::parse(&answer).unwrap();
                assert_eq!(read.media.len(), offer.media.len());
                let ours = negotiate_answer(&offer, &read, &preferences).unwrap();
                assert_eq!(ours.codec().codec, agreed.codec().codec);
            }
        }
    }
    assert!(unreadable > 1_000 && answered > 10_000, "{unreadable} {answered}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn bytes_of_any_kind_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = lint(&bytes);
    }

    #[test]
    fn what_we_offer_reads_back(
        port in 1_u16..,
        session_id: u64,
        version: u64,
        ssrc: u32,
        bytes: [u8; 32],
    ) {
        let ours = BrowserAudio {
            origin: Origin { session_id, version },
            addresses: vec![([192, 0, 2, 1], port).into()],
            fingerprint: Fingerprint::sha256(bytes),
            ssrc,
            ..browser()
        };
        let text = ours.offer(&browser_preferences(), "a0");
        prop_assert_eq!(lint(&text), []);
        let read = SessionDescription::parse(&text).unwrap();
        let (_, audio) = read.audio().unwrap();
        prop_assert_eq!(audio.require_browser(), Ok((&ours.ice, &ours.fingerprint)));
        prop_assert_eq!(audio.port, port);
        prop_assert_eq!(audio.candidates[0].port, port);
        prop_assert_eq!(audio.ssrcs[0].number, ssrc);
        prop_assert_eq!(read.version(), version);
    }
}
