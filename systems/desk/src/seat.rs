//! Seats: which of a person's sessions works as the agent.
//!
//! A person may have several sessions (tabs, browsers, programs); one of them sits down as the
//! agent. Another can take the seat over when the first has left or has fallen silent, so that a
//! closed browser locks nobody out: the calls, and the agent's state, are found as they are. An
//! agent whose browsers are gone is logged out after a while, but never during a call, and not by a
//! page that is loaded again.

use std::time::Duration;

use model::{
    AgentId, Dn, KvList, Now, Request, UserName, WorkMode,
    config::{DnKind, Role},
};
use serde_json::{Value, json};
use wire_rest::{Problem, SessionStart, StateCommand, StatusCode};

use crate::{
    Desk,
    http::{Caller, done},
    request::{REGISTER_FIRST, Then, Wish},
    session::SessionId,
    timers::Timer,
};

/// An agent's seat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) session: SessionId,
    /// Whether a browser was ever connected by Bayeux: programs without it are never absent.
    had_client: bool,
    /// The agent is to be logged out when the call is over.
    is_leaving: bool,
}

/// The agent that a person is, and where.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) agent: AgentId,
    pub(crate) dn: Dn,
}

impl Desk {
    /// The agent that a person is; people without a place are none.
    pub(crate) fn post(&self, user: &UserName) -> Result<Post, Problem> {
        let person =
            self.configuration.persons.get(user).filter(|p| p.roles.contains(&Role::Agent));
        let not_agent = || {
            let message = format!("{user} is not an agent, or has no place with a phone.");
            Problem::new(403, StatusCode::NoPermission, "NotAnAgent", message)
                .hint("An administrator can give this person the role and a place.")
        };
        let person = person.ok_or_else(not_agent)?;
        let dn = self.configuration.dn_of(person).cloned().ok_or_else(not_agent)?;
        Ok(Post { agent: person.employee_id.clone(), dn })
    }

    pub(crate) fn is_logged_in(&self, post: &Post) -> bool {
        self.views.view(&post.dn).and_then(|view| view.agent()) == Some(&post.agent)
    }

    /// Sits down, unless another live session sits there.
    pub(crate) fn take_seat(&mut self, now: Now, caller: &Caller) -> Result<(), Problem> {
        let user = &caller.user;
        if let Some(seat) = self.seats.get_mut(user) {
            if seat.session == caller.session {
                seat.is_leaving = false;
                return Ok(());
            }
            let holder = seat.session;
            if self.is_alive(now, holder) {
                let message = format!("Agent {user} is already signed in at another browser.");
                let wait = self.settings.limits.takeover.as_secs();
                return Err(Problem::new(409, StatusCode::AlreadyInUse, "AgentInUse", message)
                    .hint(format!(
                        "Sign out there, or close that browser and try again after {wait} s."
                    )));
            }
        }
        let had_client = self.bayeux.has_clients(user);
        let seat = Seat { session: caller.session, had_client, is_leaving: false };
        self.seats.insert(user.clone(), seat);
        // Nobody waits for the one who sat there before.
        self.timers.cancel(&Timer::Absent(user.clone()));
        Ok(())
    }

    pub(crate) fn leave_seat(&mut self, now: Now, user: &UserName) {
        // A refused log-in leaves an agent who is logged in all the same where he or she is.
        if self.post(user).is_ok_and(|post| self.is_logged_in(&post)) {
            return self.presence_changed(now, user, Duration::ZERO);
        }
        self.seats.remove(user);
        self.timers.cancel(&Timer::Absent(user.clone()));
    }

    pub(crate) fn hand_over_seat(&mut self, user: &UserName, from: SessionId, to: SessionId) {
        if let Some(seat) = self.seats.get_mut(user).filter(|seat| seat.session == from) {
            seat.session = to;
        }
    }

    /// Whether a session has been heard of lately, and has not left since.
    fn is_alive(&self, now: Now, session: SessionId) -> bool {
        let Some(known) = self.sessions.session(session) else { return false };
        if known.has_left {
            return false;
        }
        let silent = now.instant.saturating_duration_since(known.last_seen);
        self.bayeux.is_attended(session) || silent <= self.settings.limits.takeover
    }

    /// A request of the session that sits there: the agent is about.
    pub(crate) fn seat_used(&mut self, now: Now, user: &UserName, session: SessionId) {
        if self.seats.get(user).is_some_and(|seat| seat.session == session) {
            self.presence_changed(now, user, Duration::ZERO);
        }
    }

    /// Browsers came or went. `silent_for`: how long nothing was heard of the last one.
    pub(crate) fn presence_changed(&mut self, now: Now, user: &UserName, silent_for: Duration) {
        let is_present = self.bayeux.has_clients(user);
        let Some(seat) = self.seats.get_mut(user) else { return };
        if is_present {
            seat.had_client = true;
        }
        if silent_for.is_zero() {
            seat.is_leaving = false;
        }
        let timer = Timer::Absent(user.clone());
        if is_present || !seat.had_client {
            self.timers.cancel(&timer);
        } else {
            let left = self.settings.limits.absence.saturating_sub(silent_for);
            self.timers.set(timer, now.instant + left);
        }
    }

    /// Logs an agent out for whom nobody is there any more; a call comes first.
    pub(crate) fn agent_leaves(&mut self, now: Now, user: &UserName) {
        self.timers.cancel(&Timer::Absent(user.clone()));
        let Some(seat) = self.seats.get_mut(user) else { return };
        seat.is_leaving = true;
        let Ok(post) = self.post(user) else {
            self.seats.remove(user);
            return;
        };
        let is_logged_in = self.is_logged_in(&post);
        if is_logged_in && self.views.view(&post.dn).is_some_and(|view| view.has_calls()) {
            return;
        }
        self.seats.remove(user);
        if is_logged_in {
            let request = Request::AgentLogout { dn: post.dn };
            self.ask_switch(now, user, request, KvList::new(), Then::Nothing);
        }
    }

    /// A call at this DN is over: an agent who was to leave leaves.
    pub(crate) fn call_ended(&mut self, now: Now, dn: &Dn) {
        for user in self.site.users_of_dn(dn).to_vec() {
            if self.seats.get(&user).is_some_and(|seat| seat.is_leaving) {
                self.agent_leaves(now, &user);
            }
        }
    }

    /// StartContactCenterSession.
    pub(crate) fn start_session(&mut self, now: Now, caller: Caller, start: SessionStart) {
        let post = match self.check_start(&caller.user, &start) {
            Ok(()) => self.post(&caller.user),
            Err(problem) => Err(problem),
        };
        let post = match post {
            Ok(post) => post,
            Err(problem) => return self.fail(caller.reply, &problem),
        };
        let (voice, failed): (Vec<String>, Vec<String>) =
            start.channels.into_iter().partition(|channel| channel == "voice");
        if voice.is_empty() {
            let message = not_offered(failed.first().map_or("", String::as_str));
            let problem = Problem::new(400, StatusCode::Forbidden, "ChannelNotOffered", message);
            return self.fail(caller.reply, &problem);
        }
        if let Err(problem) = self.take_seat(now, &caller) {
            return self.fail(caller.reply, &problem);
        }
        let user = caller.user.clone();
        if self.is_logged_in(&post) {
            return self.session_started(&user, caller, &failed);
        }
        self.ask_login(now, &user, &post, Then::StartSession(caller, failed));
    }

    /// What a session's start names must be there, and be this person's.
    fn check_start(&self, user: &UserName, start: &SessionStart) -> Result<(), Problem> {
        let site = &self.configuration;
        let person = site.persons.get(user);
        if let Some(place) = &start.place {
            if !site.places.contains_key(place.as_str()) {
                return Err(not_there("place", place));
            }
            let own = person.and_then(|person| person.place.as_ref());
            if own.is_none_or(|own| own.as_str() != place) {
                return Err(not_yours("place", place, "Leave it out to sit at your own."));
            }
        }
        if let Some(code) = &start.login_code {
            let is_own_id = person.is_some_and(|person| person.employee_id.as_str() == code);
            match site.agent_logins.get(code) {
                Some(login) if login.person.as_ref() == Some(user) => {}
                None if is_own_id => {}
                None if site.agent(&code.as_str().into()).is_none() => {
                    return Err(not_there("login code", code));
                }
                Some(_) | None => {
                    return Err(not_yours("login code", code, "Leave it out to use your own."));
                }
            }
        }
        let is_queue = |name: &str| {
            let kind = site.dns.get(name).map(|dn| &dn.kind);
            let is_one = |kind: &DnKind| !matches!(kind, DnKind::Extension { .. });
            kind.is_some_and(is_one) || site.resources.contains_key(name)
        };
        match start.queue.as_deref().filter(|queue| !is_queue(queue)) {
            Some(queue) => Err(not_there("queue", queue)),
            None => Ok(()),
        }
    }

    fn ask_login(&mut self, now: Now, user: &UserName, post: &Post, then: Then) {
        let request = Request::AgentLogin {
            dn: post.dn.clone(),
            agent: post.agent.clone(),
            work_mode: WorkMode::ManualIn,
        };
        self.ask_switch(now, user, request, KvList::new(), then);
    }

    /// The agent is logged in: tells which channels did not start.
    pub(crate) fn session_started(&mut self, user: &UserName, caller: Caller, failed: &[String]) {
        let mut problems: Vec<Value> = failed
            .iter()
            .map(|channel| {
                let message = not_offered(channel);
                json!({"statusCode": StatusCode::Forbidden as u8, "statusMessage": message,
                       "channel": channel})
            })
            .collect();
        let mut succeeded = vec![json!({"statusCode": 0, "channel": "voice"})];
        let mut body = json!({"statusCode": 7});
        let dn = self.post(user).map(|post| post.dn);
        let view = dn.ok().and_then(|dn| self.views.view(&dn));
        if let Some(view) = view.filter(|view| !view.in_service) {
            let message = format!("Device '{}' is not registered.", view.dn);
            succeeded.clear();
            problems.insert(
                0,
                json!({"statusCode": StatusCode::Internal as u8, "statusMessage": message,
                       "channel": "voice"}),
            );
            body = json!({"statusCode": 7, "statusMessage": message,
                          "errorCode": "DeviceNotRegistered", "hint": REGISTER_FIRST});
        }
        if problems.is_empty() {
            return self.succeed(caller.reply, &done());
        }
        if let Some(body) = body.as_object_mut() {
            body.insert("succeeded".into(), json!(succeeded));
            body.insert("failed".into(), json!(problems));
        }
        self.succeed(caller.reply, &body);
    }

    /// EndContactCenterSession.
    pub(crate) fn end_session(&mut self, now: Now, caller: Caller) {
        let post = self.post(&caller.user).ok().filter(|post| self.is_logged_in(post));
        match post {
            Some(post) => {
                let user = caller.user.clone();
                let request = Request::AgentLogout { dn: post.dn };
                self.ask_switch(now, &user, request, KvList::new(), Then::EndSession(caller));
            }
            None => self.session_ended(now, caller),
        }
    }

    /// The agent is logged out; so is the person.
    pub(crate) fn session_ended(&mut self, now: Now, caller: Caller) {
        // The seat goes first: the session's end would ask for a second log-out.
        self.seats.remove(&caller.user);
        self.timers.cancel(&Timer::Absent(caller.user.clone()));
        self.logout(now, caller);
    }

    /// A state asked for in the plain form, which sits down by itself.
    pub(crate) fn set_state_plainly(&mut self, now: Now, caller: Caller, command: &StateCommand) {
        let post = match self.post(&caller.user) {
            Ok(post) => post,
            Err(problem) => return self.fail(caller.reply, &problem),
        };
        if self.is_logged_in(&post) && self.seats.contains_key(&caller.user) {
            return self.set_state(now, caller, command);
        }
        if *command == StateCommand::Offline {
            return self.set_state(now, caller, command);
        }
        match self.take_seat(now, &caller) {
            Ok(()) => self.set_state(now, caller, command),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    /// A state asked for by a person whose session has started.
    pub(crate) fn set_state(&mut self, now: Now, caller: Caller, command: &StateCommand) {
        let post = match self.post(&caller.user) {
            Ok(post) => post,
            Err(problem) => return self.fail(caller.reply, &problem),
        };
        let user = caller.user.clone();
        if !self.is_logged_in(&post) {
            if *command == StateCommand::Offline {
                return self.succeed(caller.reply, &done());
            }
            if self.seats.get(&user).is_none_or(|seat| seat.session != caller.session) {
                return self.fail(caller.reply, &not_started());
            }
            return self.ask_login(now, &user, &post, Then::SetState(caller, command.clone()));
        }
        self.ask_state(now, caller, command);
    }

    /// Asks the switch for the state of an agent who is logged in, or is about to be.
    pub(crate) fn ask_state(&mut self, now: Now, caller: Caller, command: &StateCommand) {
        match self.post(&caller.user) {
            Ok(post) => {
                let then = Then::RespondState(caller.reply);
                self.ask_wish(now, &caller.user, state_wish(post.dn, command), then);
            }
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }
}

fn state_wish(dn: Dn, command: &StateCommand) -> Wish {
    match command {
        StateCommand::AfterCallWork { wrap_up_s } => {
            let work_mode = WorkMode::AfterCallWork;
            let time = wrap_up_s.map(|s| KvList::new().with("WrapUpTime", i64::from(s)));
            Wish::new(Request::AgentNotReady { dn, work_mode })
                .with_extensions(time.unwrap_or_default())
        }
        StateCommand::NotReady { work_mode, reason } => {
            let because = |reason: &String| KvList::new().with("ReasonCode", reason.as_str());
            let reasons = reason.as_ref().map(because).unwrap_or_default();
            let wish = Wish::new(Request::AgentNotReady { dn, work_mode: *work_mode });
            Wish { reasons, ..wish }
        }
        StateCommand::Offline => Wish::new(Request::AgentLogout { dn }),
        StateCommand::Ready => Wish::new(Request::AgentReady { dn, work_mode: WorkMode::ManualIn }),
    }
}

fn not_there(what: &str, name: &str) -> Problem {
    let message = format!("There is no {what} '{name}'.");
    Problem::new(404, StatusCode::NotFound, "NotFound", message)
        .hint("An administrator can tell which there are.")
}

fn not_yours(what: &str, name: &str, hint: &str) -> Problem {
    let message = format!("The {what} '{name}' is somebody else's.");
    Problem::new(409, StatusCode::AlreadyInUse, "NotYours", message).hint(hint)
}

fn not_offered(channel: &str) -> String {
    format!("Channel '{channel}' is not offered.")
}

fn not_started() -> Problem {
    let message = "The contact centre session has not started.";
    Problem::new(409, StatusCode::NotValidNow, "SessionNotStarted", message)
        .hint("POST /api/v2/me {\"operationName\":\"StartContactCenterSession\"} first.")
}
