//! When growing windows begin anew, looked up once for all statistics of a profile.

use std::collections::BTreeMap;

use model::stat::Growing;

/// The last answer for each profile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resets(BTreeMap<Growing, (u64, u64)>);

impl Resets {
    /// The first reset after a time by the wall clock, in milliseconds since 1970.
    pub fn after(&mut self, growing: &Growing, wall: u64) -> u64 {
        match self.0.get(growing) {
            Some((from, next)) if (*from..*next).contains(&wall) => *next,
            Some(_) | None => {
                let next = growing.next_reset(wall);
                if self.0.len() >= PROFILES_MAX {
                    self.0.clear();
                }
                self.0.insert(growing.clone(), (wall, next));
                next
            }
        }
    }
}

/// More profiles than this are looked up again.
const PROFILES_MAX: usize = 1_000;
