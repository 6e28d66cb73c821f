//! Reading.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{COOKIE, Fault, HEADER, Key, attribute, fingerprint};

/// Ties a response to its request.
pub type TransactionId = [u8; 12];

/// What sort of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the RFC's names")]
pub enum Class {
    Request,
    Indication,
    Success,
    Error,
}

impl Class {
    /// The two bits among those of the method.
    pub(crate) fn bits(self) -> u16 {
        match self {
            Self::Request => 0x000,
            Self::Indication => 0x010,
            Self::Success => 0x100,
            Self::Error => 0x110,
        }
    }

    fn of(kind: u16) -> Self {
        match kind & 0x110 {
            0x000 => Self::Request,
            0x010 => Self::Indication,
            0x100 => Self::Success,
            _ => Self::Error,
        }
    }
}

/// A message whose attributes all end where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What sort it is.
    pub class: Class,
    /// See [`crate::method`].
    pub method: u16,
    /// Ties a response to its request.
    pub transaction: TransactionId,
    bytes: &'a [u8],
}

/// Whether the first byte is that of STUN among what shares a port (RFC 7983).
#[must_use]
pub fn looks_like_stun(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first < 4)
}

impl<'a> Message<'a> {
    /// One whole message.
    ///
    /// # Errors
    /// What prevents it from being one; a FINGERPRINT must be right.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let (kind, len, transaction) = header(bytes).ok_or(Fault::NotStun)?;
        if HEADER + len != bytes.len() {
            return Err(Fault::NotStun);
        }
        let message = Self {
            class: Class::of(kind),
            method: (kind & 0x000F) | ((kind & 0x00E0) >> 1) | ((kind & 0x3E00) >> 2),
            transaction,
            bytes,
        };
        let mut attributes = message.attributes();
        for (kind, at, value) in attributes.by_ref() {
            if kind == attribute::FINGERPRINT {
                let covered = bytes.get(..at).unwrap_or_default();
                if value != fingerprint(covered).to_be_bytes() || at + 8 != bytes.len() {
                    return Err(Fault::Fingerprint);
                }
            }
        }
        if attributes.rest.is_empty() { Ok(message) } else { Err(Fault::Attribute) }
    }

    /// All attributes in their order.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: self.bytes.get(HEADER..).unwrap_or_default(), at: HEADER }
    }

    /// The first attribute of a kind; of what stands behind MESSAGE-INTEGRITY only FINGERPRINT
    /// counts (RFC 8489 14.5).
    #[must_use]
    pub fn get(&self, kind: u16) -> Option<&'a [u8]> {
        let mut is_covered = true;
        self.attributes().find_map(|(found, _, value)| {
            let is_it = found == kind && (is_covered || kind == attribute::FINGERPRINT);
            is_covered &= found != attribute::MESSAGE_INTEGRITY;
            is_it.then_some(value)
        })
    }

    /// A text attribute.
    #[must_use]
    pub fn text(&self, kind: u16) -> Option<&'a str> {
        self.get(kind).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// An attribute of four bytes.
    #[must_use]
    pub fn number(&self, kind: u16) -> Option<u32> {
        self.get(kind)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// An address under the mask (XOR-…-ADDRESS).
    #[must_use]
    pub fn xor_address(&self, kind: u16) -> Option<SocketAddr> {
        self.get(kind).and_then(|value| unmask(value, self.transaction))
    }

    /// All addresses of a kind.
    pub fn xor_addresses(&self, kind: u16) -> impl Iterator<Item = SocketAddr> + use<'a> {
        let transaction = self.transaction;
        self.attributes()
            .filter(move |(found, ..)| *found == kind)
            .filter_map(move |(_, _, value)| unmask(value, transaction))
    }

    /// Code and reason of ERROR-CODE.
    #[must_use]
    pub fn error(&self) -> Option<(u16, &'a str)> {
        let value = self.get(attribute::ERROR_CODE)?;
        let (head, reason) = value.split_at_checked(4)?;
        let code = u16::from(head.get(2)? & 7) * 100 + u16::from(*head.get(3)?);
        Some((code, std::str::from_utf8(reason).unwrap_or_default()))
    }

    /// Whether MESSAGE-INTEGRITY is there and made with this key.
    #[must_use]
    pub fn is_made_with(&self, key: &Key) -> bool {
        let integrity = self.attributes().find(|(kind, ..)| *kind == attribute::MESSAGE_INTEGRITY);
        let Some((_, at, value)) = integrity else { return false };
        let Some((kind, rest)) = self.bytes.split_at_checked(2) else { return false };
        // As if the message ended with it.
        let len = u16::try_from(at + 24 - HEADER).unwrap_or(u16::MAX).to_be_bytes();
        let covered = rest.get(2..at - 2).unwrap_or_default();
        key.is_sum_of(&[kind, &len, covered], value)
    }

    /// Attributes that must be understood (below 0x8000) and are none of these.
    pub fn unknown<'k>(&self, known: &'k [u16]) -> impl Iterator<Item = u16> + use<'a, 'k> {
        let kinds = self.attributes().map(|(kind, ..)| kind);
        kinds.filter(move |kind| *kind < 0x8000 && !known.contains(kind))
    }
}

/// Kind, length of what follows and transaction.
pub(crate) fn header(bytes: &[u8]) -> Option<(u16, usize, TransactionId)> {
    let kind = u16::from_be_bytes(bytes.get(..2)?.try_into().ok()?);
    let len = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    let cookie = u32::from_be_bytes(bytes.get(4..8)?.try_into().ok()?);
    let transaction = bytes.get(8..HEADER)?.try_into().ok()?;
    let is_stun = kind & 0xC000 == 0 && cookie == COOKIE && len % 4 == 0;
    is_stun.then_some((kind, usize::from(len), transaction))
}

/// Attributes: kind, where each begins in the message, value.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, body) = self.rest.split_at_checked(4)?;
        let kind = u16::from_be_bytes(head.get(..2)?.try_into().ok()?);
        let len = usize::from(u16::from_be_bytes(head.get(2..)?.try_into().ok()?));
        let value = body.get(..len)?;
        let rest = body.get(len.next_multiple_of(4)..)?;
        let at = self.at;
        self.at += 4 + len.next_multiple_of(4);
        self.rest = rest;
        Some((kind, at, value))
    }
}

fn unmask(value: &[u8], transaction: TransactionId) -> Option<SocketAddr> {
    let (head, address) = value.split_at_checked(4)?;
    let port = u16::from_be_bytes(head.get(2..)?.try_into().ok()?) ^ (COOKIE >> 16) as u16;
    let ip: IpAddr = match (head.get(1)?, address.len()) {
        (1, 4) => {
            let bits = u32::from_be_bytes(address.try_into().ok()?);
            Ipv4Addr::from_bits(bits ^ COOKIE).into()
        }
        (2, 16) => {
            let bits = u128::from_be_bytes(address.try_into().ok()?);
            Ipv6Addr::from_bits(bits ^ mask(transaction)).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// The cookie and the transaction: what IPv6 addresses are masked with.
pub(crate) fn mask(transaction: TransactionId) -> u128 {
    transaction.iter().fold(u128::from(COOKIE), |mask, byte| mask << 8 | u128::from(*byte))
}
