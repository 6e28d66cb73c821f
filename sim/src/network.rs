//! The virtual network: deliveries in the order of their time.

use std::{collections::BTreeMap, time::Duration};

use board::Input;
use model::{Now, id::FlowId, random::Random};

/// How the datagram network behaves. Streams are reliable and in order.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Datagrams lost of 1000.
    pub loss_per_mille: u64,
    /// Least delay.
    pub delay: Duration,
    /// What may be added at random; more than the gap between datagrams reorders them.
    pub jitter: Duration,
}

impl Weather {
    /// Loopback on a good day.
    #[must_use]
    pub fn fair() -> Self {
        Self { loss_per_mille: 0, delay: Duration::from_millis(1), jitter: Duration::ZERO }
    }

    /// A bad link: a tenth of the datagrams is lost, the others overtake one another.
    #[must_use]
    pub fn foul() -> Self {
        Self {
            loss_per_mille: 100,
            delay: Duration::from_millis(10),
            jitter: Duration::from_millis(60),
        }
    }
}

/// Something on its way.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// To the board.
    Board(Input),
    /// A datagram to the caller with this number.
    Caller(usize, Vec<u8>),
    /// A WebSocket message to a page; lost when the page is gone by then.
    Page(FlowId, Vec<u8>),
    /// Let callers look at their timers.
    Tick,
}

/// What is on its way, by arrival.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) weather: Weather,
    random: Random,
    under_way: BTreeMap<(Now, u64), Delivery>,
    next: u64,
}

impl Network {
    pub(crate) fn new(weather: Weather, random: Random) -> Self {
        Self { weather, random, under_way: BTreeMap::new(), next: 0 }
    }

    /// Puts a datagram on its way; it may never arrive.
    pub(crate) fn datagram(&mut self, now: Now, delivery: Delivery) {
        if self.random.below(1000) < self.weather.loss_per_mille {
            return;
        }
        let jitter_us = u64::try_from(self.weather.jitter.as_micros()).unwrap_or(0);
        let jitter = Duration::from_micros(self.random.below(jitter_us + 1));
        self.at(now.later(self.weather.delay + jitter), delivery);
    }

    /// Puts something on a reliable way with the network's least delay.
    pub(crate) fn stream(&mut self, now: Now, delivery: Delivery) {
        self.at(now.later(self.weather.delay), delivery);
    }

    pub(crate) fn at(&mut self, when: Now, delivery: Delivery) {
        self.under_way.insert((when, self.next), delivery);
        self.next += 1;
    }

    pub(crate) fn next_at(&self) -> Option<Now> {
        self.under_way.keys().next().map(|(when, _)| *when)
    }

    pub(crate) fn pop(&mut self) -> Option<(Now, Delivery)> {
        self.under_way.pop_first().map(|((when, _), delivery)| (when, delivery))
    }
}
