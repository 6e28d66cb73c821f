//! Datagrams on their way out: written once into memory that is used again and again.

use std::collections::VecDeque;
use std::net::SocketAddr;

use model::media::{DATAGRAM_LEN_MAX, MediaPort, MediaTransmit};

/// A bounded queue of datagrams.
#[derive(Default)]
pub struct Outbox {
    waiting: VecDeque<Box<Datagram>>,
    #[expect(clippy::vec_box, reason = "a datagram moves between the two as one pointer")]
    free: Vec<Box<Datagram>>,
}

struct Datagram {
    port: MediaPort,
    to: SocketAddr,
    len: usize,
    bytes: [u8; DATAGRAM_LEN_MAX],
}

impl Outbox {
    /// Queues what `write` writes; nothing when it returns `None`. When the queue is full the
    /// datagram is dropped, as a network would.
    pub fn push(
        &mut self,
        port: MediaPort,
        to: SocketAddr,
        write: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) {
        if self.waiting.len() >= WAITING_MAX {
            tracing::debug!(%to, "no room for a datagram");
            return;
        }
        let mut datagram = self.free.pop().unwrap_or_else(|| {
            Box::new(Datagram { port, to, len: 0, bytes: [0; DATAGRAM_LEN_MAX] })
        });
        (datagram.port, datagram.to) = (port, to);
        match write(&mut datagram.bytes) {
            Some(len) if len <= DATAGRAM_LEN_MAX => {
                datagram.len = len;
                self.waiting.push_back(datagram);
            }
            Some(_) | None => self.free.push(datagram),
        }
    }

    /// Takes the oldest; one that does not fit into `buffer` is dropped.
    pub fn pop(&mut self, buffer: &mut [u8]) -> Option<MediaTransmit> {
        loop {
            let datagram = self.waiting.pop_front()?;
            let Datagram { port, to, len, .. } = *datagram;
            let fits = match (buffer.get_mut(..len), datagram.bytes.get(..len)) {
                (Some(room), Some(bytes)) => {
                    room.copy_from_slice(bytes);
                    true
                }
                (None, _) | (_, None) => false,
            };
            if self.free.len() < FREE_MAX {
                self.free.push(datagram);
            }
            if fits {
                return Some(MediaTransmit { port, to, len });
            }
            tracing::debug!(%to, len, "a datagram is longer than the buffer");
        }
    }
}

/// Memory that is kept for the next burst, 1.5 MB.
const FREE_MAX: usize = 1024;
/// A media thread drains the queue after every step; more than this is a flood.
const WAITING_MAX: usize = 8192;
