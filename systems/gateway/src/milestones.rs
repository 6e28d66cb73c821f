//! The steps on the way to sound, each told when it is reached.

use std::net::SocketAddr;

use model::{
    LegId,
    media::{MediaFact, Milestone},
};

/// What a leg has reached.
#[derive(Default)]
pub struct Milestones {
    reached: Vec<(Milestone, Option<SocketAddr>)>,
}

impl Milestones {
    /// Tells it once; of `IceNominated` each other address too.
    pub fn reach(
        &mut self,
        leg: LegId,
        milestone: Milestone,
        address: Option<SocketAddr>,
        facts: &mut Vec<MediaFact>,
    ) {
        let known = self.reached.iter_mut().find(|(known, _)| *known == milestone);
        match known {
            Some((_, before)) if milestone == Milestone::IceNominated && *before != address => {
                *before = address;
            }
            Some(_) => return,
            None => self.reached.push((milestone, address)),
        }
        facts.push(MediaFact::Reached { leg, milestone, address });
    }
}
