//! Who hears whom.
//!
//! A source's ear is asked once per tick, by the listener whose tick finds its latest sound used
//! up; everybody else who hears it takes that same sound at a tick of their own. As ticks keep
//! their order, it is always the same listener who asks, each sound reaches each listener exactly
//! once, and a lone listener has no delay besides the jitter buffer's. When the one who asks goes
//! away the next one finds the sound used up and asks from then on: nothing is left out or said
//! twice for those who stay.

use model::media::Tune;
use model::{LegId, Now};

use super::Shard;
use crate::digits::KeyMove;
use crate::leg::{KeyMoves, Leg, Link, Listener, Source};
use crate::mix::Voices;
use crate::sound::{Frame, Width};

impl Shard {
    /// A leg hears these and nobody else. What stays goes on undisturbed.
    pub(super) fn hear(&mut self, id: LegId, sources: &[LegId]) {
        let Some(&place) = self.by_id.get(&id) else { return };
        let wanted = self.places_of(sources, Some(place));
        self.set_sources(place, &wanted);
    }

    /// Where these legs are, but for the one in `own` place: nobody hears himself. What is gone
    /// meanwhile is not heard.
    pub(super) fn places_of(&self, legs: &[LegId], own: Option<usize>) -> Vec<usize> {
        let mut places: Vec<usize> = Vec::with_capacity(legs.len().min(SOURCES_MAX));
        for id in legs {
            let Some(&place) = self.by_id.get(id) else { continue };
            if Some(place) == own || places.contains(&place) {
                continue;
            }
            if places.len() >= SOURCES_MAX {
                tracing::warn!(
                    limit = SOURCES_MAX,
                    "too many legs to be heard by one; leg {id} is not"
                );
                break;
            }
            places.push(place);
        }
        places
    }

    pub(super) fn play(&mut self, id: LegId, tune: Tune) {
        let Some(&place) = self.by_id.get(&id) else { return };
        self.set_sources(place, &[]);
        let player = self.tunes.player(tune);
        if let Some(leg) = self.leg_mut(place) {
            match tune {
                Tune::Music | Tune::RingBack => leg.source = Source::Tune(player),
                Tune::Silence => {}
            }
        }
    }

    fn set_sources(&mut self, place: usize, wanted: &[usize]) {
        let Some(leg) = self.leg_mut(place) else { return };
        let mut links = match std::mem::take(&mut leg.source) {
            Source::Legs(links) if links.iter().all(|link| wanted.contains(&link.place)) => links,
            before => {
                // Keys that somebody holds who is heard no more.
                leg.mouth.keys().release_all();
                before.links()
            }
        };
        self.relink(Listener::Leg(place), &mut links, wanted);
        if let Some(leg) = self.leg_mut(place) {
            leg.source = Source::Legs(links);
        }
    }

    /// Lets a listener hear these and nobody else. What stays goes on undisturbed.
    pub(super) fn relink(&mut self, listener: Listener, links: &mut Vec<Link>, wanted: &[usize]) {
        for link in links.iter().filter(|link| !wanted.contains(&link.place)) {
            if let Some(source) = self.leg_mut(link.place) {
                source.lose_listener(listener);
            }
        }
        links.retain(|link| wanted.contains(&link.place));
        for &place in wanted {
            if links.iter().any(|link| link.place == place) {
                continue;
            }
            if let Some(source) = self.leg_mut(place) {
                let had = source.gain_listener(listener);
                links.push(Link { place, had });
            }
        }
    }

    /// A leg is gone: nobody hears it, it hears nobody. Looks everywhere, for what the leg itself
    /// knew of this may be lost with it.
    pub(super) fn forget_place(&mut self, place: usize) {
        for leg in self.places.iter_mut().flatten() {
            leg.lose_listener(Listener::Leg(place));
            let Source::Legs(links) = &mut leg.source else { continue };
            let before = links.len();
            links.retain(|link| link.place != place);
            if links.len() < before {
                leg.mouth.keys().release_all();
            }
        }
        for recording in self.recordings.iter_mut().flatten() {
            recording.left.links.retain(|link| link.place != place);
            recording.right.links.retain(|link| link.place != place);
        }
    }

    /// The sound of a leg's next tick.
    pub(super) fn gather(&mut self, now: Now, place: usize, sound: &mut Frame) {
        let Some(leg) = self.leg_mut(place) else { return };
        let width = leg.mouth.width();
        let mut links = match &mut leg.source {
            Source::Legs(links) => std::mem::take(links),
            Source::Tune(player) => return player.play(sound),
        };
        let voices = self.voices(now, &mut links, width);
        let Some(leg) = self.leg_mut(place) else { return };
        leg.mixer.mix(&voices, sound);
        leg.source = Source::Legs(links);
    }

    /// The next tick of all who are heard by one listener: as wide as the widest of them, but no
    /// wider than `width`.
    pub(super) fn voices(&mut self, now: Now, links: &mut Vec<Link>, width: Width) -> Voices {
        let mut widest = Width::Narrow;
        for link in &mut *links {
            if self.leg_mut(link.place).is_some_and(|source| source.heard.number() == link.had) {
                self.step(link.place, |source, shard| source.listen(now, &mut shard.facts));
            }
            if let Some(source) = self.leg_mut(link.place) {
                link.had = source.heard.number();
                widest = widest.max(source.heard.frame().width());
            }
        }
        let width = widest.min(width);
        let mut voices = Voices::new(width);
        for link in &*links {
            if let Some(source) = self.leg_mut(link.place) {
                voices.add(source.heard.as_wide_as(width));
            }
        }
        // One may have failed just now.
        links.retain(|link| self.places.get(link.place).is_some_and(Option::is_some));
        voices
    }

    /// A key of one leg is pressed on all that hear it.
    pub(super) fn relay_keys(&mut self, place: usize, moves: Option<KeyMoves>) {
        let moves = moves.unwrap_or_default();
        if moves == [None, None] {
            return;
        }
        let Some(leg) = self.leg_mut(place) else { return };
        let listeners = std::mem::take(&mut leg.listeners);
        for listener in &listeners {
            // Keys are no sound, so a recording has nothing to take down.
            let Listener::Leg(listener) = listener else { continue };
            let Some(listener) = self.leg_mut(*listener) else { continue };
            for key in moves.into_iter().flatten() {
                match key {
                    KeyMove::Down { code } => listener.mouth.keys().press(code),
                    KeyMove::Up { duration_ms, .. } => listener.mouth.keys().release(duration_ms),
                }
            }
        }
        if let Some(leg) = self.leg_mut(place) {
            leg.listeners = listeners;
        }
    }

    pub(super) fn leg_mut(&mut self, place: usize) -> Option<&mut Leg> {
        self.places.get_mut(place)?.as_deref_mut()
    }
}

/// Legs that one leg can hear at a time.
const SOURCES_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use model::media::{LegKind, MediaCommand, MediaShard};
    use model::random::Random;

    use super::*;
    use crate::settings::{Certificate, ShardSettings};
    use crate::shard::TICK;

    fn shard(now: Now, legs: u64) -> Shard {
        let certificate = Certificate { der: vec![1], key_pkcs8: vec![2] };
        let mut shard = Shard::new(ShardSettings::new(certificate), Random::from_number(3));
        for leg in 1..=legs {
            let open = MediaCommand::open(LegId(leg), LegKind::Browser, None);
            shard.handle_command(now, open);
        }
        shard
    }

    fn leg(shard: &mut Shard, id: u64) -> &mut Leg {
        let place = shard.by_id.get(&LegId(id)).copied().unwrap_or(usize::MAX);
        shard.leg_mut(place).expect("the leg is there")
    }

    fn hear(shard: &mut Shard, id: u64, sources: &[u64]) {
        let sources: Vec<LegId> = sources.iter().copied().map(LegId).collect();
        shard.hear(LegId(id), &sources);
    }

    #[test]
    fn each_sound_is_asked_for_once_however_late_the_thread_is() {
        let begin = Now::new(Instant::now(), Duration::ZERO);
        let mut shard = shard(begin, 7);
        (2..=7).for_each(|id| hear(&mut shard, id, &[1]));
        let mut random = Random::from_number(8);
        let mut ms = 0;
        for round in 0..2000 {
            // Mostly late, at times by up to four ticks; the order of coming changes too.
            ms += 1 + random.below(if round % 7 == 0 { 80 } else { 10 });
            shard.handle_timeout(begin.later(Duration::from_millis(ms)));
            if round % 31 == 0 {
                let id = 2 + random.below(6);
                hear(&mut shard, id, &[]);
                hear(&mut shard, id, &[1]);
            }
        }
        let ticks = u32::try_from(ms / 20).unwrap_or(0);
        let number = leg(&mut shard, 1).heard.number();
        // Another one asks, a part of a tick later, whenever the one who did goes away: never
        // sooner, and a whole tick is missed at the earliest after four such changes.
        assert!((ticks - 64 / 4..=ticks + 1).contains(&number), "{number} in {ticks} ticks");
    }

    #[test]
    fn an_ear_is_listened_to_while_somebody_hears_it() {
        let now = Now::new(Instant::now(), Duration::ZERO);
        let mut shard = shard(now, 4);
        let listened = |shard: &mut Shard| -> Vec<u64> {
            let legs = shard.places.iter().flatten();
            legs.filter(|leg| leg.ear.is_listened()).map(|leg| leg.id.0).collect()
        };
        hear(&mut shard, 1, &[2, 3, 1, 99]);
        hear(&mut shard, 4, &[2]);
        assert_eq!(listened(&mut shard), [2, 3]);
        hear(&mut shard, 1, &[3]);
        assert_eq!(listened(&mut shard), [2, 3]);
        shard.play(LegId(4), Tune::Music);
        assert_eq!(listened(&mut shard), [3]);
        hear(&mut shard, 2, &[4]);
        hear(&mut shard, 4, &[2]);
        assert_eq!(listened(&mut shard), [2, 3, 4]);
        shard.drop_leg(LegId(1));
        assert_eq!(listened(&mut shard), [2, 4]);
        // A leg that fails takes what it knew of its listeners with it.
        let place = shard.by_id.get(&LegId(4)).copied().unwrap_or(0);
        let outcome: Option<()> = shard.step(place, |_, _| panic!("a bug in a leg"));
        assert_eq!(outcome, None);
        assert!(listened(&mut shard).is_empty());
        shard.handle_timeout(now.later(TICK * 4));
        assert!(matches!(&leg(&mut shard, 2).source, Source::Legs(links) if links.is_empty()));
    }
}
