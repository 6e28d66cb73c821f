//! A call and its parties.

use std::{sync::Arc, time::Instant};

use model::{
    CallType, CallUuid, ConnId, Dn, DnRole, KvList, LegId, Now, Origin, ReferenceId,
    request::{MonitorMode, NoAnswer},
};

use crate::{dn::DnTable, reach::Destination, record::Tape, treatment::Running, trunk::Outside};

/// One call: its parties in the order in which they joined, and the route point that has it.
#[derive(Debug)]
pub struct Call {
    /// AttributeConnID.
    pub conn: ConnId,
    /// AttributeCallUUID.
    pub uuid: CallUuid,
    /// AttributeCallID.
    pub call_id: u32,
    /// Where it comes from and goes to.
    pub call_type: CallType,
    /// Who began it.
    pub caller: Caller,
    /// The number dialled, as dialled.
    pub dnis: String,
    /// AttributeUserData.
    pub user_data: Arc<KvList>,
    /// Everybody who is in it, is called for it or is to begin it.
    pub parties: Vec<Party>,
    /// The route point that the call came to last, if it came to one.
    pub queue: Option<Queue>,
    /// What it was made for during another call.
    pub consult: Option<Consult>,
    /// Who sent it away without asking, and gets it back when nobody takes it.
    pub sent_by: Option<Dn>,
    /// How often a phone that was called for it sent it elsewhere by itself.
    pub moves: usize,
    /// Recordings that began in it.
    pub tapes: u32,
}

/// Who began a call.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its number; empty when withheld.
    pub number: String,
    /// Its name, when given.
    pub name: Option<String>,
    /// Whether it is a DN of ours.
    pub is_ours: bool,
}

/// A call that somebody makes during another.
#[derive(Clone, Debug)]
pub struct Consult {
    /// The first call.
    pub parent: ConnId,
    /// Who consults.
    pub by: Dn,
    /// Whether to leave as soon as the other phone rings.
    pub is_mute_transfer: bool,
}

/// Names a party for as long as it exists, whatever call it is moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartyId(pub u64);

/// One party.
#[derive(Debug)]
pub struct Party {
    /// Its own number for good.
    pub id: PartyId,
    /// Its DN, or the outside number; empty when withheld.
    pub dn: Dn,
    /// Where its leg is.
    pub place: Place,
    /// AttributeThisDNRole.
    pub role: DnRole,
    /// What it does.
    pub state: State,
    /// Nobody hears it.
    pub is_muted: bool,
    /// It hears nobody, as long as there is a conference.
    pub is_deaf: bool,
    /// The call where it was before.
    pub previous: Option<ConnId>,
    /// Whom it supervises.
    pub watch: Option<Watch>,
    /// Who had it added to a call that was up.
    pub added: Option<Added>,
    /// Whether the router wants its part recorded; `None`: as its DN says.
    pub record: Option<bool>,
    /// The recording of its part: the one that goes on, or the last.
    pub tape: Option<Tape>,
}

/// How a party came to be called into a call that was up.
#[derive(Clone, Debug)]
pub struct Added {
    /// Who wanted it.
    pub by: Dn,
    /// The request that is answered when it is there.
    pub asker: Option<(Origin, ReferenceId)>,
}

/// Where a party's leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The line of a DN of ours, which may serve several calls.
    Ours,
    /// Beyond a trunk.
    Outside(LegId),
}

/// A supervisor's part in a call.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The agent.
    pub target: Dn,
    /// Who hears the supervisor.
    pub mode: MonitorMode,
}

/// What a party does.
#[derive(Debug)]
pub enum State {
    /// Its phone was called and has not answered.
    Alerting(Alerting),
    /// Whom it called can't be reached; it has not hung up yet.
    Failed,
    /// It lets the others wait.
    Held,
    /// It waits for somebody to answer.
    Originating(Told),
    /// Its phone was called so that it can call somebody.
    Summoned(Summoned),
    /// It talks and hears.
    Talking,
}

/// What a caller's network was told so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// Nothing yet.
    Nothing,
    /// 180: it plays ring-back itself.
    Ringing,
    /// 183: it hears what we play.
    EarlyMedia,
    /// 200, or its line was up before.
    Answered,
}

/// A phone that was called.
#[derive(Debug)]
pub struct Alerting {
    /// The DN's count of registrations when the phone was called.
    pub bindings: u64,
    /// Whether the phone said that it rings.
    pub has_rung: bool,
    /// Whether it plays something of its own before it answers.
    pub plays: bool,
    /// What happens when nobody answers; `None` for calls that weren't routed.
    pub no_answer: Option<NoAnswer>,
    /// Where a routed call goes that nobody answered.
    pub overflow: Overflow,
    /// When nobody answered.
    pub rings_until: Instant,
    /// The AnswerCall that the phone has to carry out.
    pub answer: Option<(Origin, ReferenceId)>,
    /// Whether the router wants it answered by itself; `None`: as its agent likes it.
    pub auto_answer: Option<bool>,
    /// Whether the phone was told to answer by itself and hasn't failed to.
    pub answers_itself: bool,
    /// For a number outside: by which other ways it can be reached.
    pub outside: Option<Outside>,
}

/// NO_ANSWER_OVERFLOW: where a routed call goes when nobody answered it in time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// Back to its route point.
    #[default]
    Recall,
    /// It ends.
    Release,
    /// To this number.
    To(String),
}

/// A phone that is to call somebody, or to listen to a call, and answers by itself.
#[derive(Debug)]
pub struct Summoned {
    /// Whom it will call; `None`: it joins its own call.
    pub destination: Option<Destination>,
    /// Who asked.
    pub asker: (Origin, ReferenceId),
}

/// A call's time at its route point.
#[derive(Debug)]
pub struct Queue {
    /// The route point.
    pub route_point: Dn,
    /// When the call came in first; calls that come back keep their place.
    pub entered: Now,
    /// How often it came back.
    pub recalls: u32,
    /// What those who wait hear from the route point, or are asked by it, while anything.
    pub treatment: Option<Running>,
    /// Whether the call is at the route point still: until EventDiverted.
    pub holds: bool,
}

impl Overflow {
    /// The word in Extensions, or the number.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Recall => "recall",
            Self::Release => "release",
            Self::To(number) => number,
        }
    }
}

impl Place {
    /// The leg of a party of this number, while there is one.
    pub fn leg_of(self, dn: &Dn, dns: &DnTable) -> Option<LegId> {
        match self {
            Self::Ours => dns.leg(dn),
            Self::Outside(leg) => Some(leg),
        }
    }
}

impl Party {
    /// The leg, while there is one.
    pub fn leg(&self, dns: &DnTable) -> Option<LegId> {
        self.place.leg_of(&self.dn, dns)
    }

    /// Whether it is a DN of ours.
    pub fn is_ours(&self) -> bool {
        self.place == Place::Ours
    }

    /// Whether it is a DN of ours that was told of the call.
    pub fn is_told(&self) -> bool {
        self.is_ours() && !matches!(self.state, State::Summoned(_))
    }

    /// Whether the others know of it.
    pub fn is_seen(&self) -> bool {
        let hides = |watch: &Watch| watch.mode != MonitorMode::Connect;
        !self.watch.as_ref().is_some_and(hides) && !matches!(self.state, State::Summoned(_))
    }

    /// Whether it lets the others wait.
    pub fn holds(&self) -> bool {
        matches!(self.state, State::Held)
    }

    /// Whether it talks and hears.
    pub fn talks(&self) -> bool {
        matches!(self.state, State::Talking)
    }

    /// Whether it talks or holds.
    pub fn is_in(&self) -> bool {
        matches!(self.state, State::Held | State::Talking)
    }

    /// Whether its phone rings so that it joins a conference.
    pub fn is_invited(&self) -> bool {
        matches!(self.state, State::Alerting(_)) && self.role == DnRole::ConferenceMember
    }

    /// Whether it talks or holds on its own behalf.
    pub fn talks_along(&self) -> bool {
        self.is_in() && self.watch.is_none()
    }

    /// Whether it talks, holds or waits for an answer, and is no listener: whoever keeps the call
    /// alive.
    pub fn keeps_alive(&self) -> bool {
        let is_there = matches!(self.state, State::Held | State::Originating(_) | State::Talking);
        is_there && self.watch.is_none()
    }
}

impl Call {
    /// The party of this number.
    pub fn party(&self, id: PartyId) -> Option<&Party> {
        self.parties.iter().find(|party| party.id == id)
    }

    /// The party of this number, to change.
    pub fn party_mut(&mut self, id: PartyId) -> Option<&mut Party> {
        self.parties.iter_mut().find(|party| party.id == id)
    }

    /// A DN of ours in the call.
    pub fn ours(&self, dn: &Dn) -> Option<&Party> {
        self.parties.iter().find(|party| party.is_ours() && party.dn == *dn)
    }

    /// A DN of ours in the call, to change.
    pub fn ours_mut(&mut self, dn: &Dn) -> Option<&mut Party> {
        self.parties.iter_mut().find(|party| party.is_ours() && party.dn == *dn)
    }

    /// The phone that is called at the moment.
    pub fn alerting(&self) -> Option<(&Party, &Alerting)> {
        self.parties.iter().find_map(|party| match &party.state {
            State::Alerting(alerting) => Some((party, alerting)),
            State::Failed
            | State::Held
            | State::Originating(_)
            | State::Summoned(_)
            | State::Talking => None,
        })
    }

    /// The route point, while the call is there.
    pub fn held_at(&self) -> Option<&Dn> {
        self.queue.as_ref().filter(|queue| queue.holds).map(|queue| &queue.route_point)
    }

    /// Whether it is at a route point and no phone was called for it yet.
    pub fn waits_for_route(&self) -> bool {
        self.held_at().is_some() && self.alerting().is_none()
    }

    /// Every DN of ours that has a part in the call now: whose events tell of it.
    pub fn told(&self) -> impl Iterator<Item = &Dn> {
        let ours = self.parties.iter().filter(|party| party.is_told());
        ours.map(|party| &party.dn).chain(self.held_at())
    }

    /// Whether this DN has a part in the call now.
    pub fn has_part(&self, dn: &Dn) -> bool {
        self.told().any(|party| party == dn)
    }

    /// Whether it came through a route point.
    pub fn is_business(&self) -> bool {
        self.queue.is_some()
    }

    /// Those whom a party can hear of, itself left out.
    pub fn others(&self, id: Option<PartyId>) -> impl Iterator<Item = &Party> {
        self.parties.iter().filter(move |party| Some(party.id) != id && party.is_seen())
    }

    /// In the words of a refusal: what the call is doing for `dn`.
    pub fn state_in_words(&self, dn: &Dn, dns: &DnTable) -> &'static str {
        let Some(party) = self.ours(dn) else { return "waiting at its route point" };
        match party.state {
            State::Alerting(_) => "ringing",
            State::Failed => "not connected",
            State::Held => "on hold",
            State::Originating(_) if self.held_at().is_some() => "waiting at its route point",
            State::Originating(_) => "being dialled",
            State::Summoned(_) => "being made",
            State::Talking if dns.leg(dn).is_none() => "waiting for its phone to come back",
            State::Talking => "established",
        }
    }
}
