//! Identifiers. Each role has its own type, so that one can't stand where another belongs.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as configured or received.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), &self.0)
            }
        }
    };
}

name_type! {
    /// Employee id of an agent, e.g. `5001`.
    AgentId
}
name_type! {
    /// Name of a calendar of business hours.
    CalendarName
}
name_type! {
    /// A directory number: extension, position, route point, queue. Also an outside number where
    /// T-Library puts one into OtherDN, e.g. `5551234567`.
    Dn
}
name_type! {
    /// Name of an agent group.
    GroupName
}
name_type! {
    /// Name of a sound file, in whatever languages there are of it.
    MediaName
}
name_type! {
    /// Name of a place: the desk where an agent sits, with its DNs.
    PlaceName
}
name_type! {
    /// Name of a skill, e.g. `Support`.
    SkillName
}
name_type! {
    /// Name of a routing strategy.
    StrategyName
}
name_type! {
    /// Name of a trunk to a carrier, e.g. `pstn`.
    TrunkName
}
name_type! {
    /// Log-in name of a person, e.g. `agent5001`.
    UserName
}

macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

number_type! {
    /// One HTTP request that waits for its response.
    ApiId
}
number_type! {
    /// One client connection of the T-Server port (or the desk or the router in its place).
    ClientId
}
number_type! {
    /// One TCP, TLS or WebSocket connection that carries SIP.
    FlowId
}
number_type! {
    /// What a requester chose to find its request's outcome again (AttributeReferenceID).
    ReferenceId
}
number_type! {
    /// One Bayeux WebSocket.
    SocketId
}

/// One leg of a call: the SIP dialog and the media stream with one endpoint share this id.
///
/// Legs that signaling offers are numbered from [`LegId::FIRST_OFFERED`], those that the switch
/// rings count from 1, so that neither takes the other's number. Written `in1`, `out1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u64);

impl LegId {
    /// The first leg that signaling offers.
    pub const FIRST_OFFERED: Self = Self(1 << 32);
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.checked_sub(Self::FIRST_OFFERED.0) {
            Some(count) => write!(f, "in{}", count + 1),
            None => write!(f, "out{}", self.0),
        }
    }
}
impl fmt::Debug for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LegId({self})")
    }
}

/// AttributeConnID: 64 bits, written as 16 lower-case hex digits.
///
/// Layout (high to low): server id 16 bits, process start in seconds since 1995-01-01 00:00 UTC
/// 36 bits, counter 12 bits; an overflowing counter carries into the start field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
impl fmt::Debug for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnId({self})")
    }
}

/// A text that is not an identifier of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl FromStr for ConnId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NotAnId);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| NotAnId)
    }
}
impl Serialize for ConnId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// Makes [`ConnId`]s that stay unique over restarts, as long as starts are a second apart.
#[derive(Clone, Debug)]
pub struct ConnIds {
    next: u64,
}

impl ConnIds {
    /// `server` is the T-Server's id; `started_unix_s` the process start in seconds since 1970.
    #[must_use]
    pub fn new(server: u16, started_unix_s: u64) -> Self {
        let started = started_unix_s.saturating_sub(UNIX_SECONDS_AT_1995) & ((1 << 36) - 1);
        Self { next: (u64::from(server) << 48) | (started << 12) | 1 }
    }

    /// The next id.
    pub fn draw(&mut self) -> ConnId {
        let id = ConnId(self.next);
        self.next += 1;
        id
    }
}

/// CallUUID: 32 characters of base32hex (0-9, A-V): 26 of the process, 6 that count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallUuid([u8; 32]);

impl CallUuid {
    /// The 32 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only base32hex digits are ever stored, so the fallback can't be reached.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}
impl fmt::Display for CallUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for CallUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallUuid({self})")
    }
}
impl FromStr for CallUuid {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes: [u8; 32] = text.as_bytes().try_into().map_err(|_| NotAnId)?;
        bytes.iter().all(|b| BASE32HEX.contains(b)).then_some(Self(bytes)).ok_or(NotAnId)
    }
}
impl Serialize for CallUuid {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

/// Makes [`CallUuid`]s of one process.
#[derive(Clone, Debug)]
pub struct CallUuids {
    process: u128,
    count: u32,
}

impl CallUuids {
    /// `process` is a random number drawn once per process start.
    #[must_use]
    pub fn new(process: u128) -> Self {
        Self { process, count: 0 }
    }

    /// The next id; the count wraps after 2^30 calls.
    pub fn draw(&mut self) -> CallUuid {
        self.count = (self.count + 1) & ((1 << 30) - 1);
        let mut text = [b'0'; 32];
        let mut rest = self.process;
        for place in text[..26].iter_mut().rev() {
            *place = base32hex_digit(u64::try_from(rest & 31).unwrap_or(0));
            rest >>= 5;
        }
        let mut rest = self.count;
        for place in text[26..].iter_mut().rev() {
            *place = base32hex_digit(u64::from(rest & 31));
            rest >>= 5;
        }
        CallUuid(text)
    }
}

fn base32hex_digit(value: u64) -> u8 {
    usize::try_from(value & 31).ok().and_then(|v| BASE32HEX.get(v)).copied().unwrap_or(b'0')
}

const BASE32HEX: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
const UNIX_SECONDS_AT_1995: u64 = 788_918_400;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn conn_id_carries_server_start_and_count_like_the_traces() {
        // `006c03a7194aa020`: server 108, start 2026-01-26 15:15:54 UTC, counter 32.
        let mut ids = ConnIds::new(108, 1_769_440_554);
        let thirty_second = (0..32).map(|_| ids.draw()).last().unwrap();
        assert_eq!(thirty_second.to_string(), "006c03a7194aa020");
        assert_eq!("006c03a7194aa020".parse(), Ok(thirty_second));
    }

    #[test]
    fn conn_id_refuses_other_lengths_and_signs() {
        for text in ["", "00015ABC1234", "+06c03a7194aa020", "006c03a7194aa0201"] {
            assert_eq!(text.parse::<ConnId>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn call_uuid_keeps_its_process_and_counts() {
        let mut ids = CallUuids::new(u128::MAX);
        assert_eq!(ids.draw().as_str(), "7VVVVVVVVVVVVVVVVVVVVVVVVV000001");
        assert_eq!(ids.draw().as_str(), "7VVVVVVVVVVVVVVVVVVVVVVVVV000002");
        assert!(ids.draw().to_string().parse::<CallUuid>().is_ok());
    }

    #[test]
    fn call_uuid_refuses_other_alphabets() {
        assert!("W".repeat(32).parse::<CallUuid>().is_err());
        assert!("é".repeat(16).parse::<CallUuid>().is_err());
    }
}
