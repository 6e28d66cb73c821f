//! How voices sound now: the worst of each call for its row, and of each far end for alarms.

use std::collections::BTreeMap;

use model::{
    ConnId, LegId,
    story::{Heard, Voice},
};

/// The legs that sound.
#[derive(Debug, Default)]
pub struct Voices {
    legs: BTreeMap<LegId, Voice>,
}

impl Voices {
    /// A leg sounds like this now, or is over.
    pub fn learn(&mut self, voice: Voice) {
        match &voice.heard {
            None => _ = self.legs.remove(&voice.leg),
            Some(_) if self.legs.len() == VOICES_MAX && !self.legs.contains_key(&voice.leg) => {}
            Some(_) => _ = self.legs.insert(voice.leg, voice),
        }
    }

    /// The worst score of each call, to a tenth.
    pub fn by_call(&self) -> BTreeMap<ConnId, f32> {
        let mut worst = BTreeMap::new();
        for voice in self.legs.values() {
            let Some(mos) = voice.heard.as_ref().and_then(|heard| heard.mos) else { continue };
            for conn in &voice.conns {
                let of_call = worst.entry(*conn).or_insert(mos);
                *of_call = mos.min(*of_call);
            }
        }
        worst.values_mut().for_each(|mos| *mos = (*mos * 10.0).round() / 10.0);
        worst
    }

    /// The far end that sounds worst, of this name or of all.
    pub fn worst(&self, of: Option<&str>) -> Option<(&str, f32, &Heard)> {
        let voices = self.legs.values().filter(|voice| of.is_none_or(|name| name == voice.name));
        let scored = voices.filter_map(|voice| {
            let heard = voice.heard.as_ref()?;
            Some((voice.name.as_str(), heard.mos?, heard))
        });
        scored.min_by(|(_, one, _), (_, other, _)| one.total_cmp(other))
    }
}

/// More than may talk at one time.
const VOICES_MAX: usize = 50_000;
