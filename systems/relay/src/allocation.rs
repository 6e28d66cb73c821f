//! What one client has: a port of ours, whom it may talk with, and its channels.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use wire_stun::TransactionId;

use crate::guard::{Bucket, Refusal};

/// An allocation (RFC 8656 3.2).
#[derive(Debug)]
pub(crate) struct Allocation {
    pub user: String,
    /// The request that made it: a repetition is answered again.
    pub made_by: TransactionId,
    pub port: u16,
    pub is_v6: bool,
    pub until: Instant,
    permissions: BTreeMap<IpAddr, Instant>,
    channels: BTreeMap<u16, Channel>,
    bucket: Bucket,
}

#[derive(Debug)]
struct Channel {
    peer: SocketAddr,
    until: Instant,
}

impl Allocation {
    pub fn new(
        user: String,
        made_by: TransactionId,
        (port, is_v6): (u16, bool),
        until: Instant,
        bucket: Bucket,
    ) -> Self {
        let (permissions, channels) = (BTreeMap::new(), BTreeMap::new());
        Self { user, made_by, port, is_v6, until, permissions, channels, bucket }
    }

    /// Lets a peer's address through for five minutes.
    pub fn permit(&mut self, now: Instant, ip: IpAddr) -> Result<(), Refusal> {
        self.permissions.retain(|_, until| *until > now);
        if self.permissions.len() >= PERMISSIONS_MAX && !self.permissions.contains_key(&ip) {
            return Err((508, "Insufficient Capacity"));
        }
        self.permissions.insert(ip, now + PERMISSION_LIFE);
        Ok(())
    }

    /// Binds a channel to a peer for ten minutes.
    pub fn bind(&mut self, now: Instant, number: u16, peer: SocketAddr) -> Result<(), Refusal> {
        self.channels.retain(|_, channel| channel.until > now);
        let is_other = |(at, channel): (&u16, &Channel)| (*at == number) != (channel.peer == peer);
        if self.channels.iter().any(is_other) {
            return Err((400, "Bad Request"));
        }
        if self.channels.len() >= PERMISSIONS_MAX && !self.channels.contains_key(&number) {
            return Err((508, "Insufficient Capacity"));
        }
        self.permit(now, peer.ip())?;
        self.channels.insert(number, Channel { peer, until: now + CHANNEL_LIFE });
        Ok(())
    }

    pub fn is_permitted(&self, now: Instant, ip: IpAddr) -> bool {
        self.permissions.get(&ip).is_some_and(|until| *until > now)
    }

    /// The peer behind a channel.
    pub fn peer(&self, now: Instant, number: u16) -> Option<SocketAddr> {
        let channel = self.channels.get(&number).filter(|channel| channel.until > now);
        channel.map(|channel| channel.peer)
    }

    /// The channel to a peer.
    pub fn channel(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        let mut all = self.channels.iter();
        let is_it = |channel: &Channel| channel.peer == peer && channel.until > now;
        all.find(|(_, channel)| is_it(channel)).map(|(number, _)| *number)
    }

    /// Whether so many bytes more are within what one call needs.
    pub fn may_carry(&mut self, now: Instant, bytes: usize) -> bool {
        self.bucket.take(now, bytes as f64)
    }
}

/// RFC 8656 9 and 12.
const PERMISSION_LIFE: Duration = Duration::from_secs(300);
const CHANNEL_LIFE: Duration = Duration::from_secs(600);
/// Peers of one client.
const PERMISSIONS_MAX: usize = 32;
