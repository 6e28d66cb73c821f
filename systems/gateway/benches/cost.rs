//! What calls cost the shard, without sockets: `cargo bench -p gateway`. Peers run in the same
//! thread and are not counted. Virtual time, real work.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../tests/world/mod.rs"]
mod world;

use std::io::Write;
use std::time::Duration;

use model::LegId;
use model::media::Tune;
use str0m::format::Codec;
use world::World;
use world::browser::Browser;
use world::phone::Phone;

fn main() {
    let mut out = std::io::stdout().lock();
    for (name, codec) in [("Opus to G.711 and back", Codec::Opus), ("G.711 both", Codec::PCMU)] {
        let mut world = World::new();
        for n in 0..CALLS {
            call(&mut world, n, codec);
        }
        world.run(3000);
        world.cost = Default::default();
        world.run(SECONDS * 1000);
        let cost = world.cost;
        let call_seconds = (CALLS * SECONDS) as f64;
        let total = cost.browser_packets.0 + cost.plain_packets.0 + cost.ticks.0 + cost.transmits.0;
        let each = |(spent, count): (Duration, u32)| spent.as_secs_f64() * 1e6 / f64::from(count);
        writeln!(
            out,
            "{name}: {:.2} ms per call-second; browser packet {:.2} us, plain packet {:.2} us, \
             20 ms of one call in both directions {:.2} us, transmit {:.3} us",
            total.as_secs_f64() * 1e3 / call_seconds,
            each(cost.browser_packets),
            each(cost.plain_packets),
            cost.ticks.0.as_secs_f64() * 1e6 / (call_seconds * 50.0),
            each(cost.transmits),
        )
        .unwrap();
    }
    let mut world = World::new();
    for n in 0..CALLS {
        world.take_phone_call(LegId(n), Phone::new(&format!("10.0.1.{n}:4000")));
        world.play(LegId(n), Tune::Music);
    }
    world.cost = Default::default();
    world.run(SECONDS * 1000);
    let spent = world.cost.ticks.0 + world.cost.plain_packets.0 + world.cost.transmits.0;
    let each = spent.as_secs_f64() * 1e3 / (CALLS * SECONDS) as f64;
    writeln!(out, "a caller who waits with music: {each:.3} ms per second").unwrap();
    for (name, browsers) in [("phones", 0), ("browsers", PARTIES)] {
        let each = conference(browsers);
        writeln!(out, "a conference of {PARTIES} {name}: {each:.2} ms per second").unwrap();
    }
}

/// Milliseconds per second that one conference costs in all.
fn conference(browsers: u64) -> f64 {
    let mut world = World::new();
    let everybody: Vec<LegId> = (0..PARTIES).map(LegId).collect();
    for n in 0..PARTIES {
        if n < browsers {
            let browser = Browser::new(world.now, &format!("10.0.2.{n}:50000"));
            world.call_browser(LegId(n), browser);
        } else {
            world.take_phone_call(LegId(n), Phone::new(&format!("10.0.1.{n}:4000")));
        }
    }
    everybody.iter().for_each(|leg| world.hear(*leg, &everybody));
    world.run(3000);
    world.cost = Default::default();
    world.run(SECONDS * 1000);
    let cost = world.cost;
    let total = cost.browser_packets.0 + cost.plain_packets.0 + cost.ticks.0 + cost.transmits.0;
    total.as_secs_f64() * 1e3 / SECONDS as f64
}

fn call(world: &mut World, n: u64, codec: Codec) {
    let (trunk, agent) = (LegId(2 * n), LegId(2 * n + 1));
    world.take_phone_call(trunk, Phone::new(&format!("10.0.1.{n}:4000")));
    let address = format!("10.0.2.{n}:50000");
    let browser = Browser::with(world.now, &address, &[codec], None);
    world.call_browser(agent, browser);
    world.connect(trunk, agent);
}

const CALLS: u64 = 10;
const PARTIES: u64 = 10;
const SECONDS: u64 = 10;
