//! Who asks: cookie, HTTP Basic, `POST /api/v2/login`; and the way out.
//!
//! A request whose credentials have to be checked first is parked, and taken up again from its
//! beginning when the check is done; then its credentials are among those that are known.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use model::{
    Now, UserName,
    api::{ApiId, ApiOutput, ApiRequest, SocketId},
};
use serde_json::json;
use wire_rest::{Problem, StatusCode, read_login};

use crate::{
    Desk,
    credentials::Digest,
    http::{
        self, Caller, ReplyTo, SESSION_COOKIE, cookie, done, is_from_our_pages, no_session_cookie,
        session_cookie,
    },
    session::{NewSession, SessionId},
    timers::Timer,
};

/// Password checks under way.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    open: BTreeMap<u64, Check>,
    drawn: u64,
}

#[derive(Debug)]
struct Check {
    claim: Claim,
    waiting: Vec<Waiting>,
}

/// Somebody who says who he or she is.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) user: UserName,
    pub(crate) password: String,
    pub(crate) peer: IpAddr,
}

impl std::fmt::Debug for Claim {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Claim({})", self.user)
    }
}

/// What waits for a check.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// A request.
    Request(ApiRequest),
    /// A WebSocket's upgrade.
    SocketOpened(SocketId, ApiRequest),
    /// A handshake that carries its own credentials.
    SocketText(SocketId, String),
}

/// What a request says of its sender.
#[derive(Debug)]
pub(crate) enum Identity {
    /// A session, and whether credentials came along (then no CSRF token is needed).
    Known { session: SessionId, by_basic: bool },
    /// Nothing that is valid.
    None,
    /// Credentials that have to be checked.
    Unchecked(Claim),
}

impl Desk {
    /// Finds the session of a request; right credentials without one get one.
    pub(crate) fn identify(&mut self, now: Now, request: &ApiRequest) -> Identity {
        let by_cookie = cookie(request, SESSION_COOKIE).and_then(|t| self.sessions.by_token(t));
        let Some((user, password)) = request.header("authorization").and_then(http::basic) else {
            return by_cookie
                .map_or(Identity::None, |session| Identity::Known { session, by_basic: false });
        };
        let claim = Claim { user, password, peer: request.peer };
        if !self.is_verified(now, &claim) {
            return Identity::Unchecked(claim);
        }
        let is_theirs = |session: &SessionId| {
            self.sessions.session(*session).is_some_and(|session| session.user == claim.user)
        };
        let session = match by_cookie.filter(is_theirs) {
            Some(session) => session,
            None => self.basic_session(now, request, &claim),
        };
        Identity::Known { session, by_basic: true }
    }

    /// Programs that keep no cookies share one session per credentials, address and kind, or each
    /// of their requests would leave one behind.
    fn basic_session(&mut self, now: Now, request: &ApiRequest, claim: &Claim) -> SessionId {
        let agent = request.header("user-agent").unwrap_or_default();
        let shared = self.credentials.digest(&[
            claim.user.as_str().as_bytes(),
            claim.password.as_bytes(),
            claim.peer.to_string().as_bytes(),
            agent.as_bytes(),
        ]);
        match self.sessions.by_basic(&shared) {
            Some(session) => session,
            None => {
                let new = self.new_session(&claim.user, request, Some(shared));
                self.open_session(now, new)
            }
        }
    }

    pub(crate) fn is_verified(&self, now: Now, claim: &Claim) -> bool {
        let person = self.configuration.persons.get(&claim.user);
        person.is_some_and(|person| {
            self.credentials.is_verified(now, &self.claim_digest(claim), &person.password_hash)
        })
    }

    pub(crate) fn new_session(
        &self,
        user: &UserName,
        request: &ApiRequest,
        basic: Option<Digest>,
    ) -> NewSession {
        let hash = self.configuration.persons.get(user).map(|p| p.password_hash.clone());
        NewSession {
            user: user.clone(),
            password_hash: hash.unwrap_or_default(),
            base: http::base(request),
            basic,
        }
    }

    fn claim_digest(&self, claim: &Claim) -> Digest {
        self.credentials.digest(&[claim.user.as_str().as_bytes(), claim.password.as_bytes()])
    }

    /// `POST /api/v2/login`.
    pub(crate) fn login(&mut self, now: Now, request: ApiRequest) {
        let reply = ReplyTo::new(request.id);
        if !is_from_our_pages(&request) {
            return self.fail(reply, &foreign_page());
        }
        let login = match read_login(&request.body) {
            Ok(login) => login,
            Err(problem) => return self.fail(reply, &problem),
        };
        let user = UserName::from(login.user_name);
        let claim = Claim { user, password: login.password, peer: request.peer };
        if self.is_verified(now, &claim) {
            self.logged_in(now, reply, &request, &claim);
        } else {
            self.check(now, claim, Waiting::Request(request));
        }
    }

    fn logged_in(&mut self, now: Now, mut reply: ReplyTo, request: &ApiRequest, claim: &Claim) {
        let new = self.new_session(&claim.user, request, None);
        let session = self.open_session(now, new);
        let old = cookie(request, SESSION_COOKIE).and_then(|t| self.sessions.by_token(t));
        if let Some(old) = old.filter(|old| self.user_of(*old) == Some(&claim.user)) {
            // The same browser logs in again: its agent goes on where he or she was.
            self.hand_over_seat(&claim.user, old, session);
            self.close_session(now, old);
        }
        self.identify_reply(&mut reply, session, request, true);
        self.succeed(reply, &json!({"statusCode": 0, "user": {"userName": claim.user}}));
    }

    fn user_of(&self, session: SessionId) -> Option<&UserName> {
        self.sessions.session(session).map(|session| &session.user)
    }

    /// `POST /api/v2/logout`.
    pub(crate) fn logout(&mut self, now: Now, mut caller: Caller) {
        self.close_session(now, caller.session);
        caller.reply.headers.retain(|(name, _)| name != "set-cookie");
        caller.reply.header("set-cookie", no_session_cookie());
        self.succeed(caller.reply, &done());
    }

    /// The headers by which a client knows its session and its CSRF token.
    pub(crate) fn identify_reply(
        &self,
        reply: &mut ReplyTo,
        session: SessionId,
        request: &ApiRequest,
        says_csrf: bool,
    ) {
        let Some(session) = self.sessions.session(session) else { return };
        if cookie(request, SESSION_COOKIE) != Some(&session.token) {
            reply.header("set-cookie", session_cookie(&session.token, request.secure));
        }
        if says_csrf {
            reply.header("x-csrf-header", "X-CSRF-TOKEN");
            reply.header("x-csrf-token", &session.csrf);
        }
    }

    /// Has credentials checked. Wrong ones lately: later.
    pub(crate) fn check(&mut self, now: Now, claim: Claim, waiting: Waiting) {
        if let Some(wait) = self.credentials.wait(now, &claim.user, claim.peer) {
            self.meter.logins_slowed += 1;
            return self.turn_away(now, waiting, &slowed(wait));
        }
        let same = |check: &&mut Check| {
            check.claim.user == claim.user
                && check.claim.password == claim.password
                && check.claim.peer == claim.peer
        };
        if let Some(check) = self.checks.open.values_mut().find(same) {
            if check.waiting.len() < WAITING_MAX {
                check.waiting.push(waiting);
                return;
            }
            return self.turn_away(now, waiting, &busy());
        }
        if self.checks.open.len() >= CHECKS_MAX {
            return self.turn_away(now, waiting, &busy());
        }
        self.checks.drawn += 1;
        let check = self.checks.drawn;
        let hash = self.configuration.persons.get(&claim.user).map(|p| p.password_hash.clone());
        let password = claim.password.clone();
        self.checks.open.insert(check, Check { claim, waiting: vec![waiting] });
        self.timers.set(Timer::Check(check), now.instant + CHECK_LIMIT);
        self.say(ApiOutput::CheckPassword { check, hash, password });
    }

    pub(crate) fn password_checked(&mut self, now: Now, check: u64, fits: bool) {
        let Some(Check { claim, waiting }) = self.checks.open.remove(&check) else { return };
        self.timers.cancel(&Timer::Check(check));
        let person = self.configuration.persons.get(&claim.user);
        match person.filter(|_| fits).map(|person| person.password_hash.clone()) {
            Some(hash) => {
                self.credentials.succeeded(&claim.user, claim.peer);
                let digest = self.claim_digest(&claim);
                self.credentials.remember(now, digest, claim.user, hash);
                for waiting in waiting {
                    self.resume(now, waiting);
                }
            }
            None => {
                self.meter.logins_failed += 1;
                self.credentials.failed(now, &claim.user, claim.peer);
                for waiting in waiting {
                    self.turn_away(now, waiting, &wrong_password());
                }
            }
        }
    }

    pub(crate) fn check_overdue(&mut self, now: Now, check: u64) {
        let Some(check) = self.checks.open.remove(&check) else { return };
        for waiting in check.waiting {
            self.turn_away(now, waiting, &busy());
        }
    }

    fn resume(&mut self, now: Now, waiting: Waiting) {
        match waiting {
            Waiting::Request(request) => self.request(now, request),
            Waiting::SocketOpened(socket, request) => self.socket_opened(now, socket, request),
            Waiting::SocketText(socket, text) => self.socket_text(now, socket, text),
        }
    }

    fn turn_away(&mut self, now: Now, waiting: Waiting, problem: &Problem) {
        match waiting {
            Waiting::Request(request) => self.fail(ReplyTo::new(request.id), problem),
            Waiting::SocketOpened(socket, _) => {
                self.say(ApiOutput::SocketRefuse { socket, status: problem.http });
            }
            Waiting::SocketText(socket, text) => self.socket_refused(now, socket, &text),
        }
    }

    /// A request that waited for a check is gone.
    pub(crate) fn check_abandoned(&mut self, id: ApiId) {
        for check in self.checks.open.values_mut() {
            check.waiting.retain(|waiting| match waiting {
                Waiting::Request(request) => request.id != id,
                Waiting::SocketOpened(..) | Waiting::SocketText(..) => true,
            });
        }
    }

    /// A WebSocket that waited for a check is gone.
    pub(crate) fn check_socket_gone(&mut self, gone: SocketId) {
        for check in self.checks.open.values_mut() {
            check.waiting.retain(|waiting| match waiting {
                Waiting::Request(_) => true,
                Waiting::SocketOpened(socket, _) | Waiting::SocketText(socket, _) => {
                    *socket != gone
                }
            });
        }
    }
}

fn wrong_password() -> Problem {
    Problem::new(
        403,
        StatusCode::NotAuthenticated,
        "AccessDenied",
        "User name and password do not fit together.",
    )
    .hint("Check both; capitals count.")
}

fn slowed(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Problem::new(
        429,
        StatusCode::NotAuthenticated,
        "TooManyAttempts",
        "Too many wrong passwords for this user name.",
    )
    .hint(format!("Try again in {seconds} s."))
}

fn busy() -> Problem {
    let message = "Too many people log in at this moment.";
    Problem::new(503, StatusCode::Internal, "Busy", message).hint("Try again in a few seconds.")
}

/// A page of another site sent the request with this site's cookie.
pub(crate) fn foreign_page() -> Problem {
    Problem::new(
        403,
        StatusCode::NoPermission,
        "ForeignOrigin",
        "Requests from pages of other sites are not taken.",
    )
}

/// Different credentials that are checked at a time.
const CHECKS_MAX: usize = 64;
/// Requests that wait for one check.
const WAITING_MAX: usize = 64;
const CHECK_LIMIT: Duration = Duration::from_secs(10);
