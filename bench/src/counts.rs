//! How many messages a call is made of, counted where they pass us.

use std::sync::atomic::{AtomicU64, Ordering};

/// Messages to the server (`in`) and from it (`out`).
#[derive(Debug, Default)]
pub struct Counts {
    pub trunk_in: AtomicU64,
    pub trunk_out: AtomicU64,
    pub phone_in: AtomicU64,
    pub phone_out: AtomicU64,
    pub push_in: AtomicU64,
    pub push_out: AtomicU64,
    /// HTTP requests; each has its response.
    pub requests: AtomicU64,
}

/// A reading of [`Counts`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Messages {
    pub trunk: u64,
    pub phone: u64,
    pub push: u64,
    pub http: u64,
}

impl Counts {
    pub fn messages(&self) -> Messages {
        let of = |one: &AtomicU64| one.load(Ordering::Relaxed);
        Messages {
            trunk: of(&self.trunk_in) + of(&self.trunk_out),
            phone: of(&self.phone_in) + of(&self.phone_out),
            push: of(&self.push_in) + of(&self.push_out),
            http: 2 * of(&self.requests),
        }
    }
}

impl Messages {
    pub fn since(self, before: Self) -> Self {
        Self {
            trunk: self.trunk - before.trunk,
            phone: self.phone - before.phone,
            push: self.push - before.push,
            http: self.http - before.http,
        }
    }

    pub fn all(self) -> u64 {
        self.trunk + self.phone + self.push + self.http
    }
}
