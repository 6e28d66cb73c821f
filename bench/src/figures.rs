//! Figures: how many measurements spread, and the machine that they were taken on.

use std::{fmt::Write as _, fs, process::Command, time::Duration};

/// Times of one kind.
#[derive(Clone, Debug, Default)]
pub struct Spread(Vec<Duration>);

impl Spread {
    pub fn add(&mut self, time: Duration) {
        let at = self.0.partition_point(|known| *known <= time);
        self.0.insert(at, time);
    }

    pub fn append(&mut self, more: Self) {
        more.0.into_iter().for_each(|time| self.add(time));
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// In milliseconds; the share is 0 to 1.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.0.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }

    /// Cells of a table: how many, median, 95 of 100, maximum.
    pub fn cells(&self) -> String {
        let [median, p95, max] = [0.5, 0.95, 1.0].map(|share| self.quantile(share));
        format!("{} | {median:.2} | {p95:.2} | {max:.2}", self.len())
    }
}

/// What the figures were taken on, without names or dates.
pub fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value_of(&cpu, "model name", ':').unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = value_of(&system, "PRETTY_NAME", '=').unwrap_or("unknown system");
    let mut text = format!("{cores} cores of {model}; {}", system.trim_matches('"'));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel: String = kernel.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    let version = rustc.unwrap_or_default();
    let version = version.split(' ').nth(1).unwrap_or("of unknown version").to_owned();
    let _ = write!(text, ", Linux {kernel}; rustc {version}; {}", opus::version());
    text
}

/// Processes that wanted to run in the last minute: ours and other people's.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("?").to_owned()
}

fn value_of<'a>(text: &'a str, name: &str, sign: char) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(sign).map(|(_, value)| value.trim())
}
