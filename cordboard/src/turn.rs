//! STUN and TURN, as the configuration file has them.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use anyhow::Context;
use desk::TurnAccess;
use io_relay::RelayPort;
use relay::{OwnPort, Peers, Relay, RelaySettings};

use crate::config::Config;

/// The port, and what browsers are told of it.
pub struct Turn {
    pub port: Option<RelayPort>,
    secret: Vec<u8>,
}

impl Turn {
    /// Serves, unless browsers are told of nothing or of servers elsewhere.
    ///
    /// # Errors
    /// When the port can't be had, or a network in the configuration is none.
    pub async fn start(
        config: &Config,
        data: &Path,
        advertised: IpAddr,
        media: SocketAddr,
    ) -> anyhow::Result<Self> {
        let turn = &config.turn;
        if !turn.enabled {
            return Ok(Self { port: None, secret: Vec::new() });
        }
        let secret = match &turn.secret {
            Some(secret) => secret.clone().into_bytes(),
            None => kept_secret(&data.join("turn.secret"))?,
        };
        if !turn.urls.is_empty() {
            return Ok(Self { port: None, secret });
        }
        let allowed = turn.peers.iter().map(|network| network.parse());
        let allowed = allowed.collect::<Result<_, _>>().context("turn.peers")?;
        let ours = OwnPort { seen: media, inside: inside(config.network.listen, media.port()) };
        let peers = Peers { ours: vec![ours], allowed };
        let [first, last] = config.ports.relay;
        let realm = "cordboard".to_owned();
        let settings = RelaySettings {
            ports: first..=last,
            ..RelaySettings::new(realm, secret.clone(), vec![advertised], peers)
        };
        let listen = config.network.listen;
        let relay = Relay::new(settings, crate::random());
        let address = SocketAddr::new(listen, config.ports.turn);
        let port = RelayPort::start(address, listen, relay, Relay::metrics).await?;
        Ok(Self { port: Some(port), secret })
    }

    /// What the desk hands out.
    pub fn access(&self, config: &Config, https_port: u16) -> Option<TurnAccess> {
        config.turn.enabled.then(|| TurnAccess {
            secret: self.secret.clone(),
            lifetime: Duration::from_secs(config.turn.credential_h * 3600),
            urls: config.turn.urls.clone(),
            port: self.port.as_ref().map_or(0, |port| port.address().port()),
            https_port,
        })
    }
}

/// Where this machine reaches a port that listens at an address, perhaps at all of them.
fn inside(listen: IpAddr, port: u16) -> SocketAddr {
    let ip = match listen {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, port)
}

/// Drawn once, so that credentials outlive a restart.
fn kept_secret(file: &Path) -> anyhow::Result<Vec<u8>> {
    match fs::read(file) {
        Ok(secret) if !secret.is_empty() => Ok(secret),
        _ => {
            let secret = crate::random().hex(64).into_bytes();
            write_private(file, &secret)
                .with_context(|| format!("{} can't be written", file.display()))?;
            Ok(secret)
        }
    }
}

/// For nobody else to read.
fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(file)?.write_all(bytes)
}
