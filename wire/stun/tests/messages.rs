//! The vectors of RFC 5769, what comes back as it was written, and what is none.
#![allow(clippy::unwrap_used, missing_docs)]

use std::net::SocketAddr;

use proptest::prelude::*;
use wire_stun::{
    Builder, ChannelData, Class, Fault, Frames, Key, Message, attribute, channel_data,
};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits.chunks_exact(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

#[test]
fn rfc_5769_2_1_a_request_of_a_short_term_credential() {
    let bytes = hex("00010058 2112a442 b7e7a701bc34d686fa87dfae
        80220010 5354554e207465737420636c69656e74
        00240004 6e0001ff 80290008 932ff9b151263b36
        00060009 6576746a3a683676 59202020
        00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
        80280004 e57a3bcf");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!((message.class, message.method), (Class::Request, 1));
    assert_eq!(message.text(attribute::USERNAME), Some("evtj:h6vY"));
    assert!(message.is_made_with(&Key::short_term(PASSWORD)));
    assert!(!message.is_made_with(&Key::short_term("another")));
    assert_eq!(message.unknown(&[attribute::USERNAME, 8]).collect::<Vec<_>>(), [0x24]);
}

#[test]
fn rfc_5769_2_2_and_2_3_addresses_of_both_families() {
    let v4 = hex("0101003c 2112a442 b7e7a701bc34d686fa87dfae
        8022000b 7465737420766563746f7220
        00200008 0001a147e112a643
        00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
        80280004 c07d4c96");
    let v6 = hex("01010048 2112a442 b7e7a701bc34d686fa87dfae
        8022000b 7465737420766563746f7220
        00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
        00080014 a382954e4be67bf11784c97c8292c275bfe3ed41
        80280004 c8fb0b4c");
    for (bytes, address) in
        [(v4, "192.0.2.1:32853"), (v6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")]
    {
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.class, Class::Success);
        let told = message.xor_address(attribute::XOR_MAPPED_ADDRESS);
        assert_eq!(told, Some(address.parse().unwrap()));
        assert!(message.is_made_with(&Key::short_term(PASSWORD)));
    }
}

#[test]
fn rfc_5769_2_4_a_request_of_a_long_term_credential() {
    let bytes = hex("00010060 2112a442 78ad3433c6ad72c029da412e
        00060012 e3839ee38388e383aae38383e382af e382b9 0000
        0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341
        0014000b 6578616d706c652e6f726700
        00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666");
    let message = Message::parse(&bytes).unwrap();
    let (user, realm) = (message.text(attribute::USERNAME).unwrap(), "example.org");
    assert_eq!(message.text(attribute::REALM), Some(realm));
    // The vector's password is "The<U+00AD>M<U+00AA>tr<U+2168>" after SASLprep: TheMatrIX.
    assert!(message.is_made_with(&Key::long_term(user, realm, "TheMatrIX")));
}

#[test]
fn what_is_behind_the_integrity_does_not_count() {
    let key = Key::short_term("secret");
    let told = Builder::new(Class::Request, 3, [7; 12]).integrity(&key);
    let bytes = told.attribute(attribute::USERNAME, b"liar").finish();
    let message = Message::parse(&bytes).unwrap();
    assert!(message.is_made_with(&key));
    assert_eq!(message.text(attribute::USERNAME), None);
}

#[test]
fn what_is_no_message_is_told_so() {
    let good = Builder::new(Class::Request, 1, [1; 12]).number(0x24, 5).fingerprint().finish();
    assert!(Message::parse(&good).is_ok());
    for at in 0..good.len() {
        assert!(Message::parse(good.get(..at).unwrap()).is_err(), "cut at {at}");
        if good.len() - at == 8 || good.len() - at == 7 {
            // Another kind of attribute than FINGERPRINT is as good.
            continue;
        }
        let mut bad = good.clone();
        *bad.get_mut(at).unwrap() ^= 1;
        assert!(Message::parse(&bad).is_err(), "flipped at {at}");
    }
    let mut long = Builder::new(Class::Request, 1, [1; 12]).attribute(0x24, &[0; 4]).finish();
    *long.get_mut(23).unwrap() = 9;
    assert_eq!(Message::parse(&long), Err(Fault::Attribute));
}

#[test]
fn a_stream_is_cut_into_its_messages_however_it_comes() {
    let first = Builder::new(Class::Request, 1, [1; 12]).fingerprint().finish();
    let second = channel_data(0x4001, b"voice", true);
    let third = Builder::new(Class::Indication, 6, [2; 12]).attribute(0x13, b"abc").finish();
    let all = [first, second.clone(), third];
    let stream = all.concat();
    for chunk in 1..stream.len() {
        let mut frames = Frames::default();
        let mut cut = Vec::new();
        for part in stream.chunks(chunk) {
            frames.push(part);
            cut.extend(std::iter::from_fn(|| frames.pop()));
        }
        assert_eq!(cut, all, "in pieces of {chunk}");
    }
    let data = ChannelData::parse(&second).unwrap();
    assert_eq!(data, ChannelData { channel: 0x4001, data: b"voice" });
    let mut frames = Frames::default();
    frames.push(b"\x80\x60 is RTP");
    assert!(frames.pop().is_none() && frames.is_broken());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Message::parse(&bytes);
        let _ = ChannelData::parse(&bytes);
        let mut frames = Frames::default();
        frames.push(&bytes);
        while frames.pop().is_some() {}
    }

    #[test]
    fn what_is_written_is_read(
        method in 0..0xFFF_u16, transaction: [u8; 12], value: Vec<u8>,
        v4: bool, ip: u128, port: u16,
    ) {
        let ip = if v4 {
            std::net::Ipv4Addr::from_bits(ip as u32).into()
        } else {
            std::net::Ipv6Addr::from_bits(ip).into()
        };
        let address = SocketAddr::new(ip, port);
        let key = Key::long_term("user", "realm", "pass");
        let bytes = Builder::new(Class::Error, method, transaction)
            .attribute(attribute::DATA, &value)
            .xor_address(attribute::XOR_PEER_ADDRESS, address)
            .error(438, "Stale Nonce")
            .integrity(&key)
            .fingerprint()
            .finish();
        let message = Message::parse(&bytes).unwrap();
        prop_assert_eq!((message.class, message.method), (Class::Error, method));
        prop_assert_eq!(message.get(attribute::DATA), Some(&*value));
        prop_assert_eq!(message.xor_address(attribute::XOR_PEER_ADDRESS), Some(address));
        prop_assert_eq!(message.error(), Some((438, "Stale Nonce")));
        prop_assert!(message.is_made_with(&key));
    }
}
