//! Byte streams cut into messages, in segments of every size.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use wire_sip::{Fault, Frame, HeaderName, Policy, Received, StreamFramer, StreamLimits, receive};

fn frames(segments: &[&[u8]]) -> Vec<Frame> {
    let mut framer = StreamFramer::new(StreamLimits::default());
    let mut frames = Vec::new();
    for segment in segments {
        framer.push(segment);
        frames.extend(std::iter::from_fn(|| framer.pop()));
    }
    frames
}

const ONE: &[u8] = b"MESSAGE sip:a@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n\
    From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n\
    Content-Length : 5\r\n\r\nhe\r\n!";
const TWO: &[u8] = b"BYE sip:a@h SIP/2.0\r\nCall-ID: 2\r\nl:0\r\n\r\n";

#[test]
fn two_requests_in_one_segment_come_out_as_two() {
    let both = [ONE, TWO].concat();
    let expected = [Frame::Message(ONE.to_vec()), Frame::Message(TWO.to_vec())];
    assert_eq!(frames(&[&both]), expected);
    let Frame::Message(first) = &expected[0] else { panic!() };
    let Received::Good(message) = receive(first.clone(), &Policy::default()) else { panic!() };
    assert_eq!(message.body(), b"he\r\n!");
}

#[test]
fn segments_may_be_cut_anywhere() {
    let all = [ONE, b"\r\n\r\n", TWO, ONE].concat();
    let expected = [
        Frame::Message(ONE.to_vec()),
        Frame::Ping,
        Frame::Message(TWO.to_vec()),
        Frame::Message(ONE.to_vec()),
    ];
    for cut in 0..all.len() {
        let (head, tail) = all.split_at(cut);
        let mut got = frames(&[head, tail]);
        // A ping cut in its middle shows as a pong first.
        got.retain(|frame| *frame != Frame::Pong);
        assert_eq!(got, expected, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = all.chunks(1).collect();
    let mut got = frames(&bytes);
    got.retain(|frame| *frame != Frame::Pong);
    assert_eq!(got, expected);
}

#[test]
fn keep_alives_are_told_apart() {
    assert_eq!(frames(&[b"\r\n\r\n"]), [Frame::Ping]);
    assert_eq!(frames(&[b"\r\n"]), [Frame::Pong]);
    assert_eq!(frames(&[b"\r\n\r\n\r\n\r\n"]), [Frame::Ping, Frame::Ping]);
    let pong_then = [b"\r\n", TWO].concat();
    assert_eq!(frames(&[&pong_then]), [Frame::Pong, Frame::Message(TWO.to_vec())]);
}

#[test]
fn an_unusable_content_length_breaks_the_stream_and_can_be_answered() {
    let bad = "OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:b@h>\r\n\
               To: <sip:a@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: -5\r\n\r\nrest";
    let mut framer = StreamFramer::new(StreamLimits::default());
    framer.push(bad.as_bytes());
    framer.push(TWO);
    let Some(Frame::Broken { message, fault }) = framer.pop() else { panic!() };
    assert_eq!(fault, Fault::Malformed(HeaderName::ContentLength));
    assert!(framer.is_broken() && framer.pop().is_none());
    let Received::Answer(_, refusal) = receive(message, &Policy::default()) else { panic!() };
    assert_eq!(refusal.code, 400);
    let twice = b"OPTIONS sip:a@h SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n";
    let [Frame::Broken { fault, .. }] = frames(&[twice])[..] else { panic!() };
    assert_eq!(fault, Fault::Repeated(HeaderName::ContentLength));
}

#[test]
fn heads_and_bodies_beyond_the_limits_break_the_stream() {
    let limits = StreamLimits { head_bytes_max: 100, body_bytes_max: 10 };
    let endless = vec![b'x'; 101];
    let long_head = [b"BYE sip:a@h SIP/2.0\r\nX: ", endless.as_slice(), b"\r\n\r\n"].concat();
    let long_body = b"BYE sip:a@h SIP/2.0\r\nl: 11\r\n\r\n".to_vec();
    let huge_body = b"BYE sip:a@h SIP/2.0\r\nl: 99999999999999999999999\r\n\r\n".to_vec();
    for bytes in [endless, long_head, long_body, huge_body] {
        let mut framer = StreamFramer::new(limits);
        framer.push(&bytes);
        let Some(Frame::Broken { fault, .. }) = framer.pop() else { panic!() };
        assert_eq!(fault, Fault::TooLarge);
    }
}

#[test]
fn a_message_without_content_length_has_no_body() {
    let bytes = b"BYE sip:a@h SIP/2.0\r\nCall-ID: 3\r\n\r\n";
    let both = [bytes, TWO].concat();
    assert_eq!(frames(&[&both]), [Frame::Message(bytes.to_vec()), Frame::Message(TWO.to_vec())]);
}
