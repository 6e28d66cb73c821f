//! A call and what its parties are doing.

use std::{sync::Arc, time::Instant};

use model::{
    CallType, CallUuid, ConnId, Dn, KvList, LegId, Now, Origin, ReferenceId, TrunkName,
    request::{NoAnswer, Treatment},
};

/// One call: a caller, and a route point or a DN that is called.
#[derive(Debug)]
pub struct Call {
    /// AttributeConnID.
    pub conn: ConnId,
    /// AttributeCallUUID.
    pub uuid: CallUuid,
    /// AttributeCallID.
    pub call_id: u32,
    /// From a trunk or from a DN of ours.
    pub call_type: CallType,
    /// Who calls.
    pub caller: Caller,
    /// The number dialled, as dialled.
    pub dnis: String,
    /// The trunk that the call leaves by, when the number dialled is not ours. Nobody of ours is
    /// there, so no event is.
    pub leaves_by: Option<TrunkName>,
    /// AttributeUserData.
    pub user_data: Arc<KvList>,
    /// The route point that the call came to, if it came to one.
    pub queue: Option<Queue>,
    /// How far it is.
    pub stage: Stage,
}

/// The calling party.
#[derive(Debug)]
pub struct Caller {
    /// Its leg, offered by signaling.
    pub leg: LegId,
    /// Its number; empty when withheld.
    pub number: String,
    /// Its name, when given.
    pub name: Option<String>,
    /// Its DN, when it is one of ours.
    pub dn: Option<Dn>,
    /// What it was told so far.
    pub told: Told,
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
    /// 200.
    Answered,
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
    /// What the caller hears from the route point, while anything.
    pub treatment: Option<Treatment>,
    /// Whether the call is at the route point still: until EventDiverted.
    pub holds: bool,
}

/// How far a call is.
#[derive(Debug)]
pub enum Stage {
    /// A phone was called and has not answered.
    Alerting(Alerting),
    /// Two people talk.
    Established(Established),
    /// At a route point.
    Queued,
    /// The page of the answering DN went away in the call and is awaited.
    Resuming(Resuming),
}

/// A phone that was called.
#[derive(Debug)]
pub struct Alerting {
    /// Whose phone.
    pub dn: Dn,
    /// Its leg; `None` while another phone of the DN is awaited (a page that is reloaded).
    pub leg: Option<LegId>,
    /// The DN's count of registrations when the phone was called.
    pub bindings: u64,
    /// Whether the phone said that it rings.
    pub has_rung: bool,
    /// What happens when nobody answers; `None` for calls that weren't routed.
    pub no_answer: Option<NoAnswer>,
    /// When nobody answered.
    pub rings_until: Instant,
    /// The AnswerCall that the phone has to carry out.
    pub answer: Option<(Origin, ReferenceId)>,
}

/// A phone that answered.
#[derive(Debug)]
pub struct Established {
    /// Whose phone.
    pub dn: Dn,
    /// Its leg.
    pub leg: LegId,
    /// The DN's count of registrations when the leg was answered: a higher one when the leg is
    /// lost tells that the page is back already.
    pub bindings: u64,
}

/// A phone that is awaited.
#[derive(Debug)]
pub struct Resuming {
    /// Whose phone.
    pub dn: Dn,
    /// The new leg, once the DN is back and its phone was called.
    pub leg: Option<LegId>,
    /// The DN's count of registrations that were tried already.
    pub bindings: u64,
}

impl Call {
    /// The DN that was called, and answers or answered.
    pub fn callee(&self) -> Option<&Dn> {
        match &self.stage {
            Stage::Alerting(Alerting { dn, .. })
            | Stage::Established(Established { dn, .. })
            | Stage::Resuming(Resuming { dn, .. }) => Some(dn),
            Stage::Queued => None,
        }
    }

    /// The called phone's leg.
    pub fn callee_leg(&self) -> Option<LegId> {
        match &self.stage {
            Stage::Alerting(Alerting { leg, .. }) | Stage::Resuming(Resuming { leg, .. }) => *leg,
            Stage::Established(Established { leg, .. }) => Some(*leg),
            Stage::Queued => None,
        }
    }

    /// The route point, while the call is there.
    pub fn held_at(&self) -> Option<&Dn> {
        self.queue.as_ref().filter(|queue| queue.holds).map(|queue| &queue.route_point)
    }

    /// Every DN that has a part in the call now.
    pub fn parties(&self) -> impl Iterator<Item = &Dn> {
        self.caller.dn.iter().chain(self.held_at()).chain(self.callee())
    }

    /// Whether this is the outside number that the call left for.
    pub fn is_outside(&self, dn: &Dn) -> bool {
        self.leaves_by.is_some() && self.callee() == Some(dn)
    }

    /// Whether this DN has a part in the call now.
    pub fn has_party(&self, dn: &Dn) -> bool {
        self.parties().any(|party| party == dn)
    }

    /// In the words of a refusal: what the call is doing.
    pub fn stage_in_words(&self) -> &'static str {
        match self.stage {
            Stage::Alerting(_) => "ringing",
            Stage::Established(_) => "established",
            Stage::Queued => "waiting at its route point",
            Stage::Resuming(_) => "waiting for its phone to come back",
        }
    }
}
