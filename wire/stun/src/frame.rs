//! ChannelData, and messages one after the other on a stream (RFC 8656 12.4 and 3.1).

use crate::{HEADER, looks_like_stun, message::header};

/// What goes through a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelData<'a> {
    /// 0x4000 to 0x7FFE.
    pub channel: u16,
    /// What is relayed.
    pub data: &'a [u8],
}

/// Whether the first byte is that of ChannelData. RFC 8656 ends it at 0x4F; clients of RFC 5766 go
/// on to 0x7F.
#[must_use]
pub fn is_channel_data(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| (0x40..0x80).contains(first))
}

impl<'a> ChannelData<'a> {
    /// A whole one; padding behind it is left out.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (channel, len) = head(bytes).filter(|_| is_channel_data(bytes))?;
        Some(Self { channel, data: bytes.get(4..4 + len)? })
    }
}

/// Writes one; streams want it padded.
#[must_use]
pub fn channel_data(channel: u16, data: &[u8], is_padded: bool) -> Vec<u8> {
    let len = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(8 + data.len());
    bytes.extend_from_slice(&channel.to_be_bytes());
    bytes.extend_from_slice(&len.to_be_bytes());
    bytes.extend(data.iter().take(usize::from(len)));
    if is_padded {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// The messages of a stream.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    is_broken: bool,
}

impl Frames {
    /// More came.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.is_broken {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The next whole message.
    pub fn pop(&mut self) -> Option<Vec<u8>> {
        if self.bytes.len() < 4 {
            return None;
        }
        let len = if is_channel_data(&self.bytes) {
            head(&self.bytes).map(|(_, len)| 4 + len.next_multiple_of(4))
        } else if looks_like_stun(&self.bytes) {
            match header(&self.bytes) {
                Some((_, len, _)) => Some(HEADER + len),
                None if self.bytes.len() < HEADER => return None,
                None => None,
            }
        } else {
            None
        };
        let Some(len) = len else {
            // Where the next one begins can't be known any more.
            self.is_broken = true;
            self.bytes = Vec::new();
            return None;
        };
        if self.bytes.len() < len {
            return None;
        }
        let rest = self.bytes.split_off(len);
        Some(std::mem::replace(&mut self.bytes, rest))
    }

    /// Something came that is no message: nothing that follows can be read.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }
}

/// Channel and length of what follows.
fn head(bytes: &[u8]) -> Option<(u16, usize)> {
    let channel = u16::from_be_bytes(bytes.get(..2)?.try_into().ok()?);
    let len = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    Some((channel, usize::from(len)))
}
