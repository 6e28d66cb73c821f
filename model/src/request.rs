//! T-Library requests that the switch takes.

use crate::{AgentId, ClientId, ConnId, Dn, KvList, ReferenceId, WorkMode};

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
    /// Drop every party.
    ClearCall {
        /// A party's DN.
        dn: Dn,
        /// Which call.
        conn: ConnId,
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
    /// Hang up; on a ringing call: refuse it.
    ReleaseCall {
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
        /// An agent's DN.
        target: Dn,
        /// What happens when the target does not answer.
        no_answer: NoAnswer,
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

/// NO_ANSWER_ACTION. The overflow is always `recall` (back to the route point).
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

/// What a caller at a route point hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The site's music.
    Music,
    /// Ring-back tone.
    RingBack,
    /// Nothing.
    Silence,
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
            Self::AnswerCall { .. } => "AnswerCall",
            Self::ApplyTreatment { .. } => "ApplyTreatment",
            Self::AttachUserData { .. } => "AttachUserData",
            Self::ClearCall { .. } => "ClearCall",
            Self::DeletePair { .. } => "DeletePair",
            Self::DeleteUserData { .. } => "DeleteUserData",
            Self::ReleaseCall { .. } => "ReleaseCall",
            Self::RouteCall { .. } => "RouteCall",
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
            | Self::AnswerCall { dn, .. }
            | Self::ApplyTreatment { dn, .. }
            | Self::AttachUserData { dn, .. }
            | Self::ClearCall { dn, .. }
            | Self::DeletePair { dn, .. }
            | Self::DeleteUserData { dn, .. }
            | Self::ReleaseCall { dn, .. }
            | Self::RouteCall { dn, .. }
            | Self::UpdateUserData { dn, .. } => dn,
        }
    }
}
