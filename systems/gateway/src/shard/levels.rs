//! How loud those are who are mixed with others: what lights up beside a name in a conference.

use std::time::{Duration, Instant};

use model::Now;
use model::media::MediaFact;

use super::Shard;
use crate::leg::Source;
use crate::sound::Frame;

/// How loud a leg's sound was lately.
#[derive(Default)]
pub struct Loudness {
    /// Mean square of samples in parts of full scale, the last ticks counting most.
    power: f32,
}

impl Loudness {
    /// One more tick.
    pub fn hear(&mut self, sound: &Frame) {
        let square = |sample: &i16| (f32::from(*sample) / FULL).powi(2);
        let power = sound.samples().iter().map(square).sum::<f32>();
        let power = power / sound.samples().len() as f32;
        self.power += (power - self.power) * SHARE;
    }

    /// Decibels below full scale, 127 for silence (RFC 6464).
    fn level(&self) -> u8 {
        let below = -10.0 * self.power.max(f32::MIN_POSITIVE).log10();
        below.clamp(0.0, f32::from(SILENCE)).round() as u8
    }
}

/// When levels were told, and whether anybody was heard then.
#[derive(Default)]
pub struct Levels {
    next: Option<Instant>,
    was_quiet: bool,
    /// Places of those who are mixed; kept for its room.
    mixed: Vec<usize>,
}

impl Shard {
    /// Tells how loud those are whom somebody hears beside another, when it is time to.
    pub(super) fn tell_levels(&mut self, now: Now) {
        if self.levels.next.is_some_and(|next| now.instant < next) {
            return;
        }
        let mut mixed = std::mem::take(&mut self.levels.mixed);
        for leg in self.places.iter().flatten() {
            if let Source::Legs(links) = &leg.source
                && links.len() > 1
            {
                mixed.extend(links.iter().map(|link| link.place));
            }
        }
        mixed.sort_unstable();
        mixed.dedup();
        let legs = mixed.iter().filter_map(|place| self.places.get(*place)?.as_ref());
        let levels = legs.map(|leg| (leg.id, leg.loudness.level()));
        let is_quiet = levels.clone().all(|(_, level)| level >= QUIET);
        // Silence is told once.
        let is_news = !is_quiet || !self.levels.was_quiet;
        if is_news && !mixed.is_empty() {
            let levels = levels.collect();
            self.facts.push(MediaFact::Levels { levels });
        }
        mixed.clear();
        self.levels = Levels { next: Some(now.instant + EVERY), was_quiet: is_quiet, mixed };
    }
}

const EVERY: Duration = Duration::from_millis(250);
const FULL: f32 = 32_768.0;
/// Noise of a quiet room is below this.
const QUIET: u8 = 70;
/// What the newest tick counts: a word is seen within 100 ms, and its end as soon.
const SHARE: f32 = 0.2;
const SILENCE: u8 = 127;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::FRAME;

    #[test]
    fn a_level_follows_the_voice_up_and_down() {
        let mut loudness = Loudness::default();
        assert_eq!(loudness.level(), SILENCE);
        (0..25).for_each(|_| loudness.hear(&[3277; FRAME].into()));
        assert_eq!(loudness.level(), 20, "a tenth of full scale");
        (0..25).for_each(|_| loudness.hear(&[0; FRAME].into()));
        assert!(loudness.level() > 40, "{}", loudness.level());
        (0..25).for_each(|_| loudness.hear(&[i16::MIN; FRAME].into()));
        assert_eq!(loudness.level(), 0);
    }
}
