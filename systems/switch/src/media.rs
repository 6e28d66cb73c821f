//! What the shard reports of voice. Calls stay up: their signalling decides over them.

use model::{Dn, EventName, KvList, LegId, Now, media::MediaFact};

use crate::{Switch, outbox::Draft};

impl Switch {
    /// Only the coming and going of voice matters here. Digits are the treatments' affair, and
    /// no treatment collects them yet.
    pub(crate) fn handle_media(&mut self, now: Now, fact: &MediaFact) {
        match fact {
            MediaFact::Flowing { leg } => {
                if self.silent_legs.remove(leg) {
                    self.say_media(now, *leg, "flowing");
                }
            }
            MediaFact::Lost { leg } => {
                if self.call_of_leg(*leg).is_some() && self.silent_legs.insert(*leg) {
                    self.meter.voice_lost();
                    self.say_media(now, *leg, "lost");
                }
            }
            MediaFact::Described { .. }
            | MediaFact::Digit { .. }
            | MediaFact::Holds { .. }
            | MediaFact::Quality { .. }
            | MediaFact::Refused { .. } => {}
        }
    }

    /// EventPrivateInfo at every DN of the call that is a phone; `MediaDN` names the silent side.
    fn say_media(&mut self, now: Now, leg: LegId, state: &str) {
        let Some(call) = self.call_of_leg(leg).and_then(|conn| self.calls.get(&conn)) else {
            return;
        };
        let is_caller = call.caller.leg == leg;
        let side: &str = match (is_caller, call.callee()) {
            (false, Some(callee)) => callee.as_str(),
            (true, _) | (false, None) => call.caller.number.as_str(),
        };
        let phones: [Option<&Dn>; 2] = [call.caller.dn.as_ref(), call.callee()];
        for dn in phones.into_iter().flatten() {
            let extensions = KvList::new().with("MediaState", state).with("MediaDN", side);
            let draft = Draft::new(EventName::PrivateInfo, dn).extensions(extensions);
            self.out.call_event(now, call, &self.dns, draft);
        }
    }
}
