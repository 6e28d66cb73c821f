//! A small model of the outside: what any listener may rely on, whatever happens.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AgentId, AgentState, CallState, Capabilities, Capability, ConnId, Dn, DnRole, Event, EventName,
    KvList, LegId, ReferenceId, Request,
    event::CallAttributes,
    leg::{FIRST_OFFERED_LEG, LegCommand, LegFact},
    media::MediaCommand,
    recording::{RecordCommand, RecordingId, RecordingState},
    request::MergeType,
};
use switch::Output;

#[derive(Default)]
pub struct Watch {
    legs: BTreeMap<LegId, Leg>,
    phones: BTreeMap<(Dn, ConnId), Phase>,
    offers: BTreeMap<(Dn, ConnId), Capabilities>,
    route_points: BTreeMap<(Dn, ConnId), Place>,
    agents: BTreeMap<Dn, (AgentId, AgentState)>,
    in_service: BTreeSet<Dn>,
    user_data: BTreeMap<ConnId, KvList>,
    /// First calls of completed transfers, whose data changes once before it is told.
    merging: BTreeSet<ConnId>,
    answers: BTreeMap<ReferenceId, Answer>,
    pending: Option<(ReferenceId, Request)>,
    sequence: u64,
    tapes: BTreeMap<RecordingId, RecordingState>,
}

#[derive(Default)]
struct Leg {
    rings: bool,
    answered: bool,
    released: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Dialing,
    Failed,
    Held,
    Ringing,
    Talking,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Queued,
    RouteUsed,
    Left,
}

/// What a request has been told.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Accepted,
    AcceptedMayFail,
    /// An event named it.
    Done,
    Refused,
}

impl Watch {
    pub fn offered(&mut self, leg: LegId) {
        self.legs.insert(leg, Leg::default());
    }

    /// What the switch is about to be told.
    pub fn told(&mut self, fact: &LegFact) {
        match fact {
            LegFact::Ringing { leg } => self.legs.get_mut(leg).unwrap().rings = true,
            LegFact::Ended { leg, .. } | LegFact::Lost { leg } => {
                self.legs.remove(leg);
            }
            LegFact::Answered { .. }
            | LegFact::Digit { .. }
            | LegFact::EarlyMedia { .. }
            | LegFact::Referred { .. }
            | LegFact::DnInService { .. }
            | LegFact::DnOutOfService { .. }
            | LegFact::Offered { .. }
            | LegFact::PhoneDidNotAnswer { .. }
            | LegFact::Moved { .. }
            | LegFact::Pressed { .. } => {}
        }
    }

    /// A request whose outputs will be seen next. Its user data is taken over if it is accepted:
    /// the events after `Accepted` are compared.
    pub fn asked(&mut self, reference: ReferenceId, request: Request) {
        self.pending = Some((reference, request));
    }

    pub fn live_legs(&self) -> Vec<LegId> {
        self.legs.keys().copied().collect()
    }

    /// The leg that was called last, and lives.
    pub fn newest_called(&self) -> Option<LegId> {
        let mut legs = self.legs.keys().rev();
        legs.find(|leg| leg.0 < FIRST_OFFERED_LEG).copied()
    }

    /// A call that waits for the router.
    pub fn waiting(&self) -> Option<ConnId> {
        let mut places = self.route_points.iter();
        places.find(|(_, place)| **place == Place::Queued).map(|((_, conn), _)| *conn)
    }

    /// A phone that has a part in the call.
    pub fn party(&self, conn: ConnId) -> Option<Dn> {
        self.phones.keys().find(|(_, at)| *at == conn).map(|(dn, _)| dn.clone())
    }

    /// Every phone with its call.
    pub fn parts(&self) -> Vec<(Dn, ConnId)> {
        self.phones.keys().cloned().collect()
    }

    /// A phone's other call.
    pub fn other_call(&self, dn: &Dn, conn: ConnId) -> Option<ConnId> {
        self.phones.keys().find(|(at, other)| at == dn && *other != conn).map(|(_, conn)| *conn)
    }

    /// Whether a DN was told that it may ask this of a call.
    pub fn may(&self, what: Capability, dn: &Dn, conn: ConnId) -> bool {
        self.offers.get(&(dn.clone(), conn)).is_some_and(|offer| offer.has(what))
    }

    pub fn assert_quiet(&self) {
        assert!(self.phones.is_empty(), "phones with calls: {:?}", self.phones);
        let left = |place: &Place| *place == Place::Left;
        assert!(self.route_points.values().all(left), "waiting: {:?}", self.route_points);
        assert!(self.tapes.is_empty(), "recordings of nobody: {:?}", self.tapes);
        assert!(self.pending.is_none(), "a request without an answer");
        let is_open =
            |answer: &Answer| matches!(answer, Answer::Accepted | Answer::AcceptedMayFail);
        let open: Vec<_> = self.answers.iter().filter(|(_, answer)| is_open(answer)).collect();
        assert!(open.is_empty(), "accepted, and then neither event nor refusal: {open:?}");
    }

    pub fn see(&mut self, output: &Output) {
        match output {
            Output::Accepted { reference, .. } => self.accepted(*reference),
            Output::Capabilities { dn, conn, capabilities } => {
                let before = self.offers.insert((dn.clone(), *conn), *capabilities);
                assert!(before.is_some(), "capabilities of a call that {dn} was not told of");
            }
            Output::Event(event) => self.event(event),
            Output::Leg(command) => self.leg(command),
            Output::Media(command) => self.media(command),
            Output::Refused { reference, .. } => self.refused(*reference),
            Output::Speakers { dn, conn, .. } => {
                assert!(self.phones.contains_key(&(dn.clone(), *conn)), "{dn} is not in {conn:?}");
            }
        }
    }

    fn accepted(&mut self, reference: ReferenceId) {
        let (asked, request) = self.pending.take().expect("nobody asked");
        assert_eq!(asked, reference);
        let answer = match request {
            Request::AnswerCall { .. }
            | Request::MakeCall { .. }
            | Request::SingleStepConference { .. } => Answer::AcceptedMayFail,
            _ => Answer::Accepted,
        };
        assert_eq!(self.answers.insert(reference, answer), None, "answered twice");
        self.apply_user_data(request);
    }

    fn apply_user_data(&mut self, request: Request) {
        match request {
            Request::AttachUserData { conn, user_data, .. } => {
                let list = self.user_data.entry(conn).or_default();
                user_data.into_iter().for_each(|(key, value)| list.attach(key, value));
            }
            Request::UpdateUserData { conn, user_data, .. } => {
                let list = self.user_data.entry(conn).or_default();
                user_data.into_iter().for_each(|(key, value)| list.update(key, value));
            }
            Request::DeletePair { conn, key, .. } => {
                self.user_data.entry(conn).or_default().delete(&key);
            }
            Request::CompleteConference { held, current, .. } => {
                // The older call survives, whichever is on hold.
                self.conferred(held.min(current), held.max(current));
            }
            Request::MergeCalls { held, current, merge, .. } => match merge {
                MergeType::ForConference => self.conferred(held, current),
                MergeType::ForTransfer => _ = self.merging.insert(held),
            },
            Request::MuteTransfer { conn, .. } => {
                self.merging.insert(conn);
            }
            Request::CompleteTransfer { held, current, .. } => {
                self.merging.insert(held.min(current));
            }
            Request::DeleteUserData { conn, .. } => {
                self.user_data.insert(conn, KvList::new());
            }
            _ => {}
        }
    }

    fn conferred(&mut self, first: ConnId, second: ConnId) {
        let mut list = self.user_data.get(&second).cloned().unwrap_or_default();
        let kept = self.user_data.get(&first).cloned().unwrap_or_default();
        kept.into_iter().for_each(|(key, value)| list.update(key, value));
        self.user_data.insert(first, list);
    }

    fn refused(&mut self, reference: ReferenceId) {
        let asked_now = self.pending.take_if(|(asked, _)| *asked == reference).is_some();
        let before = self.answers.insert(reference, Answer::Refused);
        match before {
            None => assert!(asked_now, "nobody asked"),
            Some(answer) => assert_eq!(answer, Answer::AcceptedMayFail, "answered twice"),
        }
    }

    fn leg(&mut self, command: &LegCommand) {
        match command {
            LegCommand::Answer { leg } => {
                let leg = self.offered_leg(*leg);
                assert!(!std::mem::replace(&mut leg.answered, true), "answered twice");
            }
            LegCommand::AnswerPhone { leg } => {
                assert!(self.live(*leg).rings, "a phone is told to answer before it rings");
            }
            LegCommand::Dial { leg, .. } => {
                assert!(leg.0 < FIRST_OFFERED_LEG);
                assert!(self.legs.insert(*leg, Leg::default()).is_none(), "a leg id twice");
            }
            LegCommand::ReferDone { leg, .. } | LegCommand::ShowHeld { leg, .. } => {
                self.live(*leg);
            }
            LegCommand::Progress { leg, .. } => {
                assert!(!self.offered_leg(*leg).answered, "18x after 200");
            }
            LegCommand::Release { leg, .. } => {
                let released = std::mem::replace(&mut self.live(*leg).released, true);
                assert!(!released, "released twice");
            }
            LegCommand::Ring { leg, dn, .. } => {
                assert!(leg.0 < FIRST_OFFERED_LEG);
                assert!(self.in_service.contains(dn), "{dn} rings without a phone");
                assert!(self.legs.insert(*leg, Leg::default()).is_none(), "a leg id twice");
            }
        }
    }

    fn media(&mut self, command: &MediaCommand) {
        match command {
            MediaCommand::Hear { leg, sources } => {
                for leg in sources.iter().chain([leg]) {
                    assert!(!self.live(*leg).released, "{leg} hears or is heard after its end");
                }
            }
            MediaCommand::SendDigits { leg, .. } => assert!(!self.live(*leg).released),
            MediaCommand::Play { leg, .. } => assert!(!self.live(*leg).released),
            MediaCommand::Record(command) => self.record(command),
            other => panic!("not the switch's business: {other:?}"),
        }
    }

    /// Begins, pauses, goes on and ends by turns, and hears nobody whose leg is gone.
    fn record(&mut self, command: &RecordCommand) {
        match command {
            RecordCommand::Start(about) => {
                let before = self.tapes.insert(about.id, RecordingState::On);
                assert_eq!(before, None, "a recording's name twice");
            }
            RecordCommand::Hear { recording, left, right } => {
                assert!(self.tapes.contains_key(recording));
                assert!(left.len().min(right.len()) <= 1, "a party is one voice");
                for leg in left.iter().chain(right) {
                    assert!(!self.live(*leg).released, "{leg} is recorded after its end");
                    assert!(!(left.contains(leg) && right.contains(leg)), "on both channels");
                }
            }
            RecordCommand::Pause(recording) => {
                let before = self.tapes.insert(*recording, RecordingState::Paused);
                assert_eq!(before, Some(RecordingState::On));
            }
            RecordCommand::Resume(recording) => {
                let before = self.tapes.insert(*recording, RecordingState::On);
                assert_eq!(before, Some(RecordingState::Paused));
            }
            RecordCommand::Stop(recording) => {
                assert!(self.tapes.remove(recording).is_some(), "ended twice");
            }
        }
    }

    /// A recording that runs.
    pub fn tape(&self) -> Option<RecordingId> {
        self.tapes.keys().next_back().copied()
    }

    fn offered_leg(&mut self, leg: LegId) -> &mut Leg {
        assert!(leg.0 >= FIRST_OFFERED_LEG, "only offered legs are answered");
        let leg = self.live(leg);
        assert!(!leg.released, "used after release");
        leg
    }

    fn live(&mut self, leg: LegId) -> &mut Leg {
        self.legs.get_mut(&leg).expect("a command for a leg that is over")
    }

    fn event(&mut self, event: &Event) {
        assert_eq!(event.sequence, self.sequence + 1, "the sequence has no gaps");
        self.sequence = event.sequence;
        if let Some((_, reference)) = event.reference {
            let answer = self.answers.insert(reference, Answer::Done);
            assert_ne!(answer, Some(Answer::Refused), "an event of a refused request");
        }
        match &event.call {
            None => self.agent_event(event),
            Some(call) => {
                // Consult calls begin with a copy, and calls that are joined with both lists.
                let is_joined =
                    matches!(event.name, EventName::PartyAdded | EventName::PartyChanged);
                let expected = self
                    .user_data
                    .entry(call.conn)
                    .or_insert_with(|| KvList::clone(&call.user_data));
                if is_joined || *call.user_data != *expected && self.merging.remove(&call.conn) {
                    *expected = KvList::clone(&call.user_data);
                }
                assert_eq!(*call.user_data, *expected, "user data");
                self.offers.insert((event.this_dn.clone(), call.conn), call.capabilities);
                let at_route_point = call.this_queue.as_ref() == Some(&event.this_dn);
                match at_route_point {
                    true => self.route_point_event(event, call),
                    false => self.phone_event(event, call),
                }
            }
        }
        let known = self.agents.get(&event.this_dn);
        if let Some(agent) = &event.agent
            && event.name != EventName::AgentLogout
        {
            assert_eq!(known, Some(&(agent.agent.clone(), agent.state)), "agent attributes");
        }
    }

    fn agent_event(&mut self, event: &Event) {
        let dn = &event.this_dn;
        match event.name {
            EventName::DnBackInService => assert!(self.in_service.insert(dn.clone())),
            EventName::DnOutOfService => assert!(self.in_service.remove(dn)),
            EventName::AgentLogin => {
                let agent = event.agent.as_ref().unwrap();
                let elsewhere = self.agents.values().any(|(id, _)| *id == agent.agent);
                assert!(!elsewhere, "one agent at two DNs");
                let before = self.agents.insert(dn.clone(), (agent.agent.clone(), agent.state));
                assert!(before.is_none(), "two agents at one DN");
            }
            EventName::AgentLogout => {
                assert_eq!(event.agent.as_ref().unwrap().state, AgentState::LoggedOut);
                let has_call = self.phones.keys().any(|(at, _)| at == dn);
                let leaves_a_call = event.reference.is_some() && has_call;
                assert!(!leaves_a_call, "logged out of a call");
                assert!(self.agents.remove(dn).is_some());
            }
            EventName::AgentReady | EventName::AgentNotReady => {
                let agent = event.agent.as_ref().unwrap();
                let is_ready = agent.state == AgentState::Ready;
                assert_eq!(is_ready, event.name == EventName::AgentReady);
                let known = self.agents.get_mut(dn).expect("nobody is logged in");
                known.1 = agent.state;
            }
            EventName::AgentIdleReasonSet
            | EventName::DndOff
            | EventName::DndOn
            | EventName::ForwardCancel
            | EventName::ForwardSet
            | EventName::MonitoringCancelled
            | EventName::MonitoringNextCall
            | EventName::UserEvent => {}
            other => panic!("{other} without a call"),
        }
    }

    fn route_point_event(&mut self, event: &Event, call: &CallAttributes) {
        let key = (event.this_dn.clone(), call.conn);
        let mut place = self.route_points.get(&key).copied();
        if event.name == EventName::PartyChanged {
            // What waited there goes on waiting, under the ConnID of the call that came of it.
            assert!(matches!(place, None | Some(Place::Left)), "moved to where it was already");
            let previous = call.previous_conn.expect("whence it moved");
            place = self.route_points.insert((event.this_dn.clone(), previous), Place::Left);
        }
        let next = match (place, event.name) {
            (None | Some(Place::Left), EventName::Queued) => Place::Queued,
            // Without EventDiverted a call that was routed in vain is still there.
            (Some(Place::Queued | Place::RouteUsed), EventName::RouteRequest) => Place::Queued,
            (Some(Place::Queued), EventName::TreatmentApplied | EventName::PartyChanged) => {
                Place::Queued
            }
            (Some(place), EventName::TreatmentEnd | EventName::AttachedDataChanged)
                if place != Place::Left =>
            {
                place
            }
            (Some(Place::Queued), EventName::RouteUsed) => Place::RouteUsed,
            (Some(Place::RouteUsed), EventName::Diverted) => Place::Left,
            (Some(Place::Queued | Place::RouteUsed), EventName::Abandoned) => Place::Left,
            (place, name) => panic!("{name} at a route point where the call is {place:?}"),
        };
        self.route_points.insert(key, next);
    }

    fn phone_event(&mut self, event: &Event, call: &CallAttributes) {
        let key = (event.this_dn.clone(), call.conn);
        let mut before = self.phones.remove(&key);
        if event.name == EventName::PartyChanged
            && let Some(previous) = call.previous_conn
        {
            // The same phone, in another call from now on.
            assert_eq!(before, None, "moved to a call where it was already");
            before = self.phones.remove(&(event.this_dn.clone(), previous));
        }
        let is_watcher = call.this_role == DnRole::Observer;
        let after = match (before, event.name) {
            (None, EventName::Dialing) => Some(Phase::Dialing),
            (None, EventName::Ringing) => {
                self.check_ringing(event);
                Some(Phase::Ringing)
            }
            (None, EventName::Established) if is_watcher => Some(Phase::Talking),
            (Some(Phase::Dialing | Phase::Ringing), EventName::Established) => Some(Phase::Talking),
            (Some(Phase::Dialing), EventName::DestinationBusy) => Some(Phase::Failed),
            (Some(Phase::Dialing), EventName::NetworkReached) => Some(Phase::Dialing),
            (Some(Phase::Talking), EventName::Held) => Some(Phase::Held),
            (Some(Phase::Held), EventName::Retrieved) => Some(Phase::Talking),
            (
                Some(phase @ (Phase::Dialing | Phase::Held | Phase::Ringing | Phase::Talking)),
                EventName::DtmfSent
                | EventName::ListenDisconnected
                | EventName::ListenReconnected
                | EventName::MuteOff
                | EventName::MuteOn
                | EventName::PartyAdded
                | EventName::PartyDeleted,
            ) => Some(phase),
            (Some(phase), EventName::PartyChanged) => Some(phase),
            (Some(phase), EventName::AttachedDataChanged | EventName::PrivateInfo) => Some(phase),
            (Some(Phase::Ringing), EventName::Abandoned) => {
                assert_eq!(call.call_state, CallState::Abandoned);
                None
            }
            (Some(_), EventName::Released) => None,
            (phase, name) => panic!("{name} at a phone that is {phase:?}"),
        };
        match after {
            Some(phase) => {
                self.phones.insert(key, phase);
            }
            None => {
                assert_eq!(call.capabilities, Capabilities::NONE, "offers after the end");
                self.offers.remove(&key);
            }
        }
    }

    fn check_ringing(&self, event: &Event) {
        let is_routed = event.extensions.int("NO_ANSWER_TIMEOUT").is_some();
        if let Some((agent, state)) = self.agents.get(&event.this_dn).filter(|_| is_routed) {
            assert_eq!(*state, AgentState::Ready, "agent {agent} gets a call");
        }
    }
}
