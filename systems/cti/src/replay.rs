//! The last events, kept for clients that lost their connection and come back.

use std::{collections::VecDeque, sync::Arc};

use model::{Dn, Event};

/// A ring of the last events of the whole switch.
#[derive(Debug, Default)]
pub struct Replay {
    events: VecDeque<Arc<Event>>,
    /// What the events' user data weigh together.
    bytes: usize,
}

/// Some events that a client would need are not kept any more, or too many are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOld;

impl Replay {
    /// Keeps an event, and drops old ones for it.
    pub fn keep(&mut self, event: &Arc<Event>) {
        self.bytes += weight(event);
        self.events.push_back(Arc::clone(event));
        while self.events.len() > EVENTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= weight(&oldest);
        }
    }

    /// The events after `sequence` at DNs that `is_wanted`, oldest first.
    ///
    /// # Errors
    /// When one of them may be missing: `sequence` is from before the ring or from the future
    /// (another run of this server), or they are more than a client takes at once.
    pub fn since(
        &self,
        sequence: u64,
        last: u64,
        is_wanted: impl Fn(&Dn) -> bool,
    ) -> Result<Vec<Arc<Event>>, TooOld> {
        let oldest = self.events.front().map_or(last + 1, |event| event.sequence);
        if sequence > last || sequence.saturating_add(1) < oldest {
            return Err(TooOld);
        }
        let newer = self.events.iter().filter(|event| event.sequence > sequence);
        let wanted = newer.filter(|event| is_wanted(&event.this_dn)).take(REPLAYED_MAX + 1);
        let wanted: Vec<_> = wanted.cloned().collect();
        if wanted.len() > REPLAYED_MAX { Err(TooOld) } else { Ok(wanted) }
    }
}

/// Events of a call share their user data until these change, so this is the most they can take.
fn weight(event: &Event) -> usize {
    event.call.as_ref().map_or(0, |call| call.user_data.weight().1)
}

/// Events kept: some minutes of a busy site.
const EVENTS_MAX: usize = 16_384;
/// User data kept with them.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Events that one client is sent again: less than the port lets a client leave unread. Whoever
/// missed more is better served by how the DNs are now.
const REPLAYED_MAX: usize = 500;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::{Duration, Instant};

    use model::{EventName, KvList, Now};

    use super::*;

    fn event(sequence: u64, dn: &str) -> Arc<Event> {
        Arc::new(Event {
            sequence,
            name: EventName::UserEvent,
            this_dn: dn.into(),
            at: Now::new(Instant::now(), Duration::ZERO),
            call: None,
            agent: None,
            reference: None,
            reasons: KvList::new(),
            extensions: KvList::new(),
        })
    }

    fn numbers(kept: Result<Vec<Arc<Event>>, TooOld>) -> Result<Vec<u64>, TooOld> {
        kept.map(|events| events.iter().map(|event| event.sequence).collect())
    }

    #[test]
    fn gives_what_came_after_and_only_of_the_dns_wanted() {
        let mut replay = Replay::default();
        assert_eq!(numbers(replay.since(0, 0, |_| true)), Ok(vec![]));
        for sequence in 1..=4 {
            replay.keep(&event(sequence, if sequence == 3 { "5002" } else { "5001" }));
        }
        let since = |sequence| numbers(replay.since(sequence, 4, |dn| dn.as_str() == "5001"));
        assert_eq!(since(0), Ok(vec![1, 2, 4]));
        assert_eq!(since(2), Ok(vec![4]));
        assert_eq!(since(4), Ok(vec![]));
        assert_eq!(since(5), Err(TooOld));
        assert_eq!(since(u64::MAX), Err(TooOld));
    }

    #[test]
    fn says_when_something_is_missing_or_too_much() {
        let mut replay = Replay::default();
        let last = EVENTS_MAX as u64 + 2;
        for sequence in 1..=last {
            replay.keep(&event(sequence, "5001"));
        }
        assert_eq!(replay.events.len(), EVENTS_MAX);
        let since =
            |sequence, dn: &str| numbers(replay.since(sequence, last, |at| at.as_str() == dn));
        assert_eq!(since(1, "5002"), Err(TooOld));
        assert_eq!(since(2, "5002"), Ok(vec![]));
        assert_eq!(since(2, "5001"), Err(TooOld));
        let enough = last - REPLAYED_MAX as u64;
        assert_eq!(since(enough, "5001").unwrap().len(), REPLAYED_MAX);
        assert_eq!(since(enough - 1, "5001"), Err(TooOld));
    }
}
