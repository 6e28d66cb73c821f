//! Offers and answers of ours, against the peers' fixtures.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use wire_sdp::{
    Agreement, BrowserAudio, Codec, Direction, Fault, Fingerprint, IceCredentials, Lint, Origin,
    PlainAudio, Preference, SessionDescription, Setup, lint, negotiate, negotiate_answer,
};

const CHROMIUM: &str = include_str!("fixtures/chromium-offer.sdp");
const FIREFOX: &str = include_str!("fixtures/firefox-offer.sdp");
const GENESYS: &str = include_str!("fixtures/genesys-offer.sdp");
const LINPHONE: &str = include_str!("fixtures/linphone-offer.sdp");

fn browser_preferences() -> Vec<Preference> {
    Preference::voice([Codec::Opus, Codec::Pcmu, Codec::Pcma])
}

fn plain_preferences() -> Vec<Preference> {
    Preference::voice([Codec::Pcmu, Codec::Pcma])
}

fn read(text: &str) -> SessionDescription {
    SessionDescription::parse(text.as_bytes()).unwrap()
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
        addresses: vec!["192.0.2.1:9000".parse().unwrap(), "[2001:db8::1]:9000".parse().unwrap()],
        ice: IceCredentials { ufrag: "abcd".into(), password: "0123456789abcdefghijkl".into() },
        fingerprint: Fingerprint::sha256([0xab; 32]),
        setup: Setup::Passive,
        ssrc: 1234,
        cname: "cordboard".into(),
        direction: Direction::SendRecv,
    }
}

fn agree(offer: &str, preferences: &[Preference]) -> Result<Agreement, Fault> {
    negotiate(&read(offer), preferences, Direction::SendRecv)
}

fn clean(bytes: &[u8]) -> String {
    assert_eq!(lint(bytes), []);
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn our_preference_decides_and_the_offerers_numbers_stand() {
    let agreed = agree(GENESYS, &browser_preferences()).unwrap();
    let numbers: Vec<_> = agreed.codecs.iter().map(|c| (&c.codec, c.send_payload_type)).collect();
    assert_eq!(numbers, [(&Codec::Opus, 120), (&Codec::Pcmu, 0), (&Codec::Pcma, 8)]);
    assert_eq!(agreed.codec().codec, Codec::Opus);
    assert_eq!(agreed.received(8).unwrap().codec, Codec::Pcma);
    assert_eq!(agreed.received(13), None);
    let event = agreed.telephone_event().unwrap();
    assert_eq!((event.send_payload_type, event.clock_rate), (101, 8_000), "the only one offered");
}

#[test]
fn keys_go_with_the_clock_of_the_voice() {
    let agreed = agree(CHROMIUM, &browser_preferences()).unwrap();
    assert_eq!(agreed.telephone_event().unwrap().send_payload_type, 110);
    let agreed = agree(CHROMIUM, &plain_preferences()).unwrap();
    assert_eq!(agreed.telephone_event().unwrap().send_payload_type, 126);
    let agreed = agree(LINPHONE, &plain_preferences()).unwrap();
    assert_eq!(agreed.telephone_event().unwrap().send_payload_type, 100);
}

#[test]
fn a_dynamic_number_is_never_taken_as_fixed() {
    let offer = CHROMIUM.replace("a=rtpmap:111 opus/48000/2\r\n", "");
    let agreed = agree(&offer, &browser_preferences()).unwrap();
    assert_eq!(agreed.codec().codec, Codec::Pcmu);
    let swapped = GENESYS
        .replace("rtpmap:120 opus/48000/2", "rtpmap:120 speex/16000")
        .replace("rtpmap:102 ilbc/8000", "rtpmap:102 opus/48000/2");
    assert_eq!(agree(&swapped, &browser_preferences()).unwrap().codec().send_payload_type, 102);
}

#[test]
fn nothing_in_common_is_a_named_fault() {
    let offer = "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n\
                 m=audio 4000 RTP/AVP 18 101\r\na=rtpmap:101 telephone-event/8000\r\n";
    let fault = agree(offer, &plain_preferences()).unwrap_err();
    assert_eq!((&fault, fault.to_string().as_str()), (&Fault::NoCommonCodec, "no common codec"));
}

#[test]
fn directions_are_answered_as_rfc_3264_says() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    for (offered, ours, answer) in [
        (SendRecv, SendRecv, SendRecv),
        (SendOnly, SendRecv, RecvOnly),
        (RecvOnly, SendRecv, SendOnly),
        (Inactive, SendRecv, Inactive),
        (SendRecv, SendOnly, SendOnly),
        (SendOnly, SendOnly, Inactive),
        (SendRecv, Inactive, Inactive),
    ] {
        assert_eq!(offered.answer(ours), answer, "{offered:?} {ours:?}");
    }
}

#[test]
fn a_plain_offer_is_written_so() {
    let expected = "v=0\r\n\
        o=- 7 1 IN IP4 192.0.2.1\r\n\
        s=-\r\n\
        c=IN IP4 192.0.2.1\r\n\
        t=0 0\r\n\
        m=audio 10000 RTP/AVP 0 8 101\r\n\
        a=rtpmap:0 PCMU/8000\r\n\
        a=rtpmap:8 PCMA/8000\r\n\
        a=rtpmap:101 telephone-event/8000\r\n\
        a=fmtp:101 0-15\r\n\
        a=ptime:20\r\n\
        a=sendrecv\r\n";
    assert_eq!(clean(&plain().offer(&plain_preferences())), expected);
}

#[test]
fn a_plain_answer_refuses_video_in_its_place() {
    let offer = read(LINPHONE);
    let preferences = plain_preferences();
    let agreed = negotiate(&offer, &preferences, Direction::SendRecv).unwrap();
    let answer = clean(&plain().answer(&offer, &agreed, &preferences).unwrap());
    let expected = "m=audio 10000 RTP/AVP 0 8 100\r\n\
        a=rtpmap:0 PCMU/8000\r\n\
        a=rtpmap:8 PCMA/8000\r\n\
        a=rtpmap:100 telephone-event/8000\r\n\
        a=fmtp:100 0-15\r\n\
        a=ptime:20\r\n\
        a=sendrecv\r\n\
        m=video 0 RTP/AVP 96\r\n\
        a=inactive\r\n";
    assert!(answer.ends_with(expected), "{answer}");
    let browsers = read(CHROMIUM);
    let agreed = negotiate(&browsers, &preferences, Direction::SendRecv).unwrap();
    let fault = plain().answer(&browsers, &agreed, &preferences).unwrap_err();
    assert_eq!(fault, Fault::UnsupportedProtocol("UDP/TLS/RTP/SAVPF".into()));
}

#[test]
fn a_browser_offer_is_written_so() {
    let ours = BrowserAudio { setup: Setup::ActPass, ..browser() };
    let expected = format!(
        "v=0\r\n\
        o=- 8 1 IN IP4 192.0.2.1\r\n\
        s=-\r\n\
        c=IN IP4 192.0.2.1\r\n\
        t=0 0\r\n\
        a=group:BUNDLE 0\r\n\
        a=ice-lite\r\n\
        m=audio 9000 UDP/TLS/RTP/SAVPF 111 0 8 110 101\r\n\
        a=mid:0\r\n\
        a=sendrecv\r\n\
        a=rtcp-mux\r\n\
        a=ice-ufrag:abcd\r\n\
        a=ice-pwd:0123456789abcdefghijkl\r\n\
        a=fingerprint:sha-256 {}\r\n\
        a=setup:actpass\r\n\
        a=rtpmap:111 opus/48000/2\r\n\
        a=fmtp:111 minptime=10;useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000;\
        maxaveragebitrate=40000\r\n\
        a=rtpmap:0 PCMU/8000\r\n\
        a=rtpmap:8 PCMA/8000\r\n\
        a=rtpmap:110 telephone-event/48000\r\n\
        a=fmtp:110 0-15\r\n\
        a=rtpmap:101 telephone-event/8000\r\n\
        a=fmtp:101 0-15\r\n\
        a=msid:cordboard audio\r\n\
        a=ssrc:1234 cname:cordboard\r\n\
        a=candidate:0 1 udp 2130706431 192.0.2.1 9000 typ host\r\n\
        a=candidate:1 1 udp 2130706175 2001:db8::1 9000 typ host\r\n\
        a=end-of-candidates\r\n",
        ["AB"; 32].join(":")
    );
    assert_eq!(clean(&ours.offer(&browser_preferences(), "0")), expected);
}

#[test]
fn a_browser_answer_has_one_mid_and_bundles_what_it_takes() {
    let offer = read(FIREFOX);
    let preferences = browser_preferences();
    let agreed = negotiate(&offer, &preferences, Direction::SendRecv).unwrap();
    let bytes = browser().answer(&offer, &agreed, &preferences).unwrap();
    let text = clean(&bytes);
    assert!(text.contains("a=group:BUNDLE 0\r\n"), "{text}");
    assert!(text.contains("m=audio 9000 UDP/TLS/RTP/SAVPF 109 0 8 101\r\na=mid:0\r\n"), "{text}");
    assert!(text.ends_with("m=video 0 UDP/TLS/RTP/SAVPF 120\r\na=mid:1\r\na=inactive\r\n"));
    assert_eq!(text.matches("a=mid:0").count(), 1);
    assert!(text.contains("a=setup:passive\r\n") && !text.contains("a=crypto"));
    let answer = SessionDescription::parse(&bytes).unwrap();
    assert!(answer.ice_lite);
    assert_eq!(answer.audio().unwrap().1.format(109).unwrap().channels, 2);
}

#[test]
fn g16_hold_and_unhold_twenty_times_keep_the_shape() {
    let preferences = browser_preferences();
    let mut ours = browser();
    let mut seen = Vec::new();
    for round in 0..20 {
        let direction = if round % 2 == 0 { "a=sendonly" } else { "a=sendrecv" };
        let offer = read(&CHROMIUM.replace("a=sendrecv", direction));
        let agreed = negotiate(&offer, &preferences, Direction::SendRecv).unwrap();
        ours.origin.version += 1;
        let text = clean(&ours.answer(&offer, &agreed, &preferences).unwrap());
        let held = text.contains("a=recvonly\r\n");
        assert_eq!(held, round % 2 == 0);
        let rest = text.lines().filter(|line| {
            !line.starts_with("o=")
                && !line.starts_with("a=msid")
                && !matches!(*line, "a=recvonly" | "a=sendrecv")
        });
        seen.push(rest.map(str::to_owned).collect::<Vec<_>>());
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn an_answer_to_our_offer_tells_which_numbers_go_which_way() {
    let preferences = browser_preferences();
    let offer = SessionDescription::parse(&browser().offer(&preferences, "0")).unwrap();
    let answer = "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n\
        m=audio 4000 UDP/TLS/RTP/SAVPF 96 8 126\r\na=rtpmap:96 opus/48000/2\r\n\
        a=rtpmap:126 telephone-event/8000\r\na=recvonly\r\na=ptime:60\r\n";
    let agreed = negotiate_answer(&offer, &read(answer), &preferences).unwrap();
    let opus = agreed.codec();
    assert_eq!((opus.send_payload_type, opus.receive_payload_type), (96, 111));
    let event = agreed.telephone_event().unwrap();
    assert_eq!((event.send_payload_type, event.receive_payload_type), (126, 101));
    assert_eq!((agreed.direction, agreed.ptime_ms), (Direction::SendOnly, Some(60)));
    let refused = read(&answer.replace("audio 4000", "audio 0"));
    assert_eq!(negotiate_answer(&offer, &refused, &preferences), Err(Fault::NoAudio));
    let none = read("v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n");
    assert_eq!(negotiate_answer(&offer, &none, &preferences), Err(Fault::AnswerMismatch));
    let other = read(&answer.replace("96 8 126", "9"));
    assert_eq!(negotiate_answer(&offer, &other, &preferences), Err(Fault::NoCommonCodec));
}

#[test]
fn a_peers_text_cannot_add_lines_to_our_answer() {
    let mut offer = read(FIREFOX);
    offer.media[1].mid = Some("1\r\na=evil".into());
    let agreed = negotiate(&offer, &browser_preferences(), Direction::SendRecv).unwrap();
    let bytes = browser().answer(&offer, &agreed, &browser_preferences()).unwrap();
    assert!(!String::from_utf8(bytes).unwrap().contains("\na=evil"));
}

#[test]
fn a_refused_section_keeps_the_odd_words_it_came_with() {
    let offer = GENESYS.to_owned() + "m=image 9 RTP/S\u{8e}AVP F11\r\n";
    let agreed = agree(&offer, &plain_preferences()).unwrap();
    let bytes = plain().answer(&read(&offer), &agreed, &plain_preferences()).unwrap();
    let answer = SessionDescription::parse(&bytes).unwrap();
    assert_eq!(answer.media[1].protocol.as_str(), "RTP/S\u{8e}AVP");
    assert_eq!(answer.media[1].format_list, "F11");
}

#[test]
fn g16_the_linter_finds_what_has_cost_sites_their_sound() {
    let found = |text: &str| lint(text.as_bytes());
    assert_eq!(found(CHROMIUM), []);
    assert_eq!(found(GENESYS), []);
    let twice = CHROMIUM.replace("a=mid:0\r\n", "a=mid:0\r\na=mid:0\r\n");
    assert_eq!(found(&twice), [Lint::Repeated(0, "mid".into())]);
    let both = CHROMIUM
        .replace("a=mid:0\r\n", "a=mid:0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n");
    assert_eq!(found(&both), [Lint::DtlsAndSdes(0)]);
    let group = CHROMIUM.replace("BUNDLE 0", "BUNDLE 0 audio");
    assert_eq!(found(&group), [Lint::BundleWithoutMedia("audio".into())]);
    let setup = CHROMIUM.replace("a=setup:actpass\r\n", "");
    assert_eq!(found(&setup), [Lint::NoSetup(0)]);
    let apart = CHROMIUM.replace("a=rtcp-mux\r\n", "");
    assert_eq!(found(&apart), [Lint::NoRtcpMux(0)]);
    let naked = CHROMIUM.replace("a=fingerprint", "a=x-fingerprint");
    assert_eq!(found(&naked), [Lint::KeysDoNotFitProtocol(0)]);
    let same = FIREFOX.replace("a=mid:1", "a=mid:0");
    assert!(found(&same).contains(&Lint::SameMid("0".into())));
    let stray = GENESYS.replace("103 104 18", "103 18");
    assert_eq!(found(&stray), [Lint::StrayFormat(0, "rtpmap:104".into())]);
    let unmapped = GENESYS.replace("a=rtpmap:120 opus/48000/2\r\n", "");
    assert_eq!(found(&unmapped), [Lint::NoRtpmap(0, 120)]);
    assert_eq!(found(&GENESYS.replace('\r', "")), [Lint::LineEnd]);
    assert_eq!(found(&GENESYS.replace("c=IN IP4 192.168.210.30\r\n", "")), [Lint::NoConnection(0)]);
    let directions = GENESYS.replace("a=sendrecv", "a=sendrecv\r\na=sendonly");
    assert_eq!(found(&directions), [Lint::Repeated(0, "direction".into())]);
    assert!(matches!(found("x")[..], [Lint::Unreadable(_)]));
}

#[test]
fn keys_are_offered_at_the_clock_of_every_codec() {
    let clocks = |codecs: &[Codec]| {
        let list = Preference::voice(codecs.iter().cloned());
        let keys = list.into_iter().filter(|one| one.codec == Codec::TelephoneEvent);
        keys.map(|keys| keys.clock_rate).collect::<Vec<_>>()
    };
    assert_eq!(clocks(&[Codec::G722, Codec::Opus, Codec::Pcmu]), [8000, 48_000]);
    assert_eq!(clocks(&[Codec::Opus, Codec::Pcmu, Codec::G722]), [48_000, 8000]);
    assert_eq!(clocks(&[Codec::Opus]), [48_000]);
}
