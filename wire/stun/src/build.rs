//! Writing.

use std::net::{IpAddr, SocketAddr};

use crate::{
    COOKIE, Class, HEADER, Key, TransactionId, attribute, fingerprint,
    message::{Message, mask},
};

/// A message as it grows.
#[derive(Clone, Debug)]
pub struct Builder {
    bytes: Vec<u8>,
    transaction: TransactionId,
}

impl Builder {
    /// A message without attributes.
    #[must_use]
    pub fn new(class: Class, method: u16, transaction: TransactionId) -> Self {
        let kind = class.bits() | (method & 0x00F) | (method & 0x070) << 1 | (method & 0xF80) << 2;
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(&kind.to_be_bytes());
        bytes.extend_from_slice(&[0; 2]);
        bytes.extend_from_slice(&COOKIE.to_be_bytes());
        bytes.extend_from_slice(&transaction);
        Self { bytes, transaction }
    }

    /// The response to a request.
    #[must_use]
    pub fn answer(request: &Message<'_>, class: Class) -> Self {
        Self::new(class, request.method, request.transaction)
    }

    /// Adds an attribute; longer values than 65,535 bytes are cut.
    #[must_use]
    pub fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(&kind.to_be_bytes());
        self.bytes.extend_from_slice(&len.to_be_bytes());
        self.bytes.extend(value.iter().take(usize::from(len)));
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.with_len(0)
    }

    /// Adds an attribute of four bytes.
    #[must_use]
    pub fn number(self, kind: u16, value: u32) -> Self {
        self.attribute(kind, &value.to_be_bytes())
    }

    /// Adds an address under the mask.
    #[must_use]
    pub fn xor_address(self, kind: u16, address: SocketAddr) -> Self {
        let port = (address.port() ^ (COOKIE >> 16) as u16).to_be_bytes();
        let mut value = vec![0, if address.is_ipv4() { 1 } else { 2 }];
        value.extend_from_slice(&port);
        match address.ip() {
            IpAddr::V4(ip) => value.extend_from_slice(&(ip.to_bits() ^ COOKIE).to_be_bytes()),
            IpAddr::V6(ip) => {
                let bits = ip.to_bits() ^ mask(self.transaction);
                value.extend_from_slice(&bits.to_be_bytes());
            }
        }
        self.attribute(kind, &value)
    }

    /// Adds ERROR-CODE.
    #[must_use]
    pub fn error(self, code: u16, reason: &str) -> Self {
        let (class, number) = ((code / 100) as u8, (code % 100) as u8);
        let mut value = vec![0, 0, class, number];
        value.extend_from_slice(reason.as_bytes());
        self.attribute(attribute::ERROR_CODE, &value)
    }

    /// Adds MESSAGE-INTEGRITY over all before it.
    #[must_use]
    pub fn integrity(self, key: &Key) -> Self {
        let ready = self.with_len(24);
        let sum = key.sum(&[&ready.bytes]);
        ready.attribute(attribute::MESSAGE_INTEGRITY, &sum)
    }

    /// Adds FINGERPRINT, the last attribute.
    #[must_use]
    pub fn fingerprint(self) -> Self {
        let ready = self.with_len(8);
        let sum = fingerprint(&ready.bytes);
        ready.number(attribute::FINGERPRINT, sum)
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// The header says how much follows it, with so much that is still to come.
    fn with_len(mut self, more: usize) -> Self {
        let len = u16::try_from(self.bytes.len() - HEADER + more).unwrap_or(u16::MAX);
        if let Some(place) = self.bytes.get_mut(2..4) {
            place.copy_from_slice(&len.to_be_bytes());
        }
        self
    }
}
