//! Who is heard: scanners and floods are turned away before anything is done for them.
//!
//! Carriers, phones that proved who they are and the networks that the site allows are heard in
//! full. Strangers are heard at the pace of strangers, each and all together, so that what they
//! can cost is bounded. Who makes nothing but trouble is shut out for a while, at the sockets.
//!
//! An address in a datagram proves nothing: who is shut out for datagrams that anybody could have
//! sent in its name is so for a minute; who held a connection, or answered a challenge, for longer
//! and longer.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    time::{Duration, Instant},
};

use model::{Now, monitor::Metric, network::Network};

/// What somebody did that no phone and no carrier does often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offence {
    /// A call from nowhere.
    Call,
    /// Bytes that are no SIP.
    Garbage,
    /// Another's DN.
    UnknownDn,
    /// Another's password: only who heard our challenge can have a wrong answer to it.
    WrongPassword,
}

/// The door.
#[derive(Debug)]
pub(crate) struct Door {
    allowed: Vec<Network>,
    carriers: HashSet<IpAddr>,
    /// Phones that proved who they are, and for how long that is remembered.
    known: HashMap<IpAddr, Instant>,
    strangers: HashMap<IpAddr, Stranger>,
    /// What all strangers together may still say.
    together: Bucket,
    tidied: Option<Instant>,
    turned_away: u64,
    times: u64,
}

#[derive(Debug)]
struct Stranger {
    bucket: Bucket,
    trouble: f64,
    counted: Instant,
    shut_out_until: Option<Instant>,
    /// How often it was.
    times: u32,
}

/// Tokens that come back with time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    filled: Option<Instant>,
}

impl Bucket {
    fn full(burst: f64) -> Self {
        Self { tokens: burst, filled: None }
    }

    fn take(&mut self, now: Instant, (per_s, burst): (f64, f64)) -> bool {
        let since = self.filled.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.filled = Some(now);
        self.tokens = (self.tokens + since * per_s).min(burst);
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}

impl Door {
    pub fn new(allowed: Vec<Network>) -> Self {
        Self {
            allowed,
            carriers: HashSet::new(),
            known: HashMap::new(),
            strangers: HashMap::new(),
            together: Bucket::full(TOGETHER.1),
            tidied: None,
            turned_away: 0,
            times: 0,
        }
    }

    /// Where carriers speak from, all of them. Returns those who were shut out as strangers.
    pub fn carriers_are(&mut self, carriers: HashSet<IpAddr>) -> Vec<IpAddr> {
        self.carriers = carriers;
        let strangers = &mut self.strangers;
        let before = self.carriers.iter().filter_map(|ip| Some((*ip, strangers.remove(ip)?)));
        before.filter(|(_, one)| one.shut_out_until.is_some()).map(|(ip, _)| ip).collect()
    }

    /// A phone there proved who it is.
    pub fn knows(&mut self, now: Now, source: IpAddr) {
        if self.known.len() >= SOURCES_MAX {
            self.known.retain(|_, until| *until > now.instant);
        }
        if self.known.len() < SOURCES_MAX {
            self.known.insert(source, now.instant + KNOWN_FOR);
        }
        self.strangers.remove(&source);
    }

    /// Whether a message from there is looked at.
    pub fn lets_in(&mut self, now: Now, source: IpAddr) -> bool {
        let is_in = self.is_welcome(now, source) || self.hears_stranger(now.instant, source);
        if !is_in {
            self.turned_away += 1;
        }
        is_in
    }

    /// Notes what somebody did. Says for how long it is shut out, if this was too much.
    pub fn note(
        &mut self,
        now: Now,
        source: IpAddr,
        offence: Offence,
        is_proven: bool,
    ) -> Option<Duration> {
        if self.is_welcome(now, source) {
            return None;
        }
        let stranger = self.stranger(now.instant, source)?;
        let since = now.instant.saturating_duration_since(stranger.counted).as_secs_f64();
        stranger.counted = now.instant;
        stranger.trouble = (stranger.trouble - since * FORGIVEN_PER_S).max(0.0) + offence.weight();
        if stranger.trouble < TROUBLE_MAX {
            return None;
        }
        stranger.trouble = 0.0;
        let is_proven = is_proven || offence == Offence::WrongPassword;
        let (first, longest) = if is_proven { PROVEN } else { UNPROVEN };
        let span = (first * 2_u32.pow(stranger.times.min(DOUBLINGS_MAX))).min(longest);
        stranger.times += 1;
        stranger.shut_out_until = Some(now.instant + span);
        self.times += 1;
        Some(span)
    }

    /// For `/metrics`.
    pub fn metrics(&self) -> [Metric; 2] {
        let counter = |name, help, value: u64| Metric {
            name,
            help,
            is_counter: true,
            labels: Vec::new(),
            value: value as f64,
        };
        [
            counter(
                "cordboard_sip_turned_away_total",
                "Messages of strangers that were not looked at",
                self.turned_away,
            ),
            counter("cordboard_sip_shut_out_total", "Times that a source was shut out", self.times),
        ]
    }

    fn is_welcome(&self, now: Now, source: IpAddr) -> bool {
        self.carriers.contains(&source)
            || self.known.get(&source).is_some_and(|until| *until > now.instant)
            || self.allowed.iter().any(|network| network.has(source))
    }

    fn hears_stranger(&mut self, now: Instant, source: IpAddr) -> bool {
        if let Some(stranger) = self.stranger(now, source) {
            let is_out = stranger.shut_out_until.is_some_and(|until| until > now);
            if is_out || !stranger.bucket.take(now, EACH) {
                return false;
            }
        }
        self.together.take(now, TOGETHER)
    }

    /// What is known of a stranger; `None` when there are too many to know.
    fn stranger(&mut self, now: Instant, source: IpAddr) -> Option<&mut Stranger> {
        if self.strangers.len() >= SOURCES_MAX && !self.strangers.contains_key(&source) {
            let may_tidy = self.tidied.is_none_or(|at| now.saturating_duration_since(at) > TIDY);
            if may_tidy {
                self.tidied = Some(now);
                self.strangers.retain(|_, one| {
                    let span = if one.times > 0 { REMEMBERED } else { TIDY };
                    now.saturating_duration_since(one.counted) < span
                });
            }
            if self.strangers.len() >= SOURCES_MAX {
                return None;
            }
        }
        Some(self.strangers.entry(source).or_insert_with(|| Stranger {
            bucket: Bucket::full(EACH.1),
            trouble: 0.0,
            counted: now,
            shut_out_until: None,
            times: 0,
        }))
    }
}

impl Offence {
    fn weight(self) -> f64 {
        match self {
            // Broken programs send it too, and it costs next to nothing.
            Self::Garbage => 0.5,
            Self::WrongPassword => 2.0,
            Self::Call | Self::UnknownDn => 3.0,
        }
    }

    /// For the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "calls from no trunk and no phone",
            Self::Garbage => "bytes that are no SIP",
            Self::UnknownDn => "registrations of DNs that there are not",
            Self::WrongPassword => "wrong passwords",
        }
    }
}

/// Messages of one stranger: in a second, and at once. A phone that starts sends five.
const EACH: (f64, f64) = (20.0, 60.0);
/// Of all of them. What they make us remember for half a minute stays a fraction of what we can.
const TOGETHER: (f64, f64) = (500.0, 1_000.0);
/// A scanner reaches it with its tenth number.
const TROUBLE_MAX: f64 = 30.0;
/// A phone that is configured wrongly asks once a minute, and is forgiven meanwhile.
const FORGIVEN_PER_S: f64 = 0.1;
/// For what anybody could have sent: first, and at most.
const UNPROVEN: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(600));
const PROVEN: (Duration, Duration) = (Duration::from_secs(600), Duration::from_secs(86_400));
const DOUBLINGS_MAX: u32 = 10;
/// Longer than phones register for.
const KNOWN_FOR: Duration = Duration::from_secs(4 * 3600);
const SOURCES_MAX: usize = 16_384;
/// Strangers who were quiet for so long are forgotten when there are too many.
const TIDY: Duration = Duration::from_secs(10);
const REMEMBERED: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ip(last: u32) -> IpAddr {
        IpAddr::from((0xC000_0200_u32 + last).to_be_bytes())
    }

    fn now() -> Now {
        Now::new(Instant::now(), Duration::from_secs(1_800_000_000))
    }

    #[test]
    fn a_stranger_is_heard_at_a_stranger_s_pace_and_carriers_in_full() {
        let mut door = Door::new(vec!["10.0.0.0/8".parse().unwrap()]);
        assert!(door.carriers_are([ip(1)].into()).is_empty());
        let start = now();
        door.knows(start, ip(2));
        let heard =
            |door: &mut Door, source, at| (0..1000).filter(|_| door.lets_in(at, source)).count();
        for source in [ip(1), ip(2), IpAddr::from([10, 1, 1, 1])] {
            assert_eq!(heard(&mut door, source, start), 1000);
        }
        assert_eq!(heard(&mut door, ip(3), start), 60);
        assert_eq!(heard(&mut door, ip(3), start.later(Duration::from_secs(1))), 20);
        let later = start.later(KNOWN_FOR + Duration::from_secs(1));
        assert_eq!(heard(&mut door, ip(2), later), 60, "who proved it long ago is a stranger");
    }

    #[test]
    fn all_strangers_together_are_heard_so_often_and_no_more_and_cost_so_much_memory() {
        let mut door = Door::new(Vec::new());
        let mut at = now();
        let mut heard = 0;
        for second in 0..20_u32 {
            for one in 0..5_000 {
                heard += u32::from(door.lets_in(at, ip(second * 5_000 + one)));
            }
            at = at.later(Duration::from_secs(1));
        }
        assert!((10_000..=11_000).contains(&heard), "{heard} of 100,000");
        assert!(door.strangers.len() <= SOURCES_MAX);
    }

    #[test]
    fn a_scanner_is_shut_out_longer_each_time_and_a_misconfigured_phone_never() {
        let mut door = Door::new(Vec::new());
        let mut at = now();
        let spans: Vec<u64> = (0..3)
            .map(|_| {
                let mut notes = (1..).map(|_| door.note(at, ip(1), Offence::UnknownDn, false));
                let span = notes.find_map(|span| span).unwrap();
                assert!(!door.lets_in(at, ip(1)));
                assert!(door.lets_in(at, ip(2)), "nobody else");
                at = at.later(span);
                assert!(door.lets_in(at, ip(1)));
                span.as_secs()
            })
            .collect();
        assert_eq!(spans, [60, 120, 240]);
        for _ in 0..1000 {
            assert_eq!(door.note(at, ip(3), Offence::UnknownDn, false), None);
            at = at.later(Duration::from_secs(40));
        }
        assert_eq!(door.carriers_are([ip(1)].into()), [ip(1)], "a trunk that is new");
        assert!(door.lets_in(at, ip(1)));
        let guesses = (1..).find_map(|n| {
            door.note(at, ip(4), Offence::WrongPassword, false).map(|span| (n, span.as_secs()))
        });
        assert_eq!(guesses, Some((15, 600)), "who has a wrong answer is who it says");
    }

    #[test]
    fn who_is_allowed_is_never_shut_out() {
        let mut door = Door::new(vec!["192.0.2.0/24".parse().unwrap()]);
        let at = now();
        assert!((0..1000).all(|_| door.note(at, ip(1), Offence::Call, true).is_none()));
        assert!(door.lets_in(at, ip(1)));
    }
}
