//! One call: its ladder and its legs.

use std::collections::{BTreeSet, VecDeque};

use model::{CallUuid, LegId, story::Rung};

/// A call that is up or has just ended.
#[derive(Debug)]
pub struct Call {
    /// CallUUID.
    pub uuid: Option<CallUuid>,
    /// The legs that were in it.
    pub legs: BTreeSet<LegId>,
    /// When the first thing was told.
    pub began_ms: u64,
    /// It was over then.
    pub ended_ms: Option<u64>,
    first: Vec<Rung>,
    last: VecDeque<Rung>,
    left_out: u32,
}

impl Call {
    /// Of which nothing is told yet.
    pub fn new(began_ms: u64) -> Self {
        Self {
            uuid: None,
            legs: BTreeSet::new(),
            began_ms,
            ended_ms: None,
            first: Vec::new(),
            last: VecDeque::new(),
            left_out: 0,
        }
    }

    /// One hand-over more. Of very many those in the middle are left out.
    pub fn tell(&mut self, rung: Rung) {
        self.began_ms = self.began_ms.min(rung.at_ms);
        if self.first.len() < FIRST_MAX {
            self.first.push(rung);
            return;
        }
        if self.last.len() == LAST_MAX {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(rung);
    }

    /// What was told before the call had a name comes first.
    pub fn tell_earlier(&mut self, rungs: Vec<Rung>) {
        rungs.into_iter().for_each(|rung| self.tell(rung));
        self.first.sort_by_key(|rung| rung.at_ms);
    }

    /// The ladder and how many rungs are missing in it.
    pub fn ladder(&self) -> (Vec<Rung>, u32) {
        (self.first.iter().chain(&self.last).cloned().collect(), self.left_out)
    }
}

/// A call with a consultation and a transfer has some 150.
const FIRST_MAX: usize = 400;
const LAST_MAX: usize = 200;
