//! Requests on their way to the switch: who waits for which, and how refusals read.

use std::{collections::BTreeMap, time::Duration};

use model::{
    Dn, Event, KvList, Now, Origin, ReferenceId, Request, TError, TRequest, UserName,
    error::Refusal,
};
use serde_json::{Value, json};
use wire_rest::{Problem, StateCommand, StatusCode};

use crate::{
    Desk, Output,
    http::{Caller, ReplyTo, done},
    timers::Timer,
};

/// Requests that the switch has.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    open: BTreeMap<ReferenceId, Open>,
    drawn: u64,
}

#[derive(Debug)]
struct Open {
    dn: Dn,
    user: UserName,
    /// A wish to hear the next call alone.
    is_once: bool,
    is_accepted: bool,
    /// `None`: the response has gone; only a late refusal is of interest.
    then: Option<Then>,
}

/// What comes when the switch has accepted or refused.
#[derive(Debug)]
pub(crate) enum Then {
    /// The next of these requests, and the response when they are done.
    Ask(Vec<Wish>, ReplyTo),
    /// The response, with the call that was begun: it waits for the call's first event.
    Dial(Caller),
    /// The session ends.
    EndSession(Caller),
    /// Nobody waits.
    Nothing,
    /// The response.
    Respond(ReplyTo),
    /// The response about an agent's state: one that is already so will do.
    RespondState(ReplyTo),
    /// The agent is logged in; next comes the state that was asked for.
    SetState(Caller, StateCommand),
    /// The agent is logged in; the response tells of the channels that did not start.
    StartSession(Caller, Vec<String>),
}

/// A request with what goes along.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) request: Request,
    pub(crate) reasons: KvList,
    pub(crate) extensions: KvList,
}

impl Wish {
    pub(crate) fn new(request: Request) -> Self {
        Self { request, reasons: KvList::new(), extensions: KvList::new() }
    }

    pub(crate) fn with_extensions(self, extensions: KvList) -> Self {
        Self { extensions, ..self }
    }
}

impl Requests {
    pub(crate) fn waiting(&self) -> usize {
        self.open.values().filter(|open| open.then.is_some()).count()
    }
}

impl Desk {
    /// Asks the switch about the DN of a person.
    pub(crate) fn ask_switch(
        &mut self,
        now: Now,
        user: &UserName,
        request: Request,
        reasons: KvList,
        then: Then,
    ) {
        let wish = Wish { request, reasons, extensions: KvList::new() };
        self.ask_wish(now, user, wish, then);
    }

    /// Asks one after the other, each when the one before was accepted.
    pub(crate) fn ask_wishes(
        &mut self,
        now: Now,
        user: &UserName,
        mut wishes: Vec<Wish>,
        reply: ReplyTo,
    ) {
        if wishes.is_empty() {
            return self.succeed(reply, &done());
        }
        let first = wishes.remove(0);
        self.ask_wish(now, user, first, Then::Ask(wishes, reply));
    }

    pub(crate) fn ask_wish(&mut self, now: Now, user: &UserName, wish: Wish, then: Then) {
        if self.requests.open.len() >= OPEN_MAX {
            return self.refused(now, user, then, &busy());
        }
        self.requests.drawn += 1;
        let reference = ReferenceId(self.requests.drawn);
        let Wish { request, reasons, extensions } = wish;
        let dn = request.dn().clone();
        let is_once = matches!(request, Request::MonitorNextCall { is_all: false, .. });
        let open = Open { dn, user: user.clone(), is_once, is_accepted: false, then: Some(then) };
        self.requests.open.insert(reference, open);
        let limit = now.instant + self.settings.limits.request;
        self.timers.set(Timer::Request(reference), limit);
        self.out.push_back(Output::Request(TRequest {
            origin: Origin::Desk,
            reference,
            reasons,
            extensions,
            request,
        }));
    }

    /// An event that one of the requests caused.
    pub(crate) fn event_of_request(&mut self, event: &Event, reference: ReferenceId) {
        let Some(open) = self.requests.open.get_mut(&reference) else { return };
        if open.is_once {
            self.views.watch_once(&event.this_dn);
            return;
        }
        let Some(conn) = event.call.as_ref().map(|call| call.conn) else { return };
        let Some(Then::Dial(caller)) = open.then.take_if(|then| matches!(then, Then::Dial(_)))
        else {
            return;
        };
        let body = self.dialled(event, conn, &caller);
        self.succeed(caller.reply, &body);
    }

    fn dialled(&self, event: &Event, conn: model::ConnId, caller: &Caller) -> Value {
        let view = self.views.view(&event.this_dn);
        let found =
            view.and_then(|view| Some((view, view.calls().iter().find(|c| c.conn == conn)?)));
        let Some((view, call)) = found else { return done() };
        let call = call.show(event.at, &view.device, &caller.base, view.calls());
        json!({"statusCode": 0, "callId": call.id, "call": call})
    }

    pub(crate) fn outcome(&mut self, now: Now, reference: ReferenceId, refusal: Option<Refusal>) {
        let Some(open) = self.requests.open.get_mut(&reference) else { return };
        open.is_accepted |= refusal.is_none();
        if refusal.is_none() && matches!(open.then, Some(Then::Dial(_))) {
            self.timers.set(Timer::Request(reference), now.instant + DIAL_WAIT);
            return;
        }
        let (user, dn, then) = (open.user.clone(), open.dn.clone(), open.then.take());
        self.timers.set(Timer::Request(reference), now.instant + LATE_REFUSAL);
        match (then, refusal) {
            (Some(then), None) => self.accepted(now, &user, then),
            (Some(then), Some(refusal)) => {
                self.close_request(reference);
                self.refused_by_switch(now, &user, &dn, then, &refusal);
            }
            (None, Some(refusal)) => {
                self.close_request(reference);
                self.push_error(now, &user, &dn, &refusal);
            }
            (None, None) => {}
        }
    }

    fn close_request(&mut self, reference: ReferenceId) {
        self.requests.open.remove(&reference);
        self.timers.cancel(&Timer::Request(reference));
    }

    fn accepted(&mut self, now: Now, user: &UserName, then: Then) {
        match then {
            Then::Ask(wishes, reply) => self.ask_wishes(now, user, wishes, reply),
            Then::Dial(caller) => self.succeed(caller.reply, &done()),
            Then::EndSession(caller) => self.session_ended(now, caller),
            Then::Nothing => {}
            Then::Respond(reply) | Then::RespondState(reply) => self.succeed(reply, &done()),
            Then::SetState(caller, command) => self.ask_state(now, caller, &command),
            Then::StartSession(caller, failed) => self.session_started(user, caller, &failed),
        }
    }

    fn refused_by_switch(
        &mut self,
        now: Now,
        user: &UserName,
        dn: &Dn,
        then: Then,
        refusal: &Refusal,
    ) {
        let is_so_already = refusal.error == TError::AlreadyInState
            && matches!(
                then,
                Then::Ask(..) | Then::RespondState(_) | Then::SetState(..) | Then::StartSession(..)
            );
        if is_so_already {
            self.accepted(now, user, then);
        } else {
            self.refused(now, user, then, &problem_of(refusal, dn));
        }
    }

    fn refused(&mut self, now: Now, user: &UserName, then: Then, problem: &Problem) {
        match then {
            Then::Dial(caller) | Then::EndSession(caller) => self.fail(caller.reply, problem),
            Then::Nothing => {}
            Then::Ask(_, reply) | Then::Respond(reply) | Then::RespondState(reply) => {
                self.fail(reply, problem)
            }
            Then::SetState(caller, _) | Then::StartSession(caller, _) => {
                self.leave_seat(now, user);
                self.fail(caller.reply, problem);
            }
        }
    }

    pub(crate) fn request_overdue(&mut self, now: Now, reference: ReferenceId) {
        let Some(open) = self.requests.open.get_mut(&reference) else { return };
        let Some(then) = open.then.take() else {
            self.requests.open.remove(&reference);
            return;
        };
        let user = open.user.clone();
        if open.is_accepted {
            self.timers.set(Timer::Request(reference), now.instant + LATE_REFUSAL);
            return self.accepted(now, &user, then);
        }
        self.meter.requests_overdue += 1;
        self.timers.set(Timer::Request(reference), now.instant + LATE_REFUSAL);
        self.refused(now, &user, then, &overdue());
    }
}

/// A refusal of the switch as REST says it.
fn problem_of(refusal: &Refusal, dn: &Dn) -> Problem {
    let (http, status, hint) = match refusal.error {
        // The asker's own device; another one is named in the switch's words.
        TError::OutOfService if refusal.message.contains(dn.as_str()) => {
            let message = format!("Device '{dn}' is not registered.");
            return Problem::new(500, StatusCode::Internal, "DeviceNotRegistered", message)
                .hint(REGISTER_FIRST);
        }
        TError::OutOfService => {
            let message = &refusal.message;
            return Problem::new(500, StatusCode::Internal, "DeviceNotRegistered", message);
        }
        TError::InvalidConnId => return call_gone(),
        TError::AgentIdInUse | TError::ResourceSeized => {
            (409, StatusCode::AlreadyInUse, Some("Log out there first, or ask whoever sits there."))
        }
        TError::AlreadyInState
        | TError::DnBusy
        | TError::InvalidCallState
        | TError::NoAnswer
        | TError::Rejected => (409, StatusCode::NotValidNow, None),
        TError::ClientNotRegistered | TError::Internal => (500, StatusCode::Internal, None),
        TError::DnNotConfigured => (404, StatusCode::NotFound, None),
        TError::InvalidAttribute => (400, StatusCode::ParameterMissing, None),
        TError::InvalidDestination => (400, StatusCode::OutOfRange, None),
        TError::InvalidPassword => (403, StatusCode::NoPermission, None),
        TError::TimedOut => (500, StatusCode::NotComplete, None),
        TError::UnknownOperation | TError::UnsupportedOperation => {
            (501, StatusCode::Forbidden, None)
        }
    };
    let mut problem = Problem::new(http, status, refusal.error.as_str(), &refusal.message);
    problem.hint = hint.map(str::to_owned);
    problem
}

/// The call that was meant is over.
pub(crate) fn call_gone() -> Problem {
    let message = "This call is over, or it went to somebody else.";
    Problem::new(409, StatusCode::NotValidNow, "CallGone", message)
        .hint("GET /api/v2/me/calls lists the calls that are there.")
}

fn overdue() -> Problem {
    let message = "The switch has not answered yet.";
    Problem::new(500, StatusCode::NotComplete, "TimedOut", message)
        .hint("Look whether it was done before you try again.")
}

fn busy() -> Problem {
    let message = "Too many requests are waiting for the switch.";
    Problem::new(503, StatusCode::Internal, "Busy", message).hint("Try again in a few seconds.")
}

/// What to do about a phone that is not registered.
pub(crate) const REGISTER_FIRST: &str =
    "Open the phone page, wait until it says that it is registered, and try again.";
/// Requests at the switch, with those that may still be refused late.
const OPEN_MAX: usize = 10_000;
/// How long a response waits for the call that was dialled, once the switch has accepted it: longer
/// than one's own phone usually takes to answer, shorter than browsers and proxies wait.
const DIAL_WAIT: Duration = Duration::from_secs(10);
/// How long after its acceptance a request may be refused: longer than any phone is waited for.
const LATE_REFUSAL: Duration = Duration::from_secs(60);
