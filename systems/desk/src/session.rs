//! HTTP sessions: one per browser that logged in, or per program that uses HTTP Basic.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Instant,
};

use model::{Configuration, Now, UserName, random::Random};
use subtle::ConstantTimeEq;

use crate::{Desk, credentials::Digest, timers::Timer};

/// Names a session inside the desk; the token is what the browser holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionId(u64);

/// A session.
pub(crate) struct Session {
    pub(crate) user: UserName,
    pub(crate) token: String,
    pub(crate) csrf: String,
    /// Scheme and host of the client, for the `uri`s of pushes.
    pub(crate) base: Arc<str>,
    pub(crate) last_seen: Instant,
    /// Its last Bayeux connection went away, and nothing was heard since.
    pub(crate) has_left: bool,
    /// The person's hash at log-in: another password ends the session.
    password_hash: String,
    /// The credentials that share this session, when it came by HTTP Basic.
    basic: Option<Digest>,
}

impl std::fmt::Debug for Session {
    /// Without token and hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({})", self.user)
    }
}

impl Session {
    /// Compares in constant time, so that a token can't be guessed piece by piece.
    pub(crate) fn has_csrf(&self, token: &str) -> bool {
        self.csrf.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

/// A session to be.
pub(crate) struct NewSession {
    pub(crate) user: UserName,
    pub(crate) password_hash: String,
    pub(crate) base: Arc<str>,
    pub(crate) basic: Option<Digest>,
}

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    sessions: BTreeMap<SessionId, Session>,
    by_token: HashMap<String, SessionId>,
    by_basic: HashMap<Digest, SessionId>,
    drawn: u64,
}

impl Sessions {
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    pub(crate) fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    pub(crate) fn by_token(&self, token: &str) -> Option<SessionId> {
        self.by_token.get(token).copied()
    }

    pub(crate) fn by_basic(&self, digest: &Digest) -> Option<SessionId> {
        self.by_basic.get(digest).copied()
    }

    pub(crate) fn touch(&mut self, now: Now, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.last_seen = now.instant;
            session.has_left = false;
        }
    }

    pub(crate) fn leave(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.has_left = true;
        }
    }

    fn add(&mut self, now: Now, random: &mut Random, new: NewSession) -> SessionId {
        self.drawn += 1;
        let id = SessionId(self.drawn);
        let NewSession { user, password_hash, base, basic } = new;
        let (token, csrf) = (random.hex(TOKEN_DIGITS), random.hex(TOKEN_DIGITS));
        self.by_token.insert(token.clone(), id);
        if let Some(digest) = basic {
            self.by_basic.insert(digest, id);
        }
        let last_seen = now.instant;
        let has_left = false;
        let session =
            Session { user, token, csrf, base, last_seen, has_left, password_hash, basic };
        self.sessions.insert(id, session);
        id
    }

    fn remove(&mut self, id: SessionId) -> Option<Session> {
        let session = self.sessions.remove(&id)?;
        self.by_token.remove(&session.token);
        if let Some(digest) = &session.basic {
            self.by_basic.remove(digest);
        }
        Some(session)
    }

    /// The session that nobody has used for longest, of one person or of all.
    fn stalest(&self, user: Option<&UserName>) -> Option<SessionId> {
        self.sessions
            .iter()
            .filter(|(_, session)| user.is_none_or(|user| session.user == *user))
            .min_by_key(|(_, session)| session.last_seen)
            .map(|(id, _)| *id)
    }

    /// Sessions of people who are gone or have another password.
    pub(crate) fn outdated(&self, configuration: &Configuration) -> Vec<SessionId> {
        let is_current = |session: &Session| {
            configuration
                .persons
                .get(&session.user)
                .is_some_and(|person| person.password_hash == session.password_hash)
        };
        self.sessions.iter().filter(|(_, s)| !is_current(s)).map(|(id, _)| *id).collect()
    }
}

impl Desk {
    /// A new session; past the limits the stalest one makes room.
    pub(crate) fn open_session(&mut self, now: Now, new: NewSession) -> SessionId {
        let of_user = self.sessions.sessions.values().filter(|s| s.user == new.user).count();
        let stalest = if of_user >= SESSIONS_OF_PERSON_MAX {
            self.sessions.stalest(Some(&new.user))
        } else if self.sessions.len() >= self.settings.limits.sessions {
            self.sessions.stalest(None)
        } else {
            None
        };
        if let Some(stalest) = stalest {
            self.close_session(now, stalest);
        }
        let id = self.sessions.add(now, &mut self.random, new);
        self.timers.set(Timer::Session(id), now.instant + self.settings.limits.session_idle);
        id
    }

    /// Ends a session with everything that hangs on it.
    pub(crate) fn close_session(&mut self, now: Now, id: SessionId) {
        let Some(session) = self.sessions.remove(id) else { return };
        self.timers.cancel(&Timer::Session(id));
        self.session_clients_gone(now, id);
        self.session_statistics_gone(id);
        if self.seats.get(&session.user).is_some_and(|seat| seat.session == id) {
            self.agent_leaves(now, &session.user);
        }
    }

    pub(crate) fn session_timer(&mut self, now: Now, id: SessionId) {
        if self.bayeux.is_attended(id) {
            self.sessions.touch(now, id);
        }
        let Some(session) = self.sessions.session(id) else { return };
        let idle_at = session.last_seen + self.settings.limits.session_idle;
        if idle_at > now.instant {
            self.timers.set(Timer::Session(id), idle_at);
        } else {
            self.close_session(now, id);
        }
    }
}

/// 128 bits.
const TOKEN_DIGITS: usize = 32;
/// Browsers and programs of one person.
const SESSIONS_OF_PERSON_MAX: usize = 20;
