//! Who is not heard for a while, at the sockets: what they send costs a look at their address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Those who are shut out.
#[derive(Debug, Default)]
pub(crate) struct ShutOut {
    until: Mutex<HashMap<IpAddr, Instant>>,
    /// How many there are, to be seen without a lock: usually none.
    count: AtomicUsize,
}

impl ShutOut {
    /// Shuts somebody out; a span of zero lets it in again.
    pub fn set(&self, source: IpAddr, span: Duration) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if until.len() >= SOURCES_MAX {
            until.retain(|_, end| *end > now);
        }
        if span.is_zero() {
            until.remove(&source);
        } else if until.len() < SOURCES_MAX {
            until.insert(source, now + span);
        }
        self.count.store(until.len(), Ordering::Relaxed);
    }

    /// Whether nothing of it is heard.
    pub fn has(&self, source: IpAddr) -> bool {
        if self.count.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        match until.get(&source) {
            Some(end) if *end > Instant::now() => true,
            Some(_) => {
                until.remove(&source);
                self.count.store(until.len(), Ordering::Relaxed);
                false
            }
            None => false,
        }
    }
}

/// Of one process; who comes beyond is turned away by signaling.
const SOURCES_MAX: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_shut_out_for_a_while_and_let_in_at_once_when_it_is_said() {
        let (all, source) = (ShutOut::default(), IpAddr::from([192, 0, 2, 1]));
        assert!(!all.has(source));
        all.set(source, Duration::from_secs(60));
        assert!(all.has(source) && !all.has(IpAddr::from([192, 0, 2, 2])));
        all.set(source, Duration::ZERO);
        assert!(!all.has(source));
        all.set(source, Duration::from_nanos(1));
        std::thread::sleep(Duration::from_millis(1));
        assert!(!all.has(source) && all.count.load(Ordering::Relaxed) == 0);
    }
}
