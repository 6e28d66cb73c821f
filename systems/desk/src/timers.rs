//! What the desk waits for, one deadline each.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use model::{ReferenceId, UserName, id::SocketId};

use crate::{bayeux::ClientKey, session::SessionId};

/// What a deadline is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// An agent has no browser.
    Absent(UserName),
    /// A password is being checked.
    Check(u64),
    /// A connect is held, or missing.
    Client(ClientKey),
    /// The switch has a request, or had it and may still refuse it.
    Request(ReferenceId),
    /// A session may be idle.
    Session(SessionId),
    /// A WebSocket has not said who it is.
    Socket(SocketId),
}

/// Deadlines in order; setting one again moves it.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    order: BTreeSet<(Instant, Timer)>,
    deadlines: BTreeMap<Timer, Instant>,
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        self.cancel(&timer);
        self.deadlines.insert(timer.clone(), at);
        self.order.insert((at, timer));
    }

    pub(crate) fn cancel(&mut self, timer: &Timer) {
        if let Some(at) = self.deadlines.remove(timer) {
            self.order.remove(&(at, timer.clone()));
        }
    }

    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        if self.order.first()?.0 > now {
            return None;
        }
        let (_, timer) = self.order.pop_first()?;
        self.deadlines.remove(&timer);
        Some(timer)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }
}
