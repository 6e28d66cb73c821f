//! The sockets of a media thread: one for browsers, read and written in batches, and a pair for
//! each plain leg.

use std::collections::HashMap;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use model::media::DATAGRAM_LEN_MAX;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// Binds the port of all browsers, with room for bursts.
///
/// # Errors
/// When the port can't be had.
pub fn bind_browsers(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = bind(address)?;
    let sized = SockRef::from(&socket);
    // The system may grant less; that only shortens the bursts that are survived.
    let _ = sized.set_recv_buffer_size(BROWSERS_BUFFER);
    let _ = sized.set_send_buffer_size(BROWSERS_BUFFER);
    Ok(socket)
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv4() {
        // RFC 8837 5: voice is Expedited Forwarding.
        let _ = socket.set_tos_v4(TOS_VOICE);
    } else {
        let _ = socket.set_tclass_v6(TOS_VOICE);
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// The browsers' socket with memory for batches in both directions.
pub struct Browsers {
    socket: UdpSocket,
    received: Box<[[u8; DATAGRAM_LEN_MAX + 1]; BATCH]>,
    headers_in: MultiHeaders<SockaddrStorage>,
    headers_out: MultiHeaders<SockaddrStorage>,
    waiting: Box<[[u8; DATAGRAM_LEN_MAX]; BATCH]>,
    lens: [usize; BATCH],
    to: Vec<Option<SockaddrStorage>>,
}

/// Length and sender of each datagram of a batch.
pub type Batch = [Option<(usize, SocketAddr)>; BATCH];

impl Browsers {
    /// Around a bound socket that does not block.
    pub fn new(socket: UdpSocket) -> Self {
        Self {
            socket,
            received: Box::new([[0; DATAGRAM_LEN_MAX + 1]; BATCH]),
            headers_in: MultiHeaders::preallocate(BATCH, None),
            headers_out: MultiHeaders::preallocate(BATCH, None),
            waiting: Box::new([[0; DATAGRAM_LEN_MAX]; BATCH]),
            lens: [0; BATCH],
            to: Vec::with_capacity(BATCH),
        }
    }

    /// Reads what waits, a batch at most; returns how many datagrams came, some of which may be
    /// unusable and `None` in `batch`.
    pub fn receive(&mut self, batch: &mut Batch) -> usize {
        *batch = [None; BATCH];
        let mut slices = self.received.each_mut().map(|buffer| [IoSliceMut::new(buffer)]);
        let fd = self.socket.as_raw_fd();
        let flags = MsgFlags::MSG_DONTWAIT;
        let Ok(results) = recvmmsg(fd, &mut self.headers_in, slices.iter_mut(), flags, None) else {
            // WouldBlock, or an ICMP error of an earlier datagram: nothing to read.
            return 0;
        };
        let mut count = 0;
        for (slot, result) in batch.iter_mut().zip(results) {
            count += 1;
            let from = result.address.as_ref().and_then(to_std);
            // One byte more than the longest that is taken tells what was cut off.
            *slot = from.filter(|_| result.bytes <= DATAGRAM_LEN_MAX).map(|f| (result.bytes, f));
        }
        count
    }

    /// The bytes of one datagram of the batch that was read last.
    pub fn datagram(&mut self, at: usize, len: usize) -> &mut [u8] {
        self.received.get_mut(at).and_then(|buffer| buffer.get_mut(..len)).unwrap_or_default()
    }

    /// Queues a datagram; sends the batch when it is full.
    pub fn send(&mut self, to: SocketAddr, bytes: &[u8]) {
        let at = self.to.len();
        if let (Some(room), Some(len)) = (self.waiting.get_mut(at), self.lens.get_mut(at))
            && let Some(room) = room.get_mut(..bytes.len())
        {
            room.copy_from_slice(bytes);
            *len = bytes.len();
            self.to.push(Some(SockaddrStorage::from(to)));
        }
        if self.to.len() >= BATCH {
            self.flush();
        }
    }

    /// Sends what is queued. A datagram that the system has no room for is lost, as on any
    /// network.
    pub fn flush(&mut self) {
        let mut from = 0;
        while from < self.to.len() {
            let mut slices = [[IoSlice::new(&[])]; BATCH];
            let queued = self.waiting.iter().zip(&self.lens).skip(from).take(self.to.len() - from);
            for (slice, (bytes, len)) in slices.iter_mut().zip(queued) {
                *slice = [IoSlice::new(bytes.get(..*len).unwrap_or_default())];
            }
            let to = self.to.get(from..).unwrap_or_default();
            let fd = self.socket.as_raw_fd();
            let flags = MsgFlags::MSG_DONTWAIT;
            let sent = sendmmsg(fd, &mut self.headers_out, slices.iter(), to, [], flags);
            match sent {
                Ok(results) => from += results.count().max(1),
                Err(Errno::EAGAIN) => break,
                // One destination is unreachable: leave it out and go on.
                Err(_) => from += 1,
            }
        }
        self.to.clear();
    }
}

/// The pairs of sockets of plain legs, by RTP port.
pub struct PlainSockets {
    address: IpAddr,
    open: HashMap<u16, UdpSocket>,
}

impl PlainSockets {
    pub fn new(address: IpAddr) -> Self {
        Self { address, open: HashMap::new() }
    }

    /// Opens the RTP port and the one above it, or neither; `watch` is told of both.
    pub fn open(
        &mut self,
        port: u16,
        mut watch: impl FnMut(u16, &UdpSocket) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut pair = Vec::with_capacity(2);
        for port in [port, port | 1] {
            let socket = bind(SocketAddr::new(self.address, port))?;
            watch(port, &socket)?;
            pair.push((port, socket));
        }
        self.open.extend(pair);
        Ok(())
    }

    /// Closing a socket also ends its being watched.
    pub fn close(&mut self, port: u16) {
        self.open.remove(&port);
        self.open.remove(&(port | 1));
    }

    /// Reads one datagram; `None` when nothing waits or it is too long.
    pub fn receive(&self, port: u16, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        let (len, from) = self.open.get(&port)?.recv_from(buffer).ok()?;
        (len <= DATAGRAM_LEN_MAX).then_some((len, from))
    }

    pub fn send(&self, port: u16, to: SocketAddr, bytes: &[u8]) {
        if let Some(socket) = self.open.get(&port) {
            // Lost, as on any network, when the system has no room or no way.
            let _ = socket.send_to(bytes, to);
        }
    }
}

fn to_std(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(SocketAddr::V4((*v4).into()));
    }
    let v6 = address.as_sockaddr_in6()?;
    Some(SocketAddr::V6((*v6).into()))
}

/// Datagrams per system call.
pub const BATCH: usize = 32;
/// 4 MB: half a second of 1,000 browsers.
const BROWSERS_BUFFER: usize = 4 << 20;
/// DSCP 46.
const TOS_VOICE: u32 = 46 << 2;
