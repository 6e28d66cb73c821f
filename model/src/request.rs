//! T-Library requests that the switch takes.

use std::sync::Arc;

use crate::{
    AgentId, ClientId, ConnId, Dn, KvList, ReferenceId, WorkMode,
    prompt::{KeyEntry, Prompt},
};

/// Who asked. Outcomes go back there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A client of the T-Server port.
    Cti(ClientId),
    /// The agent desktop's server.
    Desk,
    /// The router.
    Router,
}

/// One request with what every request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TRequest {
    /// Who asked.
    pub origin: Origin,
    /// Comes back in the outcome and in the event that the request caused.
    pub reference: ReferenceId,
    /// AttributeReasons.
    pub reasons: KvList,
    /// AttributeExtensions.
    pub extensions: KvList,
    /// What is asked.
    pub request: Request,
}

/// What can be asked of the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Log an agent in at a DN.
    AgentLogin {
        /// Where.
        dn: Dn,
        /// Who.
        agent: AgentId,
        /// `AutoIn` makes the agent Ready at once.
        work_mode: WorkMode,
    },
    /// Log the agent at this DN out.
    AgentLogout {
        /// Where.
        dn: Dn,
    },
    /// Take calls no more. Work mode `AfterCallWork` asks for wrap-up time. The reason is in
    /// `TRequest::reasons` under `ReasonCode`.
    AgentNotReady {
        /// Where.
        dn: Dn,
        /// Why, coarsely.
        work_mode: WorkMode,
    },
    /// Take calls.
    AgentReady {
        /// Where.
        dn: Dn,
        /// `ManualIn` or `AutoIn`.
        work_mode: WorkMode,
    },
    /// Why the agent takes no calls, anew; the state and its time stay. The reason is in
    /// `TRequest::reasons` under `ReasonCode`.
    AgentSetIdleReason {
        /// Where.
        dn: Dn,
    },
    /// Hold one call and go back to another.
    AlternateCall {
        /// Whose phone.
        dn: Dn,
        /// The call that is held.
        held: ConnId,
        /// The call that is up.
        current: ConnId,
    },
    /// Answer a ringing call.
    AnswerCall {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Play to the caller at a route point, from now on until routed.
    ApplyTreatment {
        /// The route point.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// What to play.
        treatment: Treatment,
    },
    /// Add pairs, also under keys that exist.
    AttachUserData {
        /// A party's DN.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// The pairs.
        user_data: KvList,
    },
    /// Forward calls no more.
    CallForwardCancel {
        /// Whose calls.
        dn: Dn,
    },
    /// Send every call for this DN elsewhere.
    CallForwardSet {
        /// Whose calls.
        dn: Dn,
        /// A DN or an outside number.
        destination: String,
    },
    /// Listen to an agent's calls no more; one that is listened to is left.
    CancelMonitoring {
        /// The supervisor's DN.
        dn: Dn,
        /// The agent's DN.
        target: Dn,
    },
    /// Drop every party.
    ClearCall {
        /// A party's DN.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Join the held call and the consult call to one conference.
    CompleteConference {
        /// Who consulted.
        dn: Dn,
        /// The first call.
        held: ConnId,
        /// The consult call.
        current: ConnId,
    },
    /// Connect the held call with the consulted party and leave.
    CompleteTransfer {
        /// Who consulted.
        dn: Dn,
        /// The first call.
        held: ConnId,
        /// The consult call.
        current: ConnId,
    },
    /// Drop one other party of a conference.
    DeleteFromConference {
        /// Who asks.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// Whom: a DN or an outside number.
        party: Dn,
    },
    /// Remove the pairs under one key.
    DeletePair {
        /// A party's DN.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// The key.
        key: String,
    },
    /// Remove all user data.
    DeleteUserData {
        /// A party's DN.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Tell everybody who watches this DN something of one's own.
    DistributeUserEvent {
        /// At which DN.
        dn: Dn,
        /// What.
        user_data: KvList,
    },
    /// Let the other side wait with music.
    HoldCall {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Hold the call and consult somebody, to confer.
    InitiateConference {
        /// Who consults.
        dn: Dn,
        /// The call that is up.
        conn: ConnId,
        /// Whom: a DN, a route point or an outside number.
        destination: String,
        /// Added to the consult call's copy.
        user_data: KvList,
    },
    /// Hold the call and consult somebody, to transfer.
    InitiateTransfer {
        /// Who consults.
        dn: Dn,
        /// The call that is up.
        conn: ConnId,
        /// Whom: a DN, a route point or an outside number.
        destination: String,
        /// Added to the consult call's copy.
        user_data: KvList,
    },
    /// Let a party of a conference hear nothing.
    ListenDisconnect {
        /// Who asks.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// Who hears nothing: a DN or an outside number, the asker's own too.
        listener: Dn,
    },
    /// Let a party hear again.
    ListenReconnect {
        /// Who asks.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// Who hears again.
        listener: Dn,
    },
    /// Call somebody: this phone first, which answers by itself.
    MakeCall {
        /// Whose phone.
        dn: Dn,
        /// Whom: a DN, a route point or an outside number.
        destination: String,
        /// The new call's.
        user_data: KvList,
    },
    /// Join two calls, whatever they have to do with one another. The held one survives.
    MergeCalls {
        /// Whose phone.
        dn: Dn,
        /// The call that is held.
        held: ConnId,
        /// The call that is up.
        current: ConnId,
        /// What becomes of the asker.
        merge: MergeType,
    },
    /// Listen to an agent's calls.
    MonitorNextCall {
        /// The supervisor's DN.
        dn: Dn,
        /// The agent's DN.
        target: Dn,
        /// How.
        mode: MonitorMode,
        /// Every call from now on, not only one.
        is_all: bool,
    },
    /// Transfer as soon as the other phone rings, without talking to it first.
    MuteTransfer {
        /// Who transfers.
        dn: Dn,
        /// The call that is up.
        conn: ConnId,
        /// Whom: a DN or an outside number.
        destination: String,
        /// Added to the call's.
        user_data: KvList,
    },
    /// Leave a gap in the recording from here.
    PauseRecording {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Drop the consult call and go back to the held one.
    ReconnectCall {
        /// Who consulted.
        dn: Dn,
        /// The first call.
        held: ConnId,
        /// The consult call.
        current: ConnId,
    },
    /// Send a ringing call elsewhere.
    RedirectCall {
        /// Whose phone rings.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// A DN, a route point or an outside number.
        destination: String,
    },
    /// Hang up; on a ringing call: refuse it.
    ReleaseCall {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Go on recording.
    ResumeRecording {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Go on with a held call.
    RetrieveCall {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Send a call that waits at a route point to a target.
    RouteCall {
        /// The route point.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// An agent's DN, another route point, or an outside number.
        target: Dn,
        /// What happens when the target does not answer.
        no_answer: NoAnswer,
    },
    /// Press keys for the others.
    SendDtmf {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// `0`-`9`, `*`, `#`, `A`-`D`; `,` waits.
        digits: String,
    },
    /// Take calls again.
    SetDndOff {
        /// Which DN.
        dn: Dn,
    },
    /// Take no calls, whoever calls.
    SetDndOn {
        /// Which DN.
        dn: Dn,
    },
    /// Be heard again; at a monitored call: speak.
    SetMuteOff {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Be heard by nobody.
    SetMuteOn {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Add somebody to the call, who talks to all once answered.
    SingleStepConference {
        /// Who asks.
        dn: Dn,
        /// The call that is up.
        conn: ConnId,
        /// Whom: a DN or an outside number.
        destination: String,
        /// Added to the call's.
        user_data: KvList,
    },
    /// Send the call elsewhere and leave it.
    SingleStepTransfer {
        /// Who transfers.
        dn: Dn,
        /// The call that is up.
        conn: ConnId,
        /// Whom: a DN, a route point or an outside number.
        destination: String,
        /// Added to the call's.
        user_data: KvList,
    },
    /// Record this DN's part of the call.
    StartRecording {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// End the recording.
    StopRecording {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// Replace pairs or add them.
    UpdateUserData {
        /// A party's DN.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// The pairs.
        user_data: KvList,
    },
}

/// NO_ANSWER_TIMEOUT, NO_ANSWER_ACTION and NO_ANSWER_OVERFLOW of a routed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    /// Seconds of ringing.
    pub timeout_s: u32,
    /// What happens to the agent.
    pub action: NoAnswerAction,
}

/// AttributeMergeType: what becomes of who merges two calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeType {
    /// They leave.
    #[default]
    ForTransfer,
    /// They stay.
    ForConference,
}

/// NO_ANSWER_ACTION.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswerAction {
    /// The agent is logged out.
    Logout,
    /// Nothing.
    None,
    /// The agent becomes NotReady.
    NotReady,
}

impl NoAnswerAction {
    /// The word in Extensions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::None => "none",
            Self::NotReady => "notready",
        }
    }
}

/// What a caller at a route point hears, or is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// A prompt, once; then it ends.
    Announcement(Arc<Prompt>),
    /// A prompt that is answered by keys; ends with them or without.
    CollectDigits(Arc<Prompt>, KeyEntry),
    /// The site's music.
    Music,
    /// A prompt, then what the caller says is recorded until a key, silence or the limit.
    RecordMessage {
        /// What is said before.
        prompt: Arc<Prompt>,
        /// Seconds at most.
        limit_s: u32,
        /// Whose message it is: a group, an agent, a queue.
        mailbox: String,
    },
    /// Ring-back tone.
    RingBack,
    /// Nothing.
    Silence,
}

/// How a supervisor is in an agent's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MonitorMode {
    /// Heard by everybody (barge in).
    Connect,
    /// Heard by the agent alone.
    Coach,
    /// Heard by nobody.
    Mute,
}

impl MonitorMode {
    /// The word in Extensions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Coach => "coach",
            Self::Mute => "mute",
        }
    }
}

/// A request's name alone, for logs and ladders.
pub type RequestName = &'static str;

impl Request {
    /// T-Library's name without the word Request.
    #[must_use]
    pub fn name(&self) -> RequestName {
        match self {
            Self::AgentLogin { .. } => "AgentLogin",
            Self::AgentLogout { .. } => "AgentLogout",
            Self::AgentNotReady { .. } => "AgentNotReady",
            Self::AgentReady { .. } => "AgentReady",
            Self::AgentSetIdleReason { .. } => "AgentSetIdleReason",
            Self::AlternateCall { .. } => "AlternateCall",
            Self::AnswerCall { .. } => "AnswerCall",
            Self::ApplyTreatment { .. } => "ApplyTreatment",
            Self::AttachUserData { .. } => "AttachUserData",
            Self::CallForwardCancel { .. } => "CallForwardCancel",
            Self::CallForwardSet { .. } => "CallForwardSet",
            Self::CancelMonitoring { .. } => "CancelMonitoring",
            Self::ClearCall { .. } => "ClearCall",
            Self::CompleteConference { .. } => "CompleteConference",
            Self::CompleteTransfer { .. } => "CompleteTransfer",
            Self::DeleteFromConference { .. } => "DeleteFromConference",
            Self::DeletePair { .. } => "DeletePair",
            Self::DeleteUserData { .. } => "DeleteUserData",
            Self::DistributeUserEvent { .. } => "DistributeUserEvent",
            Self::HoldCall { .. } => "HoldCall",
            Self::InitiateConference { .. } => "InitiateConference",
            Self::InitiateTransfer { .. } => "InitiateTransfer",
            Self::ListenDisconnect { .. } => "ListenDisconnect",
            Self::ListenReconnect { .. } => "ListenReconnect",
            Self::MakeCall { .. } => "MakeCall",
            Self::MergeCalls { .. } => "MergeCalls",
            Self::MonitorNextCall { .. } => "MonitorNextCall",
            Self::MuteTransfer { .. } => "MuteTransfer",
            Self::PauseRecording { .. } => "PauseRecording",
            Self::ReconnectCall { .. } => "ReconnectCall",
            Self::RedirectCall { .. } => "RedirectCall",
            Self::ReleaseCall { .. } => "ReleaseCall",
            Self::ResumeRecording { .. } => "ResumeRecording",
            Self::RetrieveCall { .. } => "RetrieveCall",
            Self::RouteCall { .. } => "RouteCall",
            Self::SendDtmf { .. } => "SendDTMF",
            Self::SetDndOff { .. } => "SetDNDOff",
            Self::SetDndOn { .. } => "SetDNDOn",
            Self::SetMuteOff { .. } => "SetMuteOff",
            Self::SetMuteOn { .. } => "SetMuteOn",
            Self::SingleStepConference { .. } => "SingleStepConference",
            Self::SingleStepTransfer { .. } => "SingleStepTransfer",
            Self::StartRecording { .. } => "StartRecording",
            Self::StopRecording { .. } => "StopRecording",
            Self::UpdateUserData { .. } => "UpdateUserData",
        }
    }

    /// The DN that the request is about.
    #[must_use]
    pub fn dn(&self) -> &Dn {
        match self {
            Self::AgentLogin { dn, .. }
            | Self::AgentLogout { dn }
            | Self::AgentNotReady { dn, .. }
            | Self::AgentReady { dn, .. }
            | Self::AgentSetIdleReason { dn }
            | Self::AlternateCall { dn, .. }
            | Self::AnswerCall { dn, .. }
            | Self::ApplyTreatment { dn, .. }
            | Self::AttachUserData { dn, .. }
            | Self::CallForwardCancel { dn }
            | Self::CallForwardSet { dn, .. }
            | Self::CancelMonitoring { dn, .. }
            | Self::ClearCall { dn, .. }
            | Self::CompleteConference { dn, .. }
            | Self::CompleteTransfer { dn, .. }
            | Self::DeleteFromConference { dn, .. }
            | Self::DeletePair { dn, .. }
            | Self::DeleteUserData { dn, .. }
            | Self::DistributeUserEvent { dn, .. }
            | Self::HoldCall { dn, .. }
            | Self::InitiateConference { dn, .. }
            | Self::InitiateTransfer { dn, .. }
            | Self::ListenDisconnect { dn, .. }
            | Self::ListenReconnect { dn, .. }
            | Self::MakeCall { dn, .. }
            | Self::MergeCalls { dn, .. }
            | Self::MonitorNextCall { dn, .. }
            | Self::MuteTransfer { dn, .. }
            | Self::PauseRecording { dn, .. }
            | Self::ReconnectCall { dn, .. }
            | Self::RedirectCall { dn, .. }
            | Self::ReleaseCall { dn, .. }
            | Self::ResumeRecording { dn, .. }
            | Self::RetrieveCall { dn, .. }
            | Self::RouteCall { dn, .. }
            | Self::SendDtmf { dn, .. }
            | Self::SetDndOff { dn }
            | Self::SetDndOn { dn }
            | Self::SetMuteOff { dn, .. }
            | Self::SetMuteOn { dn, .. }
            | Self::SingleStepConference { dn, .. }
            | Self::SingleStepTransfer { dn, .. }
            | Self::StartRecording { dn, .. }
            | Self::StopRecording { dn, .. }
            | Self::UpdateUserData { dn, .. } => dn,
        }
    }

    /// The calls that the request names: none, one, or the current and the held one.
    #[must_use]
    pub fn conns(&self) -> Vec<ConnId> {
        match self {
            Self::AnswerCall { conn, .. }
            | Self::ApplyTreatment { conn, .. }
            | Self::AttachUserData { conn, .. }
            | Self::ClearCall { conn, .. }
            | Self::DeleteFromConference { conn, .. }
            | Self::DeletePair { conn, .. }
            | Self::DeleteUserData { conn, .. }
            | Self::HoldCall { conn, .. }
            | Self::InitiateConference { conn, .. }
            | Self::InitiateTransfer { conn, .. }
            | Self::ListenDisconnect { conn, .. }
            | Self::ListenReconnect { conn, .. }
            | Self::MuteTransfer { conn, .. }
            | Self::PauseRecording { conn, .. }
            | Self::RedirectCall { conn, .. }
            | Self::ReleaseCall { conn, .. }
            | Self::ResumeRecording { conn, .. }
            | Self::RetrieveCall { conn, .. }
            | Self::RouteCall { conn, .. }
            | Self::SendDtmf { conn, .. }
            | Self::SetMuteOff { conn, .. }
            | Self::SetMuteOn { conn, .. }
            | Self::SingleStepConference { conn, .. }
            | Self::SingleStepTransfer { conn, .. }
            | Self::StartRecording { conn, .. }
            | Self::StopRecording { conn, .. }
            | Self::UpdateUserData { conn, .. } => vec![*conn],
            Self::AlternateCall { held, current, .. }
            | Self::CompleteConference { held, current, .. }
            | Self::CompleteTransfer { held, current, .. }
            | Self::MergeCalls { held, current, .. }
            | Self::ReconnectCall { held, current, .. } => vec![*current, *held],
            Self::AgentLogin { .. }
            | Self::AgentLogout { .. }
            | Self::AgentNotReady { .. }
            | Self::AgentReady { .. }
            | Self::AgentSetIdleReason { .. }
            | Self::CallForwardCancel { .. }
            | Self::CallForwardSet { .. }
            | Self::CancelMonitoring { .. }
            | Self::DistributeUserEvent { .. }
            | Self::MakeCall { .. }
            | Self::MonitorNextCall { .. }
            | Self::SetDndOff { .. }
            | Self::SetDndOn { .. } => Vec::new(),
        }
    }
}
