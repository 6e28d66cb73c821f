//! Announcements: a sound that a leg hears once.
//!
//! Until its sound is there the leg hears what it heard before: a speech engine may take its time.

use std::sync::Arc;

use model::LegId;
use model::media::MediaFact;
use model::prompt::AnnouncementId;

use super::Shard;
use crate::leg::Leg;
use crate::sound::{FRAME, Frame, Width};

/// What a leg hears once.
pub struct Announcement {
    id: AnnouncementId,
    /// `None` while it is awaited.
    sound: Option<Arc<[i16]>>,
    at: usize,
}

impl Announcement {
    /// An announcement whose sound is awaited.
    #[must_use]
    pub fn new(id: AnnouncementId) -> Self {
        Self { id, sound: None, at: 0 }
    }

    /// The next tick; `None` while the sound is awaited.
    fn play(&mut self, out: &mut Frame) -> Option<()> {
        let sound = self.sound.as_ref()?;
        let rest = sound.get(self.at..).unwrap_or_default();
        *out = Frame::silence(Width::Narrow);
        out.samples_mut().iter_mut().zip(rest).for_each(|(sample, from)| *sample = *from);
        self.at += FRAME;
        Some(())
    }

    fn is_over(&self) -> bool {
        self.sound.as_ref().is_some_and(|sound| self.at >= sound.len())
    }
}

impl Shard {
    pub(super) fn announce(&mut self, id: LegId, announcement: AnnouncementId) {
        if let Some(leg) = self.leg_by_id(id) {
            leg.announcement = Some(Announcement::new(announcement));
        }
    }

    /// The sound is there, or there will be none.
    pub(super) fn sound_came(
        &mut self,
        id: LegId,
        announcement: AnnouncementId,
        sound: Result<Arc<[i16]>, String>,
    ) {
        let awaits = |one: &&mut Announcement| one.id == announcement && one.sound.is_none();
        let Some(leg) = self.leg_by_id(id) else { return };
        let Some(awaited) = leg.announcement.as_mut().filter(awaits) else { return };
        let problem = match sound {
            Ok(sound) if !sound.is_empty() => {
                awaited.sound = Some(sound);
                // Nothing else is heard from now on.
                return self.hear(id, &[]);
            }
            Ok(_) => None,
            Err(problem) => Some(problem),
        };
        leg.announcement = None;
        self.facts.push(MediaFact::Announced { leg: id, announcement, problem });
    }

    /// The sound of a leg's next tick, where it is an announcement's.
    pub(super) fn announced(&mut self, place: usize, sound: &mut Frame) -> Option<()> {
        let leg = self.leg_mut(place)?;
        let id = leg.id;
        let announcement = leg.announcement.as_mut()?;
        announcement.play(sound)?;
        if announcement.is_over() {
            let announcement = announcement.id;
            leg.announcement = None;
            self.facts.push(MediaFact::Announced { leg: id, announcement, problem: None });
        }
        Some(())
    }

    /// Something else is heard: what was announced is over without a word.
    pub(super) fn end_announcement(&mut self, id: LegId) {
        if let Some(leg) = self.leg_by_id(id) {
            leg.announcement = None;
        }
    }

    fn leg_by_id(&mut self, id: LegId) -> Option<&mut Leg> {
        let place = *self.by_id.get(&id)?;
        self.leg_mut(place)
    }
}
