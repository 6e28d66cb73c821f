//! Media threads: the browser port and the RTP ports.
//!
//! A [`MediaThread`] owns a shard ([`model::media::MediaShard`]), the one UDP socket of all
//! browsers and a pair of sockets per plain leg; it waits in epoll, reads its own clock and never
//! touches tokio. Commands go in by [`MediaThread::send`], facts come out by the sink that it was
//! given, recorded sound by a second one; nothing that the rest of the program does can hold it up.
//!
//! ```no_run
//! # use model::media::{MediaFact, MediaShard};
//! # use model::recording::Recorded;
//! # fn with(
//! #     shard: impl MediaShard + 'static,
//! #     facts: io_port::Sink<MediaFact>,
//! #     recorded: io_port::Sink<Recorded>,
//! # ) {
//! // Bind first: the shard writes the real address into SDP.
//! let socket = io_media::bind_browsers("0.0.0.0:8444".parse().unwrap()).unwrap();
//! let port = socket.local_addr().unwrap().port();
//! // ... make the shard with `browser_addresses` and `io_media::certificate()` ...
//! let settings = io_media::MediaSettings::new("media-0", socket);
//! let thread = io_media::MediaThread::start(settings, shard, facts, recorded).unwrap();
//! thread.send(model::media::MediaCommand::Close { leg: model::LegId(1) }).unwrap();
//! thread.stop();
//! # }
//! ```
//!
//! Bounds: [`COMMANDS_MAX`] commands wait, then `send` fails with `Full` (the board should treat
//! the thread as wedged); [`FACTS_WAITING_MAX`] facts wait while the sink is full, then quality
//! figures and at last the oldest others are left out, with a warning. While the sink of recorded
//! sound is full nothing is taken from the shard, which keeps the clock of each recording right
//! when its own bound makes it leave sound out.

mod certificate;
mod sockets;
mod thread;

pub use certificate::{SelfSigned, certificate};
pub use sockets::bind_browsers;
pub use thread::{COMMANDS_MAX, FACTS_WAITING_MAX, MediaSettings, MediaThread, StartError};
