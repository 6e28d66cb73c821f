//! Nothing is allocated per packet once a call runs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use std::alloc::System;

use model::LegId;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use world::World;
use world::browser::Browser;
use world::phone::Phone;
use world::recording::recording;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn a_call_that_runs_allocates_nothing_but_its_reports() {
    let mut world = World::new();
    world.meter = Some(|| {
        let stats = ALLOCATOR.stats();
        stats.allocations + stats.reallocations
    });
    world.take_phone_call(LegId(1), Phone::new("10.0.0.7:4000"));
    let browser = Browser::new(world.now, "10.0.0.9:50000");
    world.call_browser(LegId(2), browser);
    world.connect(LegId(1), LegId(2));
    world.run(10_000);
    world.cost = Default::default();
    world.run(20_000);
    let cost = world.cost;
    let packets = cost.browser_packets.1 + cost.plain_packets.1;
    assert!(packets > 2000, "{cost:?}");
    // ICE checks (one every few seconds, answered by a crate that allocates) and the facts that
    // tell quality remain.
    assert!(cost.allocations < 150, "{cost:?}");
    for leg in 3..=5 {
        world.take_phone_call(LegId(leg), Phone::new(&format!("10.0.0.{leg}:4000")));
    }
    let everybody: Vec<LegId> = (1..=5).map(LegId).collect();
    everybody.iter().for_each(|leg| world.hear(*leg, &everybody));
    world.run(10_000);
    world.cost = Default::default();
    world.run(20_000);
    assert!(world.cost.plain_packets.1 > 4000, "{:?}", world.cost);
    // And one for each report of who speaks, every 250 ms.
    assert!(world.cost.allocations < 150 + 80, "{:?}", world.cost);
    let id = recording(0);
    world.start_recording(id);
    world.record_hears(id, &everybody[..4], &everybody[4..]);
    world.run(1000);
    world.recorded.clear();
    world.cost = Default::default();
    world.run(20_000);
    assert_eq!(world.recorded.len(), 100);
    // And one for each recorded piece of 200 ms.
    assert!(world.cost.allocations < 150 + 80 + 100, "{:?}", world.cost);
}
