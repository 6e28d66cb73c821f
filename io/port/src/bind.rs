//! Binding, with an error that tells which port, who has it and how to change it.

use std::{fs, io, net::SocketAddr, path::Path};

use tokio::net::{TcpListener, UdpSocket};

/// A port that can't be had.
#[derive(Debug, thiserror::Error)]
#[error(
    "{purpose} can't listen on {protocol} {address}: {}.{} Change it with {option} in the \
     configuration file (0 takes a free port).",
    reason(error),
    holder.as_ref().map(|h| format!(" The port is held by {h}.")).unwrap_or_default()
)]
pub struct BindError {
    purpose: &'static str,
    protocol: &'static str,
    address: SocketAddr,
    option: &'static str,
    holder: Option<String>,
    /// Told in words by this error's own text, so not its `source`.
    error: io::Error,
}

/// A TCP listener. `purpose` and `option` go into the error, e.g. `SIP` and `ports.sip`.
///
/// # Errors
/// When the port is taken, privileged, or the address is not this machine's.
pub async fn bind_tcp(
    purpose: &'static str,
    option: &'static str,
    address: SocketAddr,
) -> Result<TcpListener, BindError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| failure(purpose, option, "TCP", address, source))
}

/// A UDP socket; see [`bind_tcp`].
///
/// # Errors
/// As [`bind_tcp`].
pub async fn bind_udp(
    purpose: &'static str,
    option: &'static str,
    address: SocketAddr,
) -> Result<UdpSocket, BindError> {
    UdpSocket::bind(address)
        .await
        .map_err(|source| failure(purpose, option, "UDP", address, source))
}

fn failure(
    purpose: &'static str,
    option: &'static str,
    protocol: &'static str,
    address: SocketAddr,
    source: io::Error,
) -> BindError {
    let table = protocol.to_ascii_lowercase();
    let holder = (source.kind() == io::ErrorKind::AddrInUse)
        .then(|| holder_of(&table, address.port()))
        .flatten();
    BindError { purpose, protocol, address, option, holder, error: source }
}

fn reason(source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::AddrInUse => "the port is in use".into(),
        io::ErrorKind::PermissionDenied => "ports below 1024 need root".into(),
        io::ErrorKind::AddrNotAvailable => "the address is not one of this machine's".into(),
        _ => source.to_string(),
    }
}

/// Name and id of the process that holds a local port, by /proc; `None` when it can't be known
/// (another user's process, another system than Linux).
fn holder_of(protocol: &str, port: u16) -> Option<String> {
    let inode = [format!("/proc/net/{protocol}"), format!("/proc/net/{protocol}6")]
        .iter()
        .find_map(|table| inode_of(&fs::read_to_string(table).ok()?, port))?;
    let wanted = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else {
            continue;
        };
        if holds(&process.path(), &wanted) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (process {pid})", name.trim()));
        }
    }
    None
}

fn holds(process: &Path, socket: &str) -> bool {
    fs::read_dir(process.join("fd")).is_ok_and(|mut files| {
        files.any(|file| {
            file.ok()
                .and_then(|file| fs::read_link(file.path()).ok())
                .is_some_and(|target| target.to_str() == Some(socket))
        })
    })
}

/// The inode of the socket with this local port in a /proc/net table: second column is
/// `ADDRESS:PORT` in hex, tenth is the inode. Connected sockets (another remote than port 0) are
/// not what a bind collides with.
fn inode_of(table: &str, port: u16) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_whitespace();
        let local = columns.nth(1)?;
        let remote = columns.next()?;
        let local_port = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
        (local_port == port && remote.ends_with(":0000"))
            .then(|| columns.nth(6)?.parse().ok())
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_busy_port_names_its_holder_and_the_option() {
        let first = bind_tcp("SIP", "ports.sip", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let error = bind_tcp("SIP", "ports.sip", first.local_addr().unwrap()).await.unwrap_err();
        let text = error.to_string();
        let port = first.local_addr().unwrap().port().to_string();
        assert!(text.contains(&port) && text.contains("ports.sip"), "{text}");
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    }

    #[tokio::test]
    async fn a_busy_udp_port_is_found_too() {
        let first = bind_udp("SIP", "ports.sip", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let error = bind_udp("SIP", "ports.sip", first.local_addr().unwrap()).await.unwrap_err();
        assert!(error.to_string().contains("held by"), "{error}");
    }
}
