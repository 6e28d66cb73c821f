//! The switch's timers: at most one of each kind per party or DN.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use model::{Dn, prompt::AnnouncementId};

use crate::call::PartyId;

/// What can be due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// A phone that was told to answer has not done so.
    Answer(PartyId),
    /// A phone has rung for long enough.
    NoAnswer(PartyId),
    /// The phone that rang is gone, and no other came for its DN.
    PhoneBack(PartyId),
    /// A DN has been without a phone for long enough.
    OutOfService(Dn),
    /// The page of a DN with calls has not come back.
    Resume(Dn),
    /// A treatment has waited for long enough: for a key, for the end of a prompt or a message.
    Treatment(AnnouncementId),
    /// After-call work is over.
    WrapUp(Dn),
}

impl Timer {
    /// Those that a party can have.
    pub fn all_of(id: PartyId) -> [Self; 3] {
        [Self::Answer(id), Self::NoAnswer(id), Self::PhoneBack(id)]
    }
}

/// Timers by moment.
#[derive(Debug, Default)]
pub struct Timers {
    at: BTreeMap<Timer, Instant>,
    queue: BTreeSet<(Instant, Timer)>,
}

impl Timers {
    /// Starts a timer, or starts it anew.
    pub fn set(&mut self, timer: Timer, at: Instant) {
        self.cancel(&timer);
        self.queue.insert((at, timer.clone()));
        self.at.insert(timer, at);
    }

    /// Stops a timer, if it runs.
    pub fn cancel(&mut self, timer: &Timer) {
        if let Some(at) = self.at.remove(timer) {
            self.queue.remove(&(at, timer.clone()));
        }
    }

    /// Whether a timer runs.
    pub fn is_set(&self, timer: &Timer) -> bool {
        self.at.contains_key(timer)
    }

    /// The next timer that is due, which then runs no more.
    pub fn take_due(&mut self, now: Instant) -> Option<Timer> {
        if self.queue.first()?.0 > now {
            return None;
        }
        let (_, timer) = self.queue.pop_first()?;
        self.at.remove(&timer);
        Some(timer)
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// How many run.
    pub fn len(&self) -> usize {
        self.at.len()
    }
}
