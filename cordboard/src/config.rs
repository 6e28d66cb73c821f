//! `cordboard.toml`: read once, every default works on a laptop, unknown keys are errors.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Addresses to listen on and to tell others.
    pub network: Network,
    /// Port numbers; 0 takes a free one.
    pub ports: Ports,
    /// Certificate and key.
    pub tls: Option<Tls>,
    /// What callers are played.
    pub media: Media,
    /// Where what is said to callers comes from.
    pub prompts: Prompts,
    /// How long it is known what happened.
    pub history: History,
    /// Where calls are recorded and for how long.
    pub recording: Recording,
    /// The way for browsers whose network blocks UDP.
    pub turn: Turn,
    /// Who may speak SIP as much as it likes.
    pub sip: Sip,
    /// The SIP server in front of which we stand.
    pub upstream: Option<Upstream>,
    /// Settings of the demo site.
    pub demo: Demo,
}

/// The SIP server in front of which we stand: phones are registered there, and calls are its
/// affair.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// Such as `sip:sipserver.example.com:5060`; UDP.
    pub sip: String,
    /// Its name in URIs, when it is not the host of `sip`.
    pub domain: Option<String>,
}

/// Who may speak SIP as much as it likes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    /// Networks that are neither limited nor shut out, beside carriers and registered phones.
    pub allow: Vec<String>,
}

impl Default for Sip {
    fn default() -> Self {
        Self { allow: vec!["127.0.0.0/8".into(), "::1".into()] }
    }
}

/// The way for browsers whose network blocks UDP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Turn {
    /// Whether browsers are told of TURN servers; our own is served then.
    pub enabled: bool,
    /// Shared with TURN servers elsewhere that take credentials with an end. Without one: drawn at
    /// the first start.
    pub secret: Option<String>,
    /// Servers elsewhere that browsers are told instead of our own, such as
    /// `turns:turn.example.com:443?transport=tcp`.
    pub urls: Vec<String>,
    /// How long credentials are good, in hours.
    pub credential_h: u64,
    /// Networks that are relayed to, beside our own media.
    pub peers: Vec<String>,
}

impl Default for Turn {
    fn default() -> Self {
        Self { enabled: true, secret: None, urls: Vec::new(), credential_h: 24, peers: Vec::new() }
    }
}

/// Addresses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// Where everything but plain HTTP listens.
    pub listen: IpAddr,
    /// Where plain HTTP listens: loopback, because it has no TLS.
    pub http_listen: IpAddr,
    /// What SIP peers and browsers are told to send to, when `listen` is no single address.
    pub advertise: Option<IpAddr>,
    /// Servers that know where carriers are, e.g. `192.0.2.53:53`; none: this machine's own.
    pub dns: Vec<SocketAddr>,
}

impl Default for Network {
    fn default() -> Self {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { listen: loopback, http_listen: loopback, advertise: None, dns: Vec::new() }
    }
}

/// The seed's ports.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Ports {
    pub http: u16,
    pub https: u16,
    pub sip_ws: u16,
    pub sip: u16,
    /// SIP over TLS.
    pub sips: u16,
    pub tserver: u16,
    pub config: u16,
    pub stat: u16,
    /// The one UDP port for all browsers' media.
    pub media: u16,
    /// First and last port of plain RTP.
    pub rtp: [u16; 2],
    /// STUN and TURN, by UDP and TCP.
    pub turn: u16,
    /// First and last port that TURN relays by.
    pub relay: [u16; 2],
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            http: 8080,
            https: 8443,
            sip_ws: 8089,
            sip: 5060,
            sips: 5061,
            tserver: 5025,
            config: 5000,
            stat: 2020,
            media: 10_000,
            rtp: [10_002, 20_000],
            turn: 3478,
            relay: [49_152, 65_535],
        }
    }
}

/// PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Who signs the certificates that SIP phones and carriers show; without it none is asked for.
    pub client_ca: Option<PathBuf>,
    /// Whether each of them has to show one.
    #[serde(default)]
    pub client_required: bool,
    /// Who signs the certificates of carriers that we call by TLS, beside the public authorities.
    pub trunk_ca: Option<PathBuf>,
}

/// How long it is known what happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct History {
    /// Calls and states of agents that ended earlier are deleted; 0 keeps all.
    pub keep_days: u32,
    /// Intervals that began earlier are deleted; 0 keeps all.
    pub keep_interval_days: u32,
    /// Stories of calls that ended earlier are deleted; 0 keeps all.
    pub keep_story_days: u32,
}

impl Default for History {
    fn default() -> Self {
        Self { keep_days: 400, keep_interval_days: 1_100, keep_story_days: 14 }
    }
}

/// Where calls are recorded and for how long.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    /// Below the data folder, unless it is absolute.
    pub directory: PathBuf,
    /// How sound is written.
    pub format: RecordingFormat,
    /// Recordings that are older are deleted; 0 keeps all.
    pub keep_days: u32,
    /// Nothing is recorded while the disk has less room, MiB.
    pub keep_free_mb: u64,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            directory: "recordings".into(),
            format: RecordingFormat::Opus,
            keep_days: 90,
            keep_free_mb: 512,
        }
    }
}

/// How sound is written.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingFormat {
    /// Opus in Ogg.
    Opus,
    /// 16-bit PCM.
    Wav,
}

impl From<RecordingFormat> for io_recording::Format {
    fn from(format: RecordingFormat) -> Self {
        match format {
            RecordingFormat::Opus => Self::Opus,
            RecordingFormat::Wav => Self::Wav,
        }
    }
}

/// What callers are played.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// Music on hold: a WAV or Ogg file; without one, a built-in tune.
    pub music: Option<PathBuf>,
}

/// What is said to callers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prompts {
    /// The folder below which media files lie: below the data folder, unless it is absolute.
    pub directory: PathBuf,
    /// The language of callers of whom none is known, e.g. `en` or `pt-BR`.
    pub language: String,
    /// The command that speaks text, with `{language}`: it reads the text, or is given it as
    /// `{text}`, and writes a WAV or Ogg file to its standard output. Without one: espeak-ng, when
    /// it is installed.
    pub text_to_speech: Option<Vec<String>>,
}

impl Default for Prompts {
    fn default() -> Self {
        Self { directory: "sounds".into(), language: "en".into(), text_to_speech: None }
    }
}

/// Settings of the demo site.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demo {
    /// Where the trunk `pstn` sends calls instead of `127.0.0.1:5070`.
    pub trunk_contact: Option<SocketAddr>,
}

/// A file that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It can't be read.
    #[error("{} can't be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something that can't be meant.
    #[error("{}:{line}: {message}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong and what to do.
        message: String,
    },
}

impl Config {
    /// The file's settings; without a file the defaults.
    ///
    /// # Errors
    /// With line, key and the nearest right key.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|(line, message)| ConfigError::Wrong {
            path: path.to_owned(),
            line,
            message,
        })
    }

    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            (line_of(text, start), with_suggestion(error.message()))
        })?;
        for (name, [first, last]) in [("rtp", config.ports.rtp), ("relay", config.ports.relay)] {
            if first >= last {
                let line = text.lines().position(|line| line.trim_start().starts_with(name));
                return Err((
                    line.map_or(1, |at| at + 1),
                    format!(
                        "ports.{name} = [{first}, {last}]: the first port must be below the last"
                    ),
                ));
            }
        }
        Ok(config)
    }

    /// The address that others are told.
    ///
    /// # Errors
    /// When we listen on all addresses and none was given to advertise.
    pub fn advertised(&self) -> Result<IpAddr, String> {
        match self.network.advertise {
            Some(address) => Ok(address),
            None if self.network.listen.is_unspecified() => {
                Err("network.listen is all addresses, so network.advertise must say which one SIP \
                 peers and browsers reach us at"
                    .into())
            }
            None => Ok(self.network.listen),
        }
    }
}

pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// toml says: unknown field `X`, expected one of `A`, `B`; the nearest of them is what was meant.
pub(crate) fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let nearest = message.starts_with("unknown field").then(|| {
        let wrong = quoted.next()?;
        let right = quoted.min_by_key(|right| strsim::damerau_levenshtein(wrong, right))?;
        Some(format!("unknown key `{wrong}`; did you mean `{right}`? ({message})"))
    });
    nearest.flatten().unwrap_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_empty_file_is_the_seed_s_ports() {
        let config = Config::parse("").unwrap();
        assert_eq!((config.ports.http, config.ports.sip, config.ports.tserver), (8080, 5060, 5025));
        assert_eq!(config.advertised(), Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_right_one() {
        let (line, message) = Config::parse("[ports]\nhttp = 1\nhtpps = 2\n").unwrap_err();
        assert_eq!(line, 3);
        assert!(message.contains("`htpps`") && message.contains("did you mean `https`"));
    }

    #[test]
    fn recordings_are_opus_for_90_days_and_other_words_are_refused_with_their_line() {
        let recording = Config::parse("").unwrap().recording;
        assert!(matches!(recording.format, RecordingFormat::Opus));
        assert_eq!((recording.keep_days, recording.keep_free_mb), (90, 512));
        let (line, message) = Config::parse("[recording]\nformat = \"mp3\"").unwrap_err();
        assert!(line == 2 && message.contains("`opus`"), "{line}: {message}");
    }

    #[test]
    fn rtp_ports_in_the_wrong_order_are_refused_with_their_line() {
        let (line, message) = Config::parse("[ports]\nrtp = [20000, 10000]").unwrap_err();
        assert_eq!(line, 2);
        assert!(message.contains("below"), "{message}");
    }

    #[test]
    fn listening_everywhere_needs_an_address_to_advertise() {
        let config = Config::parse("[network]\nlisten = \"0.0.0.0\"").unwrap();
        assert!(config.advertised().unwrap_err().contains("network.advertise"));
    }
}
