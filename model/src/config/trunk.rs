//! Trunks: how a carrier is reached, who we are there, and how it writes numbers.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::{config::Options, sip::Transport};

/// A trunk to a carrier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    /// Addresses whose INVITEs are taken without credentials.
    #[serde(default)]
    pub accept_from: Vec<IpAddr>,
    /// Where our calls go; see [`Contact`].
    pub contact: String,
    /// The carrier's name in URIs; `None`: the contact's host (option `override-domain`).
    #[serde(default)]
    pub domain: Option<String>,
    /// Who we are there, where the carrier wants to know.
    #[serde(default)]
    pub account: Option<Account>,
    /// How much may go over it.
    #[serde(default)]
    pub limits: TrunkLimits,
    /// How the carrier writes numbers.
    #[serde(default)]
    pub numbers: Numbers,
    /// Whether callers' identities are exchanged with it (RFC 3325).
    #[serde(default)]
    pub identity: AssertedIdentity,
    /// Seconds between OPTIONS probes; 0: none (option `oos-check`).
    #[serde(default)]
    pub probe_s: u32,
    /// Options without a field of their own, by section (e.g. `TServer`).
    #[serde(default)]
    pub options: Options,
}

/// A subscription with a carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The user part of our address there, and the name that the password belongs to.
    pub user: String,
    /// Answers its challenges to REGISTER and INVITE.
    #[serde(default)]
    pub password: Option<String>,
    /// For how long we register, in seconds; 0: the carrier knows our address (option
    /// `force-register`).
    #[serde(default)]
    pub register_s: u32,
}

/// How much may go over a trunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrunkLimits {
    /// Calls at one time, both ways together; 0: as many as come (option `capacity`).
    #[serde(default)]
    pub calls: u32,
    /// Calls that we make in a minute; 0: as many as are asked for.
    #[serde(default)]
    pub dials_per_minute: u32,
}

/// How a carrier writes numbers, and how they become E.164 here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The form that goes there.
    #[serde(default)]
    pub form: NumberForm,
    /// Our country's code, e.g. `49`; empty: numbers pass through as they come.
    #[serde(default)]
    pub country: String,
    /// What a number of another country begins with here, e.g. `00` or `011`.
    #[serde(default)]
    pub international: String,
    /// What a number of our own country begins with here, e.g. `0` or `1`.
    #[serde(default)]
    pub national: String,
    /// Shown for callers whose own number is one of ours inside (option `cpn`).
    #[serde(default)]
    pub caller: Option<String>,
}

/// A way of writing a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberForm {
    /// As dialled.
    #[default]
    AsIs,
    /// `+4930123456`.
    E164,
    /// `4930123456`.
    Bare,
    /// `030123456`, and `004420…` abroad.
    National,
}

/// Whether a carrier is inside the circle that tells each other who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssertedIdentity {
    /// P-Asserted-Identity is believed and sent, also for callers who withhold their number.
    #[default]
    Trusted,
    /// From alone counts, and nobody who withholds a number is named.
    Untrusted,
}

/// Where a trunk's calls go: an address or a name, with a port or with what DNS says of it (RFC
/// 3263), e.g. `192.0.2.10:5060`, `sip.carrier.example` or `sip.carrier.example;transport=tls`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Contact {
    /// A name, or an address without brackets.
    pub host: String,
    /// The port, when it is given.
    pub port: Option<u16>,
    /// What is spoken, when it is given.
    pub transport: Option<Transport>,
}

impl Contact {
    /// Reads a trunk's `contact`, perhaps with `sip:` before it. `None`: it can't be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("sip:").unwrap_or(text);
        let (place, transport) = match text.split_once(";transport=") {
            Some((place, word)) => (place, Some(transport_of(word)?)),
            None => (text, None),
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, rest.strip_prefix(':').map(str::parse).transpose().ok()?)
            }
            None => match place.rsplit_once(':') {
                Some((host, port)) => (host, Some(port.parse().ok()?)),
                None => (place, None),
            },
        };
        let is_name = |label: &str| {
            !label.is_empty()
                && label.len() <= LABEL_MAX
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let is_host = host.parse::<IpAddr>().is_ok()
            || host.len() <= NAME_MAX && host.trim_end_matches('.').split('.').all(is_name);
        let is_somewhere = port != Some(0)
            && !host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified() || ip.is_multicast());
        (is_host && is_somewhere).then(|| Self { host: host.to_owned(), port, transport })
    }

    /// Where it leads without asking the DNS, when the host is an address.
    #[must_use]
    pub fn address(&self) -> Option<(Transport, SocketAddr)> {
        let ip = self.host.parse().ok()?;
        let transport = self.transport.unwrap_or(Transport::Udp);
        Some((transport, SocketAddr::new(ip, self.port.unwrap_or(default_port(transport)))))
    }

    /// The host as a URI has it.
    #[must_use]
    pub fn uri_host(&self) -> String {
        match self.host.parse::<std::net::Ipv6Addr>() {
            Ok(ip) => format!("[{ip}]"),
            Err(_) => self.host.clone(),
        }
    }
}

/// The port of a transport where none is given (RFC 3261 19.1.2).
#[must_use]
pub fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Tls => 5061,
        Transport::Tcp | Transport::Udp | Transport::Ws | Transport::Wss => 5060,
    }
}

fn transport_of(word: &str) -> Option<Transport> {
    match word.to_ascii_lowercase().as_str() {
        "udp" => Some(Transport::Udp),
        "tcp" => Some(Transport::Tcp),
        "tls" => Some(Transport::Tls),
        _ => None,
    }
}

impl Numbers {
    /// A number as the carrier wrote it, in E.164 with its `+`. What is none, such as a short code
    /// or an extension, stays as it is.
    #[must_use]
    pub fn normal(&self, written: &str) -> String {
        self.e164(written, self.form == NumberForm::Bare)
    }

    fn e164(&self, written: &str, is_bare: bool) -> String {
        let Self { country, international, national, .. } = self;
        if country.is_empty() || written.starts_with('+') {
            return written.to_owned();
        }
        let digits: String = written.chars().filter(|c| !VISUAL.contains(c)).collect();
        if digits.len() < SUBSCRIBER_MIN || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return written.to_owned();
        }
        let after = |prefix: &str| digits.strip_prefix(prefix).filter(|_| !prefix.is_empty());
        if let Some(abroad) = after(international) {
            return format!("+{abroad}");
        }
        if is_bare {
            return format!("+{digits}");
        }
        match after(national) {
            Some(rest) => format!("+{country}{rest}"),
            None if self.form == NumberForm::National => format!("+{country}{digits}"),
            None => written.to_owned(),
        }
    }

    /// A number as the carrier wants it.
    #[must_use]
    pub fn written(&self, number: &str) -> String {
        let normal = self.e164(number, false);
        let Some(digits) = normal.strip_prefix('+') else { return number.to_owned() };
        match self.form {
            NumberForm::AsIs => number.to_owned(),
            NumberForm::E164 => normal,
            NumberForm::Bare => digits.to_owned(),
            NumberForm::National => match digits.strip_prefix(&self.country) {
                Some(rest) if !self.country.is_empty() => format!("{}{rest}", self.national),
                _ => format!("{}{digits}", self.international),
            },
        }
    }
}

/// RFC 3966 5.1.1: what people write between digits.
const VISUAL: [char; 4] = ['-', '.', '(', ')'];
/// What is shorter is an extension or a service number, and has no country.
const SUBSCRIBER_MIN: usize = 7;
/// RFC 1035 2.3.4.
const LABEL_MAX: usize = 63;
const NAME_MAX: usize = 253;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn numbers(form: NumberForm, country: &str, international: &str, national: &str) -> Numbers {
        Numbers {
            form,
            country: country.into(),
            international: international.into(),
            national: national.into(),
            caller: None,
        }
    }

    #[test]
    fn whatever_the_carrier_writes_becomes_e164() {
        let german = |form| numbers(form, "49", "00", "0");
        let american = |form| numbers(form, "1", "011", "1");
        for (numbers, written, normal) in [
            (german(NumberForm::National), "030123456", "+4930123456"),
            (german(NumberForm::National), "0044201234567", "+44201234567"),
            (german(NumberForm::E164), "+4930123456", "+4930123456"),
            (german(NumberForm::Bare), "4930123456", "+4930123456"),
            (german(NumberForm::E164), "(030) 123456", "(030) 123456"),
            (german(NumberForm::E164), "030-123.456", "+4930123456"),
            (german(NumberForm::National), "5001", "5001"),
            (german(NumberForm::National), "anonymous", "anonymous"),
            (american(NumberForm::National), "5551234567", "+15551234567"),
            (american(NumberForm::National), "15551234567", "+15551234567"),
            (american(NumberForm::National), "01144201234567", "+44201234567"),
            (Numbers::default(), "030123456", "030123456"),
        ] {
            assert_eq!(numbers.normal(written), normal, "{written} {:?}", numbers.form);
        }
    }

    #[test]
    fn a_number_goes_out_in_the_carrier_s_form() {
        let german = |form| numbers(form, "49", "00", "0");
        for (form, number, written) in [
            (NumberForm::E164, "030123456", "+4930123456"),
            (NumberForm::E164, "+44201234567", "+44201234567"),
            (NumberForm::Bare, "030123456", "4930123456"),
            (NumberForm::National, "+4930123456", "030123456"),
            (NumberForm::National, "+44201234567", "0044201234567"),
            (NumberForm::AsIs, "030123456", "030123456"),
            (NumberForm::E164, "110", "110"),
        ] {
            assert_eq!(german(form).written(number), written, "{number} {form:?}");
        }
        let american = numbers(NumberForm::National, "1", "011", "1");
        assert_eq!(american.written("+15551234567"), "15551234567");
        assert_eq!(american.written("+44201234567"), "01144201234567");
    }

    #[test]
    fn a_contact_is_an_address_or_a_name_with_or_without_a_port() {
        let parse = |text: &str| Contact::parse(text);
        let at = |text: &str| parse(text).unwrap().address();
        let udp = |text: &str| Some((Transport::Udp, text.parse().unwrap()));
        assert_eq!(at("192.0.2.10:5060"), udp("192.0.2.10:5060"));
        assert_eq!(at("sip:192.0.2.10"), udp("192.0.2.10:5060"));
        assert_eq!(at("[2001:db8::10]:5080"), udp("[2001:db8::10]:5080"));
        let tls = at("192.0.2.10;transport=tls");
        assert_eq!(tls, Some((Transport::Tls, "192.0.2.10:5061".parse().unwrap())));
        let name = parse("sip.carrier.example;transport=TCP").unwrap();
        assert_eq!((name.address(), name.port), (None, None));
        assert_eq!(name.transport, Some(Transport::Tcp));
        assert_eq!(parse("carrier.example:5070").unwrap().port, Some(5070));
        for wrong in [
            "",
            "host name",
            "a..b",
            "192.0.2.1:0",
            "0.0.0.0",
            "x:port",
            "[::1",
            "user@host",
            "h;transport=sctp",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
