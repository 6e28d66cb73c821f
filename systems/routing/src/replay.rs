//! The past once more, under another configuration: the same callers come at the same times, the
//! same agents are there, and the router decides anew.
//!
//! What is not known is assumed, the same for every configuration that is compared:
//! - A caller who was answered waits as long as it takes; one who gave up does so after the same
//!   time. Who is answered who had given up talks for as long as the average.
//! - Phones ring for the average time, and are answered.
//! - Announcements last five seconds; nobody presses keys; programs over HTTP do not answer.
//! - A call that goes out of the site, or leaves a message, is over.

mod figures;
mod run;

use std::{sync::Arc, time::Instant};

use model::{
    Configuration,
    replay::{Lived, Past},
};

pub use figures::as_it_was;

/// What would have come of a span under a configuration. Takes some seconds for a large day; needs
/// no other part of the program. `any`: a moment of the clock, no matter which.
#[must_use]
pub fn replay(
    past: &Past,
    configuration: Arc<Configuration>,
    in_time_s: u32,
    any: Instant,
) -> Lived {
    let mut run = run::Run::new(past, configuration, any);
    run.live();
    let (fates, occupancy) = run.into_fates();
    figures::lived(past, &fates, occupancy, in_time_s)
}
