//! What comes in on a shard's sockets, and whose it is.

use std::net::SocketAddr;
use std::panic::catch_unwind;

use is::stun::StunMessage;
use model::Now;
use wire_rtp::{PacketKind, RtpPacket};

use super::Shard;
use crate::leg::Line;

impl Shard {
    pub(super) fn browser_packet(&mut self, now: Now, from: SocketAddr, packet: &mut [u8]) {
        let kind = PacketKind::of(packet);
        if kind == PacketKind::Stun {
            self.stun(now, from, packet);
            return;
        }
        let Some(&place) = self.by_remote.get(&from) else { return };
        let moves = self.step(place, |leg, shard| {
            let Line::Browser(line) = &mut leg.line else { return [None, None] };
            match kind {
                PacketKind::Dtls => {
                    let was_up = line.is_up();
                    if !line.dtls(now, packet, &mut shard.outbox) {
                        leg.lose(&mut shard.facts);
                    } else if !was_up && line.is_up() {
                        leg.tell_milestones(&mut shard.facts);
                        leg.flows(&mut shard.facts);
                    }
                    [None, None]
                }
                PacketKind::Rtp => match line.open(now, packet, false) {
                    Some(len) => {
                        leg.rtp(now, packet.get(..len).unwrap_or_default(), &mut shard.facts)
                    }
                    None => [None, None],
                },
                PacketKind::Rtcp => {
                    if let Some(len) = line.open(now, packet, true) {
                        leg.rtcp(now, packet.get(..len).unwrap_or_default());
                    }
                    [None, None]
                }
                PacketKind::Stun | PacketKind::Unknown => [None, None],
            }
        });
        self.relay_keys(place, moves);
    }

    fn stun(&mut self, now: Now, from: SocketAddr, packet: &[u8]) {
        // We never ask, so only requests are for us.
        // Not inside a leg's step yet, and the parser is not ours: it is guarded like one.
        let Ok(Ok(message)) = catch_unwind(|| StunMessage::parse(packet)) else { return };
        if !message.is_binding_request() {
            return;
        }
        let Some((ufrag, _)) = message.split_username() else { return };
        let Some(&place) = self.by_ufrag.get(ufrag) else { return };
        let is_new = self.step(place, |leg, shard| {
            let Line::Browser(line) = &mut leg.line else { return false };
            let was_up = line.is_up();
            let is_new = line.stun(now, from, message, &mut shard.outbox);
            if !was_up {
                leg.tell_milestones(&mut shard.facts);
            }
            let Line::Browser(line) = &leg.line else { return false };
            if !was_up && line.is_up() {
                leg.flows(&mut shard.facts);
            }
            is_new
        });
        if is_new == Some(true) || self.by_remote.get(&from).is_some_and(|of| *of != place) {
            self.learn_remote(place, from);
        }
    }

    /// An address proved to be a browser's; what was another leg's is this one's now.
    fn learn_remote(&mut self, place: usize, from: SocketAddr) {
        let known = match self.places.get(place) {
            Some(Some(leg)) => match &leg.line {
                Line::Browser(line) => line.known(),
                Line::Plain(_) => &[],
            },
            Some(None) | None => return,
        };
        if known.contains(&from) {
            self.by_remote.insert(from, place);
            self.by_remote.retain(|address, of| *of != place || known.contains(address));
        }
    }

    pub(super) fn plain_packet(
        &mut self,
        now: Now,
        port: u16,
        from: SocketAddr,
        packet: &mut [u8],
    ) {
        let Some(&place) = self.by_port.get(&(port & !1)) else { return };
        let moves = self.step(place, |leg, shard| {
            let Line::Plain(line) = &mut leg.line else { return [None, None] };
            let kind = PacketKind::of(packet);
            let is_rtcp = match kind {
                PacketKind::Rtp => false,
                PacketKind::Rtcp => true,
                PacketKind::Dtls | PacketKind::Stun | PacketKind::Unknown => return [None, None],
            };
            let Some(len) = line.open(packet, is_rtcp) else { return [None, None] };
            let packet = packet.get(..len).unwrap_or_default();
            match kind {
                PacketKind::Rtp => {
                    let Ok(parsed) = RtpPacket::parse(packet) else { return [None, None] };
                    if !line.accept(now.instant, from, &parsed.header) {
                        return [None, None];
                    }
                    leg.rtp(now, packet, &mut shard.facts)
                }
                PacketKind::Rtcp => {
                    if line.accept_rtcp(from) {
                        leg.rtcp(now, packet);
                    }
                    [None, None]
                }
                PacketKind::Dtls | PacketKind::Stun | PacketKind::Unknown => [None, None],
            }
        });
        self.relay_keys(place, moves);
    }
}
