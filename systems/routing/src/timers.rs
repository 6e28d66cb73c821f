//! What the router waits for, and how long.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use model::{ConnId, Dn, ReferenceId};

/// A time that runs. One that has lost its reason does nothing when it is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timer {
    /// An agent who was put aside is chosen again.
    Aside(Dn),
    /// A claim is over even when the switch never said what became of it.
    Claim(Dn, ReferenceId),
    /// A promise to call back is not kept any more.
    Expire(ConnId),
    /// Something else is heard, by a call that hears this piece of its pastime.
    Pastime(ConnId, usize),
    /// A call that was refused many times is tried again.
    Rest(ConnId),
    /// A call that left an agent's phone did not come back.
    Return(ConnId),
    /// The switch has not said what became of a call that was sent somewhere.
    Sent(ReferenceId),
    /// The operation that a call waits in may be over.
    Step(ConnId),
    /// A program has not answered.
    Webhook(ReferenceId),
}

/// Timers by when they are due.
#[derive(Debug, Default)]
pub struct Timers {
    due: BTreeMap<(Instant, u64), Timer>,
    count: u64,
}

impl Timers {
    pub fn set(&mut self, at: Instant, timer: Timer) {
        self.count += 1;
        self.due.insert((at, self.count), timer);
    }

    /// The earliest that is due, once.
    pub fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let first = self.due.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    pub fn next(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }
}

/// How long a call waits between tries to send it to its default.
pub const DEFAULT_AGAIN: Duration = Duration::from_secs(5);
/// How long an agent is not chosen after a refusal, and how long a call that was refused many
/// times in a row rests.
pub const ASIDE: Duration = Duration::from_secs(2);
/// The usual reserve time-out of routers.
pub const CLAIM_LIMIT: Duration = Duration::from_secs(30);
/// How long a call's place is kept after its agent's phone stopped ringing.
pub const RETURN_LIMIT: Duration = Duration::from_secs(60);
