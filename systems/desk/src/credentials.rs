//! Credentials that were found right lately, and those that were found wrong.
//!
//! Checking a password takes a good part of a second on purpose. A program that sends HTTP Basic
//! with every request would pay that each time, so what fits is remembered for some minutes as a
//! keyed digest, and forgotten when the person's hash changes. Wrong passwords are counted per
//! person and address; after a few, the next try has to wait, longer each time.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::IpAddr,
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit, Mac};
use model::{Configuration, Now, UserName};
use sha2::Sha256;

/// Digest of credentials under this process's key.
pub(crate) type Digest = [u8; 32];

/// Right and wrong ones.
pub(crate) struct Credentials {
    key: [u8; 32],
    verified: HashMap<Digest, Verified>,
    failures: BTreeMap<(UserName, IpAddr), Failures>,
    /// Keys of `failures`, oldest first.
    failure_order: VecDeque<(UserName, IpAddr)>,
}

#[derive(Debug)]
struct Verified {
    user: UserName,
    hash: String,
    until: Instant,
}

#[derive(Debug)]
struct Failures {
    count: u32,
    blocked_until: Instant,
}

impl std::fmt::Debug for Credentials {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({} verified)", self.verified.len())
    }
}

impl Credentials {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            verified: HashMap::new(),
            failures: BTreeMap::new(),
            failure_order: VecDeque::new(),
        }
    }

    /// The digest of these parts, in this order.
    pub(crate) fn digest(&self, parts: &[&[u8]]) -> Digest {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes any key");
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Whether these credentials were right lately and the person's hash is still the same.
    pub(crate) fn is_verified(&self, now: Now, digest: &Digest, hash: &str) -> bool {
        self.verified.get(digest).is_some_and(|v| v.until > now.instant && v.hash == hash)
    }

    pub(crate) fn remember(&mut self, now: Now, digest: Digest, user: UserName, hash: String) {
        if self.verified.len() >= VERIFIED_MAX {
            self.verified.retain(|_, v| v.until > now.instant);
        }
        if self.verified.len() >= VERIFIED_MAX {
            self.verified.clear();
        }
        self.verified.insert(digest, Verified { user, hash, until: now.instant + VERIFIED_FOR });
    }

    /// Forgets people who are gone or have another password.
    pub(crate) fn configure(&mut self, configuration: &Configuration) {
        self.verified.retain(|_, verified| {
            let person = configuration.persons.get(&verified.user);
            person.is_some_and(|person| person.password_hash == verified.hash)
        });
    }

    /// How long this person has to wait at this address, if at all.
    pub(crate) fn wait(&self, now: Now, user: &UserName, peer: IpAddr) -> Option<Duration> {
        let failures = self.failures.get(&(user.clone(), peer))?;
        failures.blocked_until.checked_duration_since(now.instant).filter(|wait| !wait.is_zero())
    }

    pub(crate) fn failed(&mut self, now: Now, user: &UserName, peer: IpAddr) {
        let key = (user.clone(), peer);
        if !self.failures.contains_key(&key) {
            if self.failures.len() >= FAILURES_MAX
                && let Some(oldest) = self.failure_order.pop_front()
            {
                self.failures.remove(&oldest);
            }
            self.failure_order.push_back(key.clone());
        }
        let blocked_until = now.instant;
        let failures = self.failures.entry(key).or_insert(Failures { count: 0, blocked_until });
        failures.count = failures.count.saturating_add(1);
        if let Some(over) = failures.count.checked_sub(FREE_TRIES) {
            let wait = Duration::from_secs(1 << over.min(WAIT_DOUBLINGS_MAX));
            failures.blocked_until = now.instant + wait;
        }
    }

    pub(crate) fn succeeded(&mut self, user: &UserName, peer: IpAddr) {
        let key = (user.clone(), peer);
        if self.failures.remove(&key).is_some() {
            self.failure_order.retain(|old| *old != key);
        }
    }
}

const VERIFIED_FOR: Duration = Duration::from_secs(10 * 60);
const VERIFIED_MAX: usize = 4096;
/// Persons and addresses with wrong passwords that are kept; the oldest makes room.
const FAILURES_MAX: usize = 4096;
/// Wrong passwords before waiting begins.
const FREE_TRIES: u32 = 5;
/// 1 s, 2 s, … 64 s.
const WAIT_DOUBLINGS_MAX: u32 = 6;
