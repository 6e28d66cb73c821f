//! Browser and trunk media legs, bridge and transcoder (the Asterisk box).
//!
//! A [`Shard`] holds the legs of one media thread. It is pure: told what came and when, it says
//! what to send. It implements [`model::media::MediaShard`], which is how `io/media` drives it:
//!
//! ```text
//! let shard = Shard::new(ShardSettings { browser_addresses, ..ShardSettings::new(cert) }, random);
//! // board -> shard                                  shard -> board
//! Open    { leg: A, kind: Plain,   offer: Some(o) }  Described { leg: A, sdp: answer }
//! Play    { leg: A, tune: Music }                    Flowing   { leg: A }
//! Open    { leg: B, kind: Browser, offer: None }     Described { leg: B, sdp: offer }
//! Answer  { leg: B, sdp }                            Flowing   { leg: B }
//! Hear    { leg: A, sources: [B] }                   Digit, Quality, Lost
//! Hear    { leg: B, sources: [A] }
//! Close   { leg: A }, Close { leg: B }               Quality (the last one)
//! ```
//!
//! Conferences, coaching, listening in, mute and hold are all made of `Hear`; `Play` changes what
//! a leg hears and nothing else.
//!
//! `Record` makes a listener of two channels out of nothing; what it hears comes out of
//! `poll_recorded` in pieces of 200 ms. A piece that nobody takes in time, ticks that the thread
//! was too late for and pauses are silence of the same length: a recording is as long as the time
//! from `Start` to `Stop`, to within a tick.
//!
//! A far end that wanted to hear us and says sendonly, inactive or `c=0.0.0.0` holds: `Holds` is
//! told after `Described`, and until it says otherwise those who hear the leg hear silence. It is
//! sent nothing either, as our answer promised (RFC 3264 6.1); the stream's clock goes on.
//!
//! `Announce` lets a leg hear a sound once: the shard waits for the `Sound` of it, meanwhile the
//! leg hears what it heard before. `Announced` tells that it was played to its end, or why not.
//!
//! `Digit` tells keys by RFC 4733. On a plain leg that has agreed on no telephone events it tells
//! keys that are heard as tones, whether anybody hears the leg or not.
//!
//! `Described` answers `Open` and `Reoffer`, for plain legs once their sockets are open;
//! `Refused` does when the SDP can't be used, and then a leg that was being opened is gone, one
//! that was up goes on unchanged. An `Answer` that can't be used is `Refused` too; the leg waits.
//! Whatever a leg hears its RTP stream goes on without a break: music, a partner, silence.
//!
//! How sound goes: `browser` or `plain` (the line) -> `ear` (jitter buffer, decoder, concealment)
//! -> the `mixer` and `mouth` (encoder, numbering) of each who hears it, on his tick, every 20 ms.
//! Everything between is mono: 8 kHz where one end is a telephone, 16 kHz where both can do more
//! (`sound`).
//!
//! Deviations on purpose:
//! - ICE: lite only, so the browser's candidates are not read (RFC 8445 2.5).
//! - DTLS 1.2 only: all browsers fall back to it, and DTLS 1.3 buys a media server nothing yet.
//! - `a=ptime` other than 20 is not followed: it is a wish (RFC 8866 6.4).
//! - DTLS draws its randomness from the operating system through its crypto crate, not from the
//!   random numbers that the shard is given.

mod agree;
mod browser;
mod codec;
mod conceal;
mod describe;
mod digits;
mod ear;
mod leg;
mod milestones;
mod mix;
mod mouth;
mod outbox;
mod pace;
mod plain;
mod ports;
mod reception;
mod recorded;
mod recording;
mod sdes;
mod settings;
mod shard;
mod sound;
mod stretch;
mod tones;
mod tunes;

pub use settings::{Certificate, ShardSettings};
pub use shard::Shard;
pub use tunes::RingBackTone;
