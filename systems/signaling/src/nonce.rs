//! Nonces of digest challenges: ours by a keyed hash, so that a flood of REGISTERs costs no
//! memory; only those that someone answered rightly are remembered, with their counts.

use std::{collections::BTreeMap, fmt, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use model::{Now, random::Random};
use sha2::Sha256;

use crate::limits::{NONCE_LIFE, NONCE_USES_MAX};

/// Makes and judges nonces.
pub(crate) struct Nonces {
    key: [u8; 32],
    /// By nonce, which sorts by age since it begins with its time: the highest count so far.
    used: BTreeMap<String, u32>,
}

/// What a nonce that came back is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Ours and in time.
    Fresh,
    /// Not ours, or for someone else.
    Foreign,
    /// Ours, but too old, or used up to this count already.
    Stale,
}

impl Nonces {
    pub fn new(random: &mut Random) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Self { key, used: BTreeMap::new() }
    }

    /// A nonce for a user.
    pub fn issue(&self, now: Now, user: &str) -> String {
        let time = format!("{:012x}", now.unix_ms());
        let seal = self.seal(&time, user);
        time + &seal
    }

    /// Judges a nonce with its count (`nc`, RFC 7616 3.4); without a count a nonce is good once.
    pub fn judge(&self, now: Now, user: &str, nonce: &[u8], count: Option<u32>) -> Standing {
        let Some((time, seal)) =
            std::str::from_utf8(nonce).ok().and_then(|nonce| nonce.split_at_checked(TIME_DIGITS))
        else {
            return Standing::Foreign;
        };
        if self.seal(time, user) != seal {
            return Standing::Foreign;
        }
        let issued = u64::from_str_radix(time, 16).unwrap_or(0);
        let age = Duration::from_millis(now.unix_ms().saturating_sub(issued));
        let last = std::str::from_utf8(nonce).ok().and_then(|nonce| self.used.get(nonce));
        match last {
            _ if age >= NONCE_LIFE => Standing::Stale,
            Some(last) if count.unwrap_or(1) <= *last => Standing::Stale,
            Some(_) | None => Standing::Fresh,
        }
    }

    /// Notes that a fresh nonce was answered rightly.
    pub fn note(&mut self, now: Now, nonce: &[u8], count: Option<u32>) {
        let oldest = now.unix.saturating_sub(NONCE_LIFE).as_millis();
        let oldest = format!("{oldest:012x}");
        self.used = self.used.split_off(&oldest);
        if self.used.len() >= NONCE_USES_MAX {
            self.used.pop_first();
        }
        if let Ok(nonce) = std::str::from_utf8(nonce) {
            self.used.insert(nonce.to_owned(), count.unwrap_or(1));
        }
    }

    fn seal(&self, time: &str, user: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key length is taken");
        mac.update(time.as_bytes());
        mac.update(user.as_bytes());
        let bytes = mac.finalize().into_bytes();
        bytes.iter().take(SEAL_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonces({} used)", self.used.len())
    }
}

const TIME_DIGITS: usize = 12;
const SEAL_BYTES: usize = 12;

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn now() -> Now {
        Now::new(Instant::now(), Duration::from_secs(1_700_000_000))
    }

    #[test]
    fn a_nonce_is_good_for_its_user_its_time_and_rising_counts() {
        let mut nonces = Nonces::new(&mut Random::from_number(1));
        let nonce = nonces.issue(now(), "5001");
        let nonce = nonce.as_bytes();
        assert_eq!(nonces.judge(now(), "5001", nonce, Some(1)), Standing::Fresh);
        assert_eq!(nonces.judge(now(), "5002", nonce, Some(1)), Standing::Foreign);
        nonces.note(now(), nonce, Some(1));
        assert_eq!(nonces.judge(now(), "5001", nonce, Some(1)), Standing::Stale);
        assert_eq!(nonces.judge(now(), "5001", nonce, None), Standing::Stale);
        assert_eq!(nonces.judge(now(), "5001", nonce, Some(3)), Standing::Fresh);
        let later = now().later(NONCE_LIFE);
        assert_eq!(nonces.judge(later, "5001", nonce, Some(9)), Standing::Stale);
        assert_eq!(nonces.judge(now(), "5001", b"made up", Some(1)), Standing::Foreign);
    }

    #[test]
    fn uses_are_remembered_for_a_lifetime_and_bounded() {
        let mut nonces = Nonces::new(&mut Random::from_number(1));
        for user in 0..NONCE_USES_MAX + 10 {
            let nonce = nonces.issue(now(), &user.to_string());
            nonces.note(now(), nonce.as_bytes(), Some(1));
        }
        assert_eq!(nonces.used.len(), NONCE_USES_MAX);
        let later = now().later(NONCE_LIFE * 2);
        nonces.note(later, nonces.issue(later, "a").as_bytes(), Some(1));
        assert_eq!(nonces.used.len(), 1);
    }
}
