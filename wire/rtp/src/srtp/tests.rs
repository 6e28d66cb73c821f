//! The vectors of RFC 3711 B.2 and B.3, of RFC 7714 16 and 17, and the behaviour around them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::cipher::{AesCm, Gcm};
use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// RFC 6188 7.2.
#[test]
fn keys_of_256_bits_are_those_of_rfc_6188() {
    let mut derived = vec![0; 32];
    let master = hex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6");
    let master_salt = hex("3b04803de51ee7c96423ab5b78d2");
    derive::derive(&master, &master_salt, 0, &mut derived).unwrap();
    let cipher_key = hex("5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4");
    assert_eq!(derived, cipher_key);
    let mut session_salt = vec![0; 14];
    derive::derive(&master, &master_salt, 2, &mut session_salt).unwrap();
    assert_eq!(session_salt, hex("fa31791685ca444a9e07c6c64e93"));
    let mut auth = vec![0; 20];
    derive::derive(&master, &master_salt, 1, &mut auth).unwrap();
    assert_eq!(auth, hex("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"));
}

#[test]
fn short_tags_are_of_rtp_alone() {
    let (mut sender, mut receiver) = pair(Profile::Aes128CmSha1_32);
    let mut buffer = packet(1, 5);
    let clear = buffer.len();
    buffer.resize(200, 0);
    let len = sender.protect_rtp(&mut buffer, clear).unwrap();
    assert_eq!(len, clear + 4);
    assert_eq!(receiver.unprotect_rtp(&mut buffer[..len]), Ok(clear));
    let mut report = hex(RTCP_7714);
    let clear = report.len();
    report.resize(200, 0);
    let len = sender.protect_rtcp(&mut report, clear).unwrap();
    assert_eq!(len, clear + 4 + 10);
    assert_eq!(receiver.unprotect_rtcp(&mut report[..len]), Ok(clear));
}

#[test]
fn key_stream_is_that_of_rfc_3711_b_2() {
    let key = hex("2B7E151628AED2A6ABF7158809CF4F3C");
    let salt = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD").try_into().unwrap();
    let cm = AesCm::new(&key, salt, &[0; 20], 10).unwrap();
    let mut data = vec![0; 0xff02 * 16];
    cm.crypt(&mut data, 0, 0);
    assert_eq!(data[..16], hex("E03EAD0935C95E80E166B16DD92B4EB4"));
    assert_eq!(data[16..32], hex("D23513162B02D0F72A43A2FE4A5F97AB"));
    assert_eq!(data[32..48], hex("41E95B3BB0A2E8DD477901E4FCA894C0"));
    assert_eq!(data[0xfeff * 16..][..16], hex("EC8CDF7398607CB0F2D21675EA9EA1E4"));
    assert_eq!(data[0xff00 * 16..][..16], hex("362B7C3C6773516318A077D7FC5073AE"));
    assert_eq!(data[0xff01 * 16..], hex("6A2CC3787889374FBEB4C81B17BA6C44"));
}

#[test]
fn session_keys_are_those_of_rfc_3711_b_3() {
    let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
    let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
    let mut cipher = [0; 16];
    derive::derive(&key, &salt, 0, &mut cipher).unwrap();
    assert_eq!(cipher[..], hex("C61E7A93744F39EE10734AFE3FF7A087"));
    let mut session_salt = [0; 14];
    derive::derive(&key, &salt, 2, &mut session_salt).unwrap();
    assert_eq!(session_salt[..], hex("30CBBC08863D8C85D49DB34A9AE1"));
    let mut auth = [0; 94];
    derive::derive(&key, &salt, 1, &mut auth).unwrap();
    assert_eq!(auth[..16], hex("CEBE321F6FF7716B6FD4AB49AF256A15"));
    assert_eq!(auth[64..80], hex("6D6E919A48B610EF17C2041E47403576"));
    assert_eq!(auth[80..], hex("6B68642C59BBFC2F34DB60DBDFB2"));
}

/// The packet that libsrtp checks itself against.
#[test]
fn a_whole_aes_cm_sha1_80_packet_is_the_known_one() {
    let key = hex("e1f97a0d3e018be0d64fa32c06de4139");
    let salt = hex("0ec675ad498afeebb6960b3aabe6");
    let clear = hex("800f1234decafbadcafebabe abababababababababababababababab");
    let known =
        hex("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb");
    let mut sender = SrtpSender::new(Profile::Aes128CmSha1_80, &key, &salt).unwrap();
    let mut buffer = clear.clone();
    buffer.resize(60, 0);
    let len = sender.protect_rtp(&mut buffer, clear.len()).unwrap();
    assert_eq!(buffer[..len], known);
    let mut receiver = SrtpReceiver::new(Profile::Aes128CmSha1_80, &key, &salt).unwrap();
    let opened = receiver.unprotect_rtp(&mut buffer[..len]).unwrap();
    assert_eq!(buffer[..opened], clear);
}

const RTP_7714: &str = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
    69736120 696e2070 61727465 73207472 6573";
const RTCP_7714: &str = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
    deadbeef deadbeef deadbeef deadbeef deadbeef";

fn gcm(key_len: u8) -> Cipher {
    let key: Vec<u8> = (0..key_len).collect();
    Cipher::Gcm(Gcm::new(&key, *b"Quid pro quo").unwrap())
}

#[test]
fn gcm_rtp_packets_are_those_of_rfc_7714_16() {
    let known = [
        (
            16,
            "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f
             42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
        ),
        (
            32,
            "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3
             b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
        ),
    ];
    let clear = hex(RTP_7714);
    for (key_len, known) in known {
        let mut buffer = clear.clone();
        buffer.resize(100, 0);
        let cipher = gcm(key_len);
        let len = cipher.seal_rtp(&mut buffer, 12, clear.len(), 0x5501_a0b2, 0xf17b).unwrap();
        assert_eq!(buffer[..len], hex(known), "key of {key_len} bytes");
        let len = cipher.open_rtp(&mut buffer[..len], 12, 0x5501_a0b2, 0xf17b).unwrap();
        assert_eq!(buffer[..len], clear);
    }
}

#[test]
fn a_gcm_rtcp_packet_is_that_of_rfc_7714_17() {
    let known =
        hex("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1
         730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4");
    let clear = hex(RTCP_7714);
    let mut buffer = clear.clone();
    buffer.resize(120, 0);
    let cipher = gcm(16);
    let len = cipher.seal_rtcp(&mut buffer, clear.len(), 0x4d61_7273, 0x5d4).unwrap();
    assert_eq!(buffer[..len], known);
    assert_eq!(cipher.rtcp_index(&buffer[..len]), Ok((0x5d4, true)));
    let len = cipher.open_rtcp(&mut buffer[..len], 0x4d61_7273, 0x5d4, true).unwrap();
    assert_eq!(buffer[..len], clear);
}

const PROFILES: [Profile; 6] = [
    Profile::Aes128CmSha1_80,
    Profile::Aes128CmSha1_32,
    Profile::Aes256CmSha1_80,
    Profile::Aes256CmSha1_32,
    Profile::AeadAes128Gcm,
    Profile::AeadAes256Gcm,
];

fn pair(profile: Profile) -> (SrtpSender, SrtpReceiver) {
    let key = vec![7; profile.key_len()];
    let salt = vec![9; profile.salt_len()];
    let sender = SrtpSender::new(profile, &key, &salt).unwrap();
    (sender, SrtpReceiver::new(profile, &key, &salt).unwrap())
}

fn packet(sequence: u16, ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0_u8; 12 + 40];
    let header = rtp::RtpHeader { marker: false, payload_type: 0, sequence, timestamp: 1, ssrc };
    header.write(&mut packet).unwrap().fill(sequence.to_be_bytes()[1]);
    packet
}

fn sealed(sender: &mut SrtpSender, sequence: u16, ssrc: u32) -> Vec<u8> {
    let mut buffer = packet(sequence, ssrc);
    let len = buffer.len();
    buffer.resize(len + OVERHEAD_MAX, 0);
    let len = sender.protect_rtp(&mut buffer, len).unwrap();
    buffer.truncate(len);
    buffer
}

#[test]
fn streams_pass_over_the_rollover_with_loss_and_reordering() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        let mut wire: Vec<Vec<u8>> =
            (0..200_000_u32).map(|n| sealed(&mut sender, (n + 65_000) as u16, 1)).collect();
        for at in (10..wire.len() - 10).step_by(17) {
            wire.swap(at, at + 5);
        }
        for (at, bytes) in wire.iter_mut().enumerate().filter(|(at, _)| at % 13 != 3) {
            let len = receiver.unprotect_rtp(bytes).unwrap_or_else(|e| panic!("{at}: {e}"));
            assert_eq!(len, 52);
            assert_eq!(bytes[12], bytes[3], "payload is the clear one");
        }
    }
}

#[test]
fn replayed_damaged_and_foreign_packets_are_refused() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        let first = sealed(&mut sender, 1, 1);
        receiver.unprotect_rtp(&mut first.clone()).unwrap();
        assert_eq!(receiver.unprotect_rtp(&mut first.clone()), Err(SrtpError::Replayed));
        let second = sealed(&mut sender, 2, 1);
        for at in 0..second.len() {
            let mut damaged = second.clone();
            damaged[at] ^= 1;
            assert!(receiver.unprotect_rtp(&mut damaged).is_err(), "byte {at}");
        }
        assert_eq!(receiver.unprotect_rtp(&mut second.clone()), Ok(52));
        for len in 0..30 {
            assert!(receiver.unprotect_rtp(&mut second.clone()[..len]).is_err());
        }
    }
}

#[test]
fn more_streams_than_the_table_holds_are_still_opened() {
    let (mut sender, mut receiver) = pair(Profile::Aes128CmSha1_80);
    for ssrc in 0..50 {
        let mut bytes = sealed(&mut sender, 1, ssrc);
        assert_eq!(receiver.unprotect_rtp(&mut bytes), Ok(52));
    }
}

#[test]
fn rtcp_goes_through_once_and_damage_is_seen() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        for _ in 0..3 {
            let mut buffer = hex(RTCP_7714);
            let clear = buffer.clone();
            buffer.resize(clear.len() + OVERHEAD_MAX, 0);
            let len = sender.protect_rtcp(&mut buffer, clear.len()).unwrap();
            let mut damaged = buffer[..len].to_vec();
            damaged[20] ^= 4;
            assert!(receiver.unprotect_rtcp(&mut damaged).is_err());
            let mut again = buffer[..len].to_vec();
            let opened = receiver.unprotect_rtcp(&mut buffer[..len]).unwrap();
            assert_eq!(buffer[..opened], clear);
            assert_eq!(receiver.unprotect_rtcp(&mut again), Err(SrtpError::Replayed));
        }
    }
}

#[test]
fn a_key_of_the_wrong_length_is_refused() {
    assert!(matches!(
        SrtpSender::new(Profile::AeadAes256Gcm, &[0; 16], &[0; 12]),
        Err(SrtpError::Key)
    ));
}
