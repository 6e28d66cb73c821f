//! SDP as the peers of a contact centre write it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use wire_sdp::{
    CandidateKind, Codec, Direction, Fault, MediaKind, Protocol, SessionDescription, Setup,
};

fn read(text: &str) -> SessionDescription {
    SessionDescription::parse(text.as_bytes()).unwrap()
}

macro_rules! fixture {
    ($name:literal) => {
        read(include_str!(concat!("fixtures/", $name, ".sdp")))
    };
}

#[test]
fn chromium_offers_opus_over_dtls_with_a_hidden_host_address() {
    let offer = fixture!("chromium-offer");
    let (index, audio) = offer.audio().unwrap();
    assert_eq!((index, &audio.protocol), (0, &Protocol::DtlsSavpf));
    let opus = &audio.formats[0];
    assert!(opus.is(&Codec::Opus, 48_000));
    assert_eq!((opus.payload_type, opus.channels), (111, 2));
    assert_eq!(opus.parameter("useinbandfec"), Some("1"));
    assert_eq!(opus.feedback, ["transport-cc"]);
    assert_eq!(audio.format(110).unwrap().clock_rate, 48_000);
    assert_eq!(audio.format(126).unwrap().clock_rate, 8_000);
    assert_eq!(audio.format(13).unwrap().codec, Some(Codec::ComfortNoise));
    assert_eq!(audio.ice.as_ref().unwrap().password, "2/1muCWoOi3uLifh0NuRHlQx");
    assert_eq!(audio.ice_options, ["trickle"]);
    let kinds: Vec<_> = audio.candidates.iter().map(|c| (c.kind, c.ip().is_some())).collect();
    let (host, reflexive) = (CandidateKind::Host, CandidateKind::ServerReflexive);
    assert_eq!(kinds, [(host, false), (reflexive, true), (host, false)]);
    assert_eq!(audio.setup, Some(Setup::ActPass));
    assert_eq!(audio.fingerprints[0].bytes.len(), 32);
    assert_eq!(audio.ssrcs[0].cname.as_deref(), Some("4TOk42mSjXCkVIa6"));
    assert_eq!(audio.ssrcs.len(), 1);
    assert_eq!(audio.extmaps[3].uri, "urn:ietf:params:rtp-hdrext:sdes:mid");
    assert!(audio.rtcp_mux && audio.rtcp_rsize && audio.is_dtls() && offer.is_bundled(audio));
    assert!(audio.require_browser().is_ok());
    assert_eq!(audio.require_plain(), Err(Fault::UnsupportedProtocol("UDP/TLS/RTP/SAVPF".into())));
}

#[test]
fn firefox_keeps_its_fingerprint_on_the_session_level() {
    let offer = fixture!("firefox-offer");
    let (_, audio) = offer.audio().unwrap();
    let (ice, fingerprint) = audio.require_browser().unwrap();
    assert_eq!((ice.ufrag.as_str(), fingerprint.hash.as_str()), ("e3a1d1ff", "sha-256"));
    assert_eq!(audio.format(9).unwrap().channels, 1);
    assert_eq!(audio.extmaps[1].id, 2);
    assert!(audio.end_of_candidates);
    let video = &offer.media[1];
    assert_eq!(video.kind, MediaKind::Video);
    assert!(video.is_enabled(), "bundle-only has port 0 and is meant");
    assert_eq!(offer.bundles, [["0", "1"]]);
}

#[test]
fn g14_genesys_writes_names_in_lower_case_and_opus_on_120() {
    let offer = fixture!("genesys-offer");
    let (_, audio) = offer.audio().unwrap();
    let names: Vec<_> = audio.formats.iter().map(|f| f.codec.clone().unwrap()).collect();
    assert_eq!(names[0], Codec::Pcmu);
    assert_eq!(names[1], Codec::Pcma);
    assert_eq!(names[3], Codec::Other("ilbc".into()));
    assert_eq!(audio.format(120).unwrap().codec, Some(Codec::Opus));
    assert_eq!(audio.format(18).unwrap().parameter("annexb"), Some("no"));
    assert_eq!(audio.require_plain(), Ok(Some("192.168.210.30:8000".parse().unwrap())));
    assert_eq!(audio.rtcp_address(), Some("192.168.210.30:8001".parse().unwrap()));
    assert_eq!(offer.version(), 1);
}

#[test]
fn baresip_says_where_its_rtcp_is() {
    let offer = fixture!("baresip-offer");
    let (_, audio) = offer.audio().unwrap();
    assert_eq!(audio.rtcp_address(), Some("10.0.0.5:24109".parse().unwrap()));
    assert_eq!(audio.ptime_ms, Some(20));
    assert_eq!(audio.format(97).unwrap().codec, Some(Codec::TelephoneEvent));
    assert_eq!(audio.others[0], ("label".into(), Some("1".into())));
}

#[test]
fn linphone_maps_no_fixed_numbers_and_puts_ice_on_the_session_level() {
    let offer = fixture!("linphone-offer");
    let (_, audio) = offer.audio().unwrap();
    assert!(audio.format(0).unwrap().is(&Codec::Pcmu, 8_000));
    assert!(audio.format(18).unwrap().is(&Codec::G729, 8_000));
    assert_eq!(audio.ice.as_ref().unwrap().ufrag, "2f6dd8b6");
    assert_eq!(audio.formats[0].feedback, ["trr-int 5000", "ccm tmmbr"]);
    assert_eq!(offer.media[1].format(96).unwrap().clock_rate, 90_000, "96 is another one there");
}

#[test]
fn asterisk_gives_a_longest_packet_time() {
    let offer = fixture!("asterisk-offer");
    let (_, audio) = offer.audio().unwrap();
    assert_eq!((audio.ptime_ms, audio.maxptime_ms), (Some(20), Some(140)));
    assert_eq!(audio.format(101).unwrap().fmtp.as_deref(), Some("0-16"));
}

#[test]
fn sdes_keys_are_read_and_not_taken_for_dtls() {
    let offer = fixture!("sdes-offer");
    let (_, audio) = offer.audio().unwrap();
    assert_eq!(audio.cryptos.len(), 2);
    assert_eq!(audio.cryptos[1].suite, "AES_CM_128_HMAC_SHA1_32");
    assert_eq!(audio.require_browser(), Err(Fault::NoFingerprint));
}

#[test]
fn every_fixture_is_written_again_line_for_line() {
    for text in [
        include_str!("fixtures/chromium-offer.sdp"),
        include_str!("fixtures/firefox-offer.sdp"),
        include_str!("fixtures/genesys-offer.sdp"),
        include_str!("fixtures/baresip-offer.sdp"),
        include_str!("fixtures/linphone-offer.sdp"),
        include_str!("fixtures/asterisk-offer.sdp"),
        include_str!("fixtures/sdes-offer.sdp"),
    ] {
        assert_eq!(String::from_utf8(read(text).to_bytes()).unwrap(), text);
    }
}

#[test]
fn hold_is_read_in_its_new_and_its_old_form() {
    let text = |address: &str, direction: &str| {
        format!(
            "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n\
                 m=audio 4000 RTP/AVP 0\r\n{direction}"
        )
    };
    let direction = |address, line| read(&text(address, line)).media[0].direction;
    assert_eq!(direction("10.0.0.1", ""), Direction::SendRecv);
    assert_eq!(direction("10.0.0.1", "a=sendonly\r\n"), Direction::SendOnly);
    assert_eq!(direction("10.0.0.1", "a=inactive\r\n"), Direction::Inactive);
    assert_eq!(direction("0.0.0.0", ""), Direction::SendOnly);
    assert_eq!(direction("0.0.0.0", "a=inactive\r\n"), Direction::Inactive);
    assert_eq!(read(&text("0.0.0.0", "")).media[0].require_plain(), Ok(None));
    assert_eq!(read(&text("host.example", "")).media[0].require_plain(), Err(Fault::NoAddress));
}

#[test]
fn broken_descriptions_have_named_faults() {
    let parse = |text: &str| SessionDescription::parse(text.as_bytes());
    let head = "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n";
    let with = |rest: &str| parse(&format!("{head}{rest}"));
    assert!(matches!(parse(""), Err(Fault::Grammar(_))));
    assert!(matches!(parse("<audio/>"), Err(Fault::Grammar(_))));
    assert!(matches!(with("m=audio 1 RTP/A\0VP 0\r\n"), Err(Fault::Grammar(_))));
    assert!(matches!(with("m=audio x RTP/AVP 0\r\n"), Err(Fault::Grammar(_))));
    assert_eq!(with("m=audio 1 RTP/AVP 0 x\r\n"), Err(Fault::BadPayloadType("x".into())));
    assert_eq!(with("m=audio 1 RTP/AVP 200\r\n"), Err(Fault::BadPayloadType("200".into())));
    let bad = with("m=audio 1 RTP/AVP 96\r\na=rtpmap:96 opus\r\n");
    assert_eq!(bad, Err(Fault::BadAttribute("rtpmap")));
    let bad = with("m=audio 1 RTP/SAVPF 0\r\na=fingerprint:sha-256 zz\r\n");
    assert_eq!(bad, Err(Fault::BadAttribute("fingerprint")));
    let bad = with("m=audio 1 RTP/SAVPF 0\r\na=ice-ufrag:abcd\r\n");
    assert_eq!(bad, Err(Fault::BadAttribute("ice-pwd")));
    assert_eq!(with("m=video 1 RTP/AVP 31\r\n").unwrap().audio().unwrap_err(), Fault::NoAudio);
    assert_eq!(with("m=audio 0 RTP/AVP 0\r\n").unwrap().audio().unwrap_err(), Fault::NoAudio);
    let many = "m=audio 1 RTP/AVP 0\r\n".repeat(65);
    assert_eq!(with(&many), Err(Fault::TooMany("media lines")));
    let long = format!("a={}\r\n", "x".repeat(SessionDescription::BYTES_MAX));
    assert_eq!(with(&long), Err(Fault::TooLarge));
}

#[test]
fn odd_but_harmless_lines_are_tolerated() {
    let sdp = b"v=0\no=J\xf6rg 1 1 IN IP4 h\ns= \nc=IN IP4 10.0.0.1\nt=0 0\n\
        m=audio 4000 RTP/AVP 0 0 101\na=candidate:nonsense\na=setup:never\na=extmap:x\n\
        a=ssrc:x\na=ptime:20.0\na=x-private:1\n";
    let read = SessionDescription::parse(sdp).unwrap();
    let audio = &read.media[0];
    assert_eq!(audio.formats.len(), 2);
    assert_eq!(audio.format(101).unwrap().codec, None, "a number alone means nothing");
    assert_eq!(audio.ptime_ms, Some(20));
    assert!(audio.candidates.is_empty() && audio.setup.is_none() && audio.ssrcs.is_empty());
}
