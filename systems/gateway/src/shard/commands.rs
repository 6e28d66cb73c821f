//! What the board asks of a shard: legs come and go, are described and refused.

use model::codecs::VoiceCodecs;
use model::media::{LegKind, MediaFact, PortRequest};
use model::{LegId, Now};

use super::{BEATS, Beat, Opening, PORT_REST, PORT_TRIES_MAX, Shard, TICK};
use crate::agree::{Desk, check_plain_offer};
use crate::browser::BrowserLine;
use crate::describe::Dialog;
use crate::leg::{Leg, Line};
use crate::mouth::Mouth;
use crate::plain::PlainLine;

impl Shard {
    pub(super) fn open(
        &mut self,
        now: Now,
        id: LegId,
        kind: LegKind,
        codecs: VoiceCodecs,
        offer: Option<Vec<u8>>,
    ) {
        if self.by_id.contains_key(&id) || self.by_id.len() >= self.settings.legs_max {
            self.refuse(id, &"no media leg is free");
            return;
        }
        let line = match kind {
            LegKind::Browser => Line::Browser(Box::new(BrowserLine::new(&mut self.random))),
            LegKind::Plain => Line::Plain(PlainLine::new(0)),
            LegKind::Secured => Line::Plain(PlainLine::secured(0, &mut self.random)),
        };
        let dialog = Dialog::new(self.random.draw_u64() >> 2, kind, codecs);
        let (ssrc, timestamp) = (self.random.draw_u32(), self.random.draw_u32());
        let sequence = u16::try_from(self.random.draw_u32() >> 16).unwrap_or(0);
        let leg = Leg::new(now, id, line, dialog, Mouth::new(ssrc, sequence, timestamp));
        if let (LegKind::Plain | LegKind::Secured, Some(offer)) = (kind, &offer)
            && let Err(fault) = check_plain_offer(&leg, offer)
        {
            self.refuse(id, &fault);
            return;
        }
        let place = self.put(now, leg);
        match kind {
            LegKind::Browser => self.describe_first(now, place, offer.as_deref()),
            LegKind::Plain | LegKind::Secured => self.ask_for_port(now, id, offer, 0),
        }
    }

    fn put(&mut self, now: Now, leg: Leg) -> usize {
        let id = leg.id;
        let free = self.places.iter().position(Option::is_none);
        let place = free.unwrap_or(self.places.len());
        if let Line::Browser(line) = &leg.line {
            self.by_ufrag.insert(line.ice().ufrag, place);
        }
        if free.is_none() {
            self.places.push(None);
        }
        if let Some(slot) = self.places.get_mut(place) {
            *slot = Some(Box::new(leg));
        }
        self.by_id.insert(id, place);
        if let Some(beat) = self.idlest_beat(now) {
            beat.legs.push(place);
        }
        place
    }

    /// The beat that has the least to do, ticking; beats lie a part of a tick apart.
    pub(super) fn idlest_beat(&mut self, now: Now) -> Option<&mut Beat> {
        let base = *self.base.get_or_insert(now.instant);
        let beats = (0_u32..).zip(&mut self.beats);
        let (n, beat) = beats.min_by_key(|(_, beat)| beat.len())?;
        if beat.len() == 0 {
            let elapsed = now.instant.saturating_duration_since(base);
            let ticks = u32::try_from(elapsed.as_millis() / TICK.as_millis()).unwrap_or(0);
            let mut due = base + TICK * ticks + TICK * n / BEATS as u32;
            while due <= now.instant {
                due += TICK;
            }
            beat.due = Some(due);
        }
        Some(beat)
    }

    fn ask_for_port(&mut self, now: Now, id: LegId, offer: Option<Vec<u8>>, tries: u32) {
        while self.resting.front().is_some_and(|(until, _)| *until <= now.instant) {
            if let Some((_, port)) = self.resting.pop_front() {
                self.ports.give_back(port);
            }
        }
        let port = if tries < PORT_TRIES_MAX { self.ports.take() } else { None };
        let Some(port) = port else {
            self.refuse(id, &"no RTP port is free");
            self.drop_leg(id);
            return;
        };
        self.opening.insert(port, Opening { leg: Some(id), offer, tries });
        self.requests.push_back(PortRequest::Open { port });
    }

    pub(super) fn port_opened(&mut self, now: Now, port: u16, is_open: bool) {
        let Some(Opening { leg, offer, tries }) = self.opening.remove(&port) else { return };
        match (leg, is_open) {
            (Some(id), true) => {
                let Some(&place) = self.by_id.get(&id) else { return };
                self.by_port.insert(port, place);
                if let Some(Some(leg)) = self.places.get_mut(place)
                    && let Line::Plain(line) = &mut leg.line
                {
                    line.port = port;
                }
                self.describe_first(now, place, offer.as_deref());
            }
            (Some(id), false) => {
                self.resting.push_back((now.instant + PORT_REST, port));
                self.ask_for_port(now, id, offer, tries + 1);
            }
            (None, true) => {
                self.requests.push_back(PortRequest::Close { port });
                self.ports.give_back(port);
            }
            (None, false) => self.resting.push_back((now.instant + PORT_REST, port)),
        }
    }

    /// The first SDP of a leg; the leg is gone when that fails.
    fn describe_first(&mut self, now: Now, place: usize, offer: Option<&[u8]>) {
        if let Some(refused) = self.describe(now, place, offer) {
            self.drop_leg(refused);
        }
    }

    /// Our SDP for a leg: the answer to `offer` or an offer of ours. Returns the leg when it was
    /// refused.
    pub(super) fn describe(
        &mut self,
        now: Now,
        place: usize,
        offer: Option<&[u8]>,
    ) -> Option<LegId> {
        let described = self.step(place, |leg, shard| {
            let mut desk = shard.desk();
            let ufrag = ufrag(leg);
            let sdp = match offer {
                Some(offer) => leg.take_offer(now, offer, &mut desk),
                None => leg.make_offer(&desk),
            };
            (leg.id, sdp, ufrag, self::ufrag(leg))
        })?;
        let (id, sdp, before, after) = described;
        if before != after {
            // The browser restarted ICE: checks with the old name no longer mean this leg.
            before.and_then(|ufrag| self.by_ufrag.remove(&ufrag));
            after.and_then(|ufrag| self.by_ufrag.insert(ufrag, place));
        }
        match sdp {
            Ok(sdp) => {
                self.facts.push(MediaFact::Described { leg: id, sdp });
                self.tell_hold(place);
                None
            }
            Err(fault) => {
                self.refuse(id, &fault);
                Some(id)
            }
        }
    }

    pub(super) fn answer(&mut self, now: Now, id: LegId, sdp: &[u8]) {
        let Some(&place) = self.by_id.get(&id) else { return };
        let taken = self.step(place, |leg, shard| leg.take_answer(now, sdp, &mut shard.desk()));
        match taken {
            Some(Ok(())) => self.tell_hold(place),
            Some(Err(fault)) => self.refuse(id, &fault),
            None => {}
        }
    }

    fn tell_hold(&mut self, place: usize) {
        if let Some(Some(leg)) = self.places.get_mut(place) {
            leg.tell_hold(&mut self.facts);
        }
    }

    pub(super) fn close(&mut self, now: Now, id: LegId) {
        if let Some(&place) = self.by_id.get(&id) {
            self.step(place, |leg, shard| leg.close(now, &mut shard.outbox, &mut shard.facts));
        }
        self.drop_leg(id);
    }

    /// Forgets a leg wherever it is known.
    pub(super) fn drop_leg(&mut self, id: LegId) {
        let Some(place) = self.by_id.remove(&id) else { return };
        self.forget_place(place);
        if let Some(slot) = self.places.get_mut(place) {
            *slot = None;
        }
        self.by_ufrag.retain(|_, of| *of != place);
        self.by_remote.retain(|_, of| *of != place);
        for beat in &mut self.beats {
            beat.legs.retain(|of| *of != place);
        }
        let ports: Vec<u16> =
            self.by_port.iter().filter(|(_, of)| **of == place).map(|(port, _)| *port).collect();
        for port in ports {
            self.by_port.remove(&port);
            self.ports.give_back(port);
            self.requests.push_back(PortRequest::Close { port });
        }
        for opening in self.opening.values_mut().filter(|opening| opening.leg == Some(id)) {
            opening.leg = None;
        }
    }

    pub(super) fn refuse(&mut self, leg: LegId, reason: &dyn ToString) {
        self.facts.push(MediaFact::Refused { leg, reason: reason.to_string() });
    }

    fn desk(&mut self) -> Desk<'_> {
        Desk {
            settings: &self.settings,
            shared: &self.shared,
            random: &mut self.random,
            outbox: &mut self.outbox,
        }
    }
}

fn ufrag(leg: &Leg) -> Option<String> {
    match &leg.line {
        Line::Browser(line) => Some(line.ice().ufrag),
        Line::Plain(_) => None,
    }
}
