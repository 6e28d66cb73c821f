//! Networks as administrators write them.

use std::{fmt, net::IpAddr, str::FromStr};

/// An address with the length of its network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// A text that is no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkError(String);

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.0;
        write!(f, "{text:?} is no network; write an address with its prefix, such as 10.0.0.0/8")
    }
}

impl std::error::Error for NetworkError {}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(most);
        if prefix > most {
            return Err(wrong());
        }
        Ok(Self { address, prefix })
    }
}

impl Network {
    /// The address that it was written with.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether an address belongs to it.
    #[must_use]
    pub fn has(&self, ip: IpAddr) -> bool {
        let shift = |bits: u32| bits.saturating_sub(self.prefix);
        match (self.address, ip) {
            (IpAddr::V4(ours), IpAddr::V4(ip)) => {
                let differing = u64::from(ours.to_bits() ^ ip.to_bits());
                differing >> shift(32) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(ip)) => {
                (ours.to_bits() ^ ip.to_bits()).checked_shr(shift(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_belongs_to_a_network_by_its_first_bits() {
        for (network, ip, belongs) in [
            ("10.0.0.0/8", "10.9.9.9", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("::/0", "203.0.113.9", false),
            ("fd00::/8", "fd12::1", true),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.has(ip.parse().unwrap()), belongs, "{network:?} {ip}");
        }
    }

    #[test]
    fn a_network_that_is_none_says_how_one_is_written() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "a/8", "1.2.3.4/-1"] {
            let told = text.parse::<Network>().unwrap_err().to_string();
            assert!(told.contains("10.0.0.0/8"), "{told}");
        }
    }
}
