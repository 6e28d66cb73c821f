//! Counters of the desk.

use model::monitor::Metric;

/// What has been counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) requests: u64,
    pub(crate) responses_refused: u64,
    pub(crate) responses_failed: u64,
    pub(crate) logins_failed: u64,
    pub(crate) logins_slowed: u64,
    pub(crate) messages_delivered: u64,
    pub(crate) clients_overflowed: u64,
    pub(crate) requests_overdue: u64,
}

impl Meter {
    pub(crate) fn response(&mut self, status: u16) {
        match status {
            400..=499 => self.responses_refused += 1,
            500.. => self.responses_failed += 1,
            _ => {}
        }
    }

    pub(crate) fn metrics(&self, gauges: &[(&'static str, &'static str, usize)]) -> Vec<Metric> {
        let counters = [
            ("cordboard_desk_requests_total", "HTTP requests.", self.requests),
            ("cordboard_desk_refused_total", "Responses 4xx.", self.responses_refused),
            ("cordboard_desk_failed_total", "Responses 5xx.", self.responses_failed),
            ("cordboard_desk_logins_failed_total", "Wrong passwords.", self.logins_failed),
            ("cordboard_desk_logins_slowed_total", "Log-ins put off.", self.logins_slowed),
            ("cordboard_desk_pushed_total", "Bayeux messages sent.", self.messages_delivered),
            (
                "cordboard_desk_clients_overflowed_total",
                "Bayeux clients dropped because they did not fetch.",
                self.clients_overflowed,
            ),
            (
                "cordboard_desk_requests_overdue_total",
                "Requests that the switch took too long over.",
                self.requests_overdue,
            ),
        ];
        let line = |name, help, is_counter, value| Metric {
            name,
            help,
            is_counter,
            labels: Vec::new(),
            value,
        };
        let counters = counters.into_iter().map(|(n, h, v)| line(n, h, true, v as f64));
        let gauges = gauges.iter().map(|(n, h, v)| line(n, h, false, *v as f64));
        counters.chain(gauges).collect()
    }
}
