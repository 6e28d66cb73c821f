//! Any bytes as a datagram and as a stream: no panic, and nothing beyond the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire_stun::{ChannelData, Frames, Key, Message, attribute};

fuzz_target!(|bytes: &[u8]| {
    let _ = ChannelData::parse(bytes);
    if let Ok(message) = Message::parse(bytes) {
        let _ = (message.error(), message.text(attribute::USERNAME));
        let _ = message.xor_addresses(attribute::XOR_PEER_ADDRESS).count();
        let _ = message.unknown(&[]).count();
        let _ = message.is_made_with(&Key::short_term("secret"));
    }
    let mut frames = Frames::default();
    let mut taken = 0;
    for segment in bytes.chunks(7) {
        frames.push(segment);
        while let Some(frame) = frames.pop() {
            taken += frame.len();
        }
    }
    assert!(taken <= bytes.len());
});
