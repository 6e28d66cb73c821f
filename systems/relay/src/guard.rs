//! Who may ask: nonces, credentials with an end, and what strangers are answered at most.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit, Mac};
use model::Now;
use sha2::Sha256;
use wire_stun::{Key, Message, attribute, password};

use crate::Client;

/// Why a request is refused: code and reason of RFC 8489 and 8656.
pub(crate) type Refusal = (u16, &'static str);

/// Who asks, and what proves it.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub user: String,
    pub key: Key,
}

/// Checks requests.
#[derive(Debug)]
pub(crate) struct Guard {
    realm: String,
    /// Of the credentials, shared with whoever hands them out.
    secret: Vec<u8>,
    /// Of the nonces.
    nonce_key: [u8; 32],
    strangers: HashMap<IpAddr, Bucket>,
}

impl Guard {
    pub fn new(realm: String, secret: Vec<u8>, nonce_key: [u8; 32]) -> Self {
        Self { realm, secret, nonce_key, strangers: HashMap::new() }
    }

    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// A nonce for a client; it says itself until when it is good, so none is kept.
    pub fn nonce(&self, now: Now, client: &Client) -> String {
        let until = (now.unix + NONCE_LIFE).as_secs();
        format!("{until:x}-{}", self.sign(until, client))
    }

    /// Who made a request.
    pub fn ask(&self, now: Now, client: &Client, request: &Message<'_>) -> Result<Asker, Refusal> {
        if request.get(attribute::MESSAGE_INTEGRITY).is_none() {
            return Err((401, "Unauthorized"));
        }
        let text = |kind| request.text(kind).ok_or((400, "Bad Request"));
        let (username, realm) = (text(attribute::USERNAME)?, text(attribute::REALM)?);
        if !self.is_good(now, client, text(attribute::NONCE)?) {
            return Err((438, "Stale Nonce"));
        }
        let (until, user) = username.split_once(':').unwrap_or_default();
        let is_over = until.parse::<u64>().map_or(true, |until| until < now.unix.as_secs());
        let key = Key::long_term(username, &self.realm, &password(&self.secret, username));
        if is_over || realm != self.realm || !request.is_made_with(&key) {
            return Err((401, "Unauthorized"));
        }
        Ok(Asker { user: user.to_owned(), key })
    }

    /// Whether a source that has proved nothing gets one more answer: a liar's packets must not
    /// become a flood at somebody else's door.
    pub fn may_answer(&mut self, now: Now, source: IpAddr) -> bool {
        if self.strangers.len() >= STRANGERS_MAX && !self.strangers.contains_key(&source) {
            self.strangers.retain(|_, bucket| !bucket.is_full(now.instant));
            if self.strangers.len() >= STRANGERS_MAX {
                return false;
            }
        }
        let bucket = Bucket::full(now.instant, ANSWERS_PER_S, ANSWERS_BURST);
        self.strangers.entry(source).or_insert(bucket).take(now.instant, 1.0)
    }

    fn is_good(&self, now: Now, client: &Client, nonce: &str) -> bool {
        let Some((until, signature)) = nonce.split_once('-') else { return false };
        let until = u64::from_str_radix(until, 16).unwrap_or(0);
        until >= now.unix.as_secs() && self.sign(until, client) == signature
    }

    fn sign(&self, until: u64, client: &Client) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.nonce_key).expect("HMAC takes keys of any length");
        mac.update(format!("{until} {client:?}").as_bytes());
        let sum = mac.finalize().into_bytes();
        sum.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A bucket that fills steadily.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    level: f64,
    at: Instant,
    per_s: f64,
    most: f64,
}

impl Bucket {
    pub fn full(now: Instant, per_s: f64, most: f64) -> Self {
        Self { level: most, at: now, per_s, most }
    }

    /// Takes so much out, if it is there.
    pub fn take(&mut self, now: Instant, amount: f64) -> bool {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + since * self.per_s).min(self.most);
        self.at = now;
        let is_there = self.level >= amount;
        if is_there {
            self.level -= amount;
        }
        is_there
    }

    fn is_full(&self, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.level + since * self.per_s >= self.most
    }
}

/// Answers to one address that has proved nothing.
const ANSWERS_PER_S: f64 = 50.0;
const ANSWERS_BURST: f64 = 200.0;
/// A client asks anew with the next nonce when this one is stale.
const NONCE_LIFE: Duration = Duration::from_secs(3600);
/// Addresses that are counted; beyond, strangers wait until some have been quiet.
const STRANGERS_MAX: usize = 10_000;
