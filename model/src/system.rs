//! The one shape of every system.

use std::time::Instant;

use crate::Now;

/// A value that is told what happened and when, and says what should happen.
///
/// A system never reads a clock, opens a socket, takes a lock, spawns a task, awaits, or draws a
/// random number that it was not given. After each `handle_*` the caller drains `poll_output`
/// until `None`, and wakes the system again no later than `poll_timeout`.
pub trait System {
    /// What it can be told.
    type Input;
    /// What it can say.
    type Output;

    /// Something happened at `now`.
    fn handle_input(&mut self, now: Now, input: Self::Input);

    /// `now` is at or past what `poll_timeout` asked for. Spurious calls do no harm.
    fn handle_timeout(&mut self, now: Now);

    /// The next thing that should happen, oldest first.
    fn poll_output(&mut self) -> Option<Self::Output>;

    /// When the system next wants `handle_timeout`, if at all.
    fn poll_timeout(&self) -> Option<Instant>;
}
