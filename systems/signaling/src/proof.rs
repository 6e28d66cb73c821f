//! Whether a request comes from the DN that it names: digest (RFC 7616, RFC 8760).

use std::{collections::BTreeMap, net::IpAddr, time::Instant};

use model::{
    Dn, Now,
    config::{Configuration, DnKind},
    random::Random,
};
use wire_sip::{Algorithm, Credentials, HeaderName, Message, digest};

use crate::{
    failures::Failures,
    limits::{CHALLENGED_MAX, CHALLENGED_MEMORY},
    nonce::{Nonces, Standing},
    outlet::Source,
};

/// What is known of those who try.
#[derive(Debug)]
pub(crate) struct Guard {
    nonces: Nonces,
    failures: Failures,
    /// Who was given the choice of algorithms and has not used it since.
    challenged: BTreeMap<(Dn, IpAddr), Instant>,
}

/// Whether a request proves to come from a DN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It does.
    Given,
    /// Not yet: these go into WWW-Authenticate, in this order.
    Challenge(Vec<String>),
    /// The password is wrong.
    Wrong,
    /// Too many wrong passwords; seconds to wait.
    Wait(u64),
}

impl Guard {
    pub fn new(random: &mut Random) -> Self {
        Self {
            nonces: Nonces::new(random),
            failures: Failures::default(),
            challenged: BTreeMap::new(),
        }
    }

    /// Checks a request's digest. A DN without a password needs none.
    pub fn prove(
        &mut self,
        now: Now,
        configuration: &Configuration,
        dn: &Dn,
        request: &Message,
        source: &Source,
    ) -> Proof {
        let Some(password) = password_of(configuration, dn) else { return Proof::Given };
        let address = source.remote.ip();
        if let Some(rest) = self.failures.penalty(now.instant, dn, address) {
            return Proof::Wait(rest.as_secs().max(1));
        }
        let realm = &configuration.switch.domain;
        let mine = |credentials: &Credentials<'_>| credentials.realm == realm.as_bytes();
        let Some(credentials) = request.credentials(HeaderName::Authorization).find(mine) else {
            let algorithms = self.algorithms_for(now, dn, source);
            return self.challenge(now, realm, dn, algorithms, false);
        };
        let count = credentials.qop.and_then(|_| credentials.nonce_count());
        let standing = self.nonces.judge(now, dn.as_str(), credentials.nonce, count);
        // Whoever answered once is asked again for what it knows.
        let known = credentials.algorithm.map_or(MD5_ALONE, alone);
        if known != MD5_ALONE {
            self.challenged.remove(&(dn.clone(), address));
        }
        if standing == Standing::Foreign {
            return self.challenge(now, realm, dn, known, false);
        }
        if !is_right(&credentials, dn, realm, password, request) {
            self.failures.note(now.instant, dn, address);
            return Proof::Wrong;
        }
        if standing == Standing::Stale {
            return self.challenge(now, realm, dn, known, true);
        }
        self.nonces.note(now, credentials.nonce, count);
        self.failures.forgive(dn, address);
        Proof::Given
    }

    fn challenge(
        &self,
        now: Now,
        realm: &str,
        dn: &Dn,
        algorithms: &[Algorithm],
        stale: bool,
    ) -> Proof {
        let nonce = self.nonces.issue(now, dn.as_str());
        let challenge = |algorithm: &Algorithm| digest::challenge(realm, &nonce, *algorithm, stale);
        Proof::Challenge(algorithms.iter().map(challenge).collect())
    }

    /// What to offer to someone who has not answered yet.
    fn algorithms_for(&mut self, now: Now, dn: &Dn, source: &Source) -> &'static [Algorithm] {
        let is_recent = |at: &Instant| now.instant.duration_since(*at) < CHALLENGED_MEMORY;
        let pair = (dn.clone(), source.remote.ip());
        if self.challenged.get(&pair).is_some_and(is_recent) {
            // It had the choice and came back with nothing: a phone of the kind that stumbles
            // over an algorithm that it doesn't know (baresip 1.0 gives up with ENOSYS).
            return MD5_ALONE;
        }
        if self.challenged.len() >= CHALLENGED_MAX {
            self.challenged.retain(|_, at| is_recent(at));
        }
        if self.challenged.len() < CHALLENGED_MAX {
            self.challenged.insert(pair, now.instant);
        }
        BEST_FIRST
    }
}

fn is_right(
    credentials: &Credentials<'_>,
    dn: &Dn,
    realm: &str,
    password: &str,
    request: &Message,
) -> bool {
    let method = request.method().map_or("", |method| method.as_str());
    credentials.username == dn.as_str().as_bytes()
        && credentials.algorithm.is_some_and(|algorithm| {
            let (user, realm) = (credentials.username, realm.as_bytes());
            let ha1 = digest::ha1(algorithm, user, realm, password.as_bytes());
            digest::verify(credentials, &ha1, method, request.body())
        })
}

fn password_of<'a>(configuration: &'a Configuration, dn: &Dn) -> Option<&'a str> {
    match &configuration.dns.get(dn)?.kind {
        DnKind::Extension { password, .. } => password.as_deref(),
        DnKind::RoutePoint { .. } | DnKind::VirtualQueue => None,
    }
}

/// An algorithm as the only choice; session forms answer the challenge of their plain one.
fn alone(algorithm: Algorithm) -> &'static [Algorithm] {
    match algorithm {
        Algorithm::Md5 | Algorithm::Md5Sess => MD5_ALONE,
        Algorithm::Sha256
        | Algorithm::Sha256Sess
        | Algorithm::Sha512Trunc256
        | Algorithm::Sha512Trunc256Sess => SHA256_ALONE,
    }
}

/// RFC 8760 2.4: the server's preference is the order of its challenges. MD5 must stand last for
/// another reason too: JsSIP and SIP.js keep the last header of a name and know MD5 alone.
const BEST_FIRST: &[Algorithm] = &[Algorithm::Sha256, Algorithm::Md5];
const MD5_ALONE: &[Algorithm] = &[Algorithm::Md5];
const SHA256_ALONE: &[Algorithm] = &[Algorithm::Sha256];
