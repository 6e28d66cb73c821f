//! What the shard reports of voice. Calls stay up: their signalling decides over them.

use std::collections::{BTreeMap, BTreeSet};

use model::{ConnId, Dn, EventName, KvList, LegId, Now, media::MediaFact};

use crate::{LegUse, Switch, call::Party, outbox::Draft};

impl Switch {
    /// The coming and going of voice, and what treatments wait for. A key in the voice has been
    /// heard by whoever hears the leg: here it matters to a treatment alone.
    pub(crate) fn handle_media(&mut self, now: Now, fact: &MediaFact) {
        match fact {
            MediaFact::Announced { leg, announcement, problem } => {
                self.prompt_ended(now, *leg, *announcement, problem.as_deref());
            }
            MediaFact::Digit { leg, digit, .. } => {
                self.treatment_takes_key(now, *leg, *digit);
            }
            MediaFact::Flowing { leg } => {
                if self.silent_legs.remove(leg) {
                    self.say_media(now, *leg, "flowing");
                }
            }
            MediaFact::Holds { leg, is_held } => {
                if let Some(LegUse::Dn(dn)) = self.legs.get(leg) {
                    let dn = dn.clone();
                    self.phone_holds(now, &dn, *is_held);
                }
            }
            MediaFact::Levels { levels } => self.say_speakers(levels),
            MediaFact::Lost { leg } => {
                let is_live = matches!(self.legs.get(leg), Some(LegUse::Dn(_) | LegUse::Call(_)));
                if is_live && self.silent_legs.insert(*leg) {
                    self.meter.voice_lost();
                    self.say_media(now, *leg, "lost");
                }
            }
            MediaFact::Described { .. }
            | MediaFact::Quality { .. }
            | MediaFact::Reached { .. }
            | MediaFact::Refused { .. } => {}
        }
    }

    /// Tells the phones of conferences how loud everybody there is.
    fn say_speakers(&mut self, levels: &[(LegId, u8)]) {
        let level_of: BTreeMap<LegId, u8> = levels.iter().copied().collect();
        let conns: BTreeSet<ConnId> = level_of.keys().flat_map(|leg| self.calls_on(*leg)).collect();
        for conn in conns {
            let Some(call) = self.calls.get(&conn) else { continue };
            let talkers: Vec<&Party> =
                call.parties.iter().filter(|party| party.is_seen() && party.is_in()).collect();
            if talkers.len() <= 2 {
                continue;
            }
            let levels: Vec<(Dn, u8)> = talkers
                .iter()
                .map(|party| {
                    let is_heard = party.talks() && !party.is_muted;
                    let leg = party.leg(&self.dns).filter(|_| is_heard);
                    let level = leg.and_then(|leg| level_of.get(&leg).copied());
                    (party.dn.clone(), level.unwrap_or(SILENCE))
                })
                .collect();
            let phones = call.parties.iter().filter(|party| party.is_told());
            for dn in phones.map(|party| party.dn.clone()) {
                self.out.speakers(dn, conn, levels.clone());
            }
        }
    }

    /// EventPrivateInfo at every DN of the calls that are phones; `MediaDN` names the silent side.
    fn say_media(&mut self, now: Now, leg: LegId, state: &str) {
        for conn in self.calls_on(leg) {
            let Some(call) = self.calls.get(&conn) else { continue };
            let at = |party: &&Party| party.leg(&self.dns) == Some(leg);
            let Some(side) = call.parties.iter().find(at).map(|party| party.dn.clone()) else {
                continue;
            };
            let phones = call.parties.iter().filter(|party| party.is_told());
            for dn in phones.map(|party| party.dn.clone()).collect::<Vec<_>>() {
                let extensions =
                    KvList::new().with("MediaState", state).with("MediaDN", side.as_str());
                let draft = Draft::new(EventName::PrivateInfo, &dn).extensions(extensions);
                self.say(now, conn, draft);
            }
        }
    }
}

/// What is not heard, in dB below full scale (RFC 6464).
const SILENCE: u8 = 127;
