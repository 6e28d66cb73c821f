//! The control thread: the one that owns the board.
//!
//! It waits for whatever comes first, an input or the board's next timer, and carries out what
//! the board says. It never blocks on anything else, so a wedged page or disk can't touch a call.

use std::time::{Duration, Instant};

use board::{Board, Input};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use model::{System, media::MediaCommand, monitor::Metric};
use tokio::sync::watch;

use crate::{counters::Saved, ports::Ports};

/// What the control thread is told.
pub enum Order {
    /// For the board.
    Board(Input),
    /// For the media thread.
    Media(MediaCommand),
    /// Take no new calls; end when the live ones have ended, or at the limit.
    Drain(Duration),
}

/// The control thread's belongings.
pub struct Control {
    /// The board.
    pub board: Board,
    /// What comes in.
    pub orders: Receiver<Order>,
    /// What carries out.
    pub ports: Ports,
    /// The text of `/metrics`.
    pub metrics: watch::Sender<String>,
}

impl Control {
    /// Runs until drained or until nobody can send orders any more; gives the ports back for a
    /// clean end, with what was counted.
    pub fn run(mut self) -> (Ports, Saved) {
        self.serve();
        let now = crate::now();
        let counted = self.board.save(now);
        self.board.finish_stories(now);
        self.perform();
        (self.ports, counted)
    }

    fn serve(&mut self) {
        let mut metrics_at = Instant::now();
        let mut save_at = metrics_at + SAVE_EVERY;
        let mut drain_until: Option<Instant> = None;
        loop {
            let wake = self.board.poll_timeout().map_or(metrics_at, |at| at.min(metrics_at));
            let wait = wake.saturating_duration_since(Instant::now());
            match self.orders.recv_timeout(wait) {
                Ok(order) => self.handle_some(order, &mut drain_until),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = crate::now();
            if self.board.poll_timeout().is_some_and(|at| at <= now.instant) {
                self.board.handle_timeout(now);
            }
            self.perform();
            if now.instant >= metrics_at {
                metrics_at = now.instant + METRICS_EVERY;
                let mut metrics = self.board.metrics();
                metrics.extend(self.ports.metrics());
                self.metrics.send_replace(text(&metrics));
            }
            if now.instant >= save_at {
                save_at = now.instant + SAVE_EVERY;
                self.ports.counters.save(self.board.save(now));
            }
            let is_idle = self.board.systems().switch.is_idle();
            if drain_until.is_some_and(|limit| is_idle || now.instant >= limit) {
                return;
            }
        }
    }

    /// This order and those behind it, but not so many that timers wait.
    fn handle_some(&mut self, first: Order, drain_until: &mut Option<Instant>) {
        let waiting = self.orders.try_iter().take(ORDERS_AT_ONCE).collect::<Vec<_>>();
        for order in std::iter::once(first).chain(waiting) {
            match order {
                Order::Board(input) => self.board.handle_input(crate::now(), input),
                Order::Media(command) => self.ports.send_media(command),
                Order::Drain(limit) => {
                    self.board.handle_input(crate::now(), Input::Drain);
                    *drain_until = Some(Instant::now() + limit);
                }
            }
            self.perform();
        }
    }

    fn perform(&mut self) {
        while let Some(output) = self.board.poll_output() {
            self.ports.perform(output);
        }
    }
}

/// Prometheus text format 0.0.4.
fn text(metrics: &[Metric]) -> String {
    let mut text = String::new();
    let mut described = "";
    for metric in metrics {
        if metric.name != described {
            described = metric.name;
            let kind = if metric.is_counter { "counter" } else { "gauge" };
            text.push_str(&format!(
                "# HELP {described} {}\n# TYPE {described} {kind}\n",
                metric.help
            ));
        }
        let labels: Vec<String> = metric
            .labels
            .iter()
            .map(|(name, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                format!("{name}=\"{value}\"")
            })
            .collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        text.push_str(&format!("{described}{labels} {}\n", metric.value));
    }
    text
}

const METRICS_EVERY: Duration = Duration::from_secs(1);
/// What a crash costs the Stat Server at most.
const SAVE_EVERY: Duration = Duration::from_secs(60);
const ORDERS_AT_ONCE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_described_once_and_their_labels_quoted() {
        let metric = |reason: &str| Metric {
            name: "cordboard_sip_refused_total",
            help: "Refused.",
            is_counter: true,
            labels: vec![("reason", reason.into())],
            value: 2.0,
        };
        assert_eq!(
            text(&[metric("a\"b"), metric("c")]),
            "# HELP cordboard_sip_refused_total Refused.\n\
             # TYPE cordboard_sip_refused_total counter\n\
             cordboard_sip_refused_total{reason=\"a\\\"b\"} 2\n\
             cordboard_sip_refused_total{reason=\"c\"} 2\n"
        );
    }
}
