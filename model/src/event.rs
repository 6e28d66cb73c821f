//! T-Library events: what the switch says happened.

use std::{fmt, sync::Arc};

use crate::{
    AgentId, AgentState, CallState, CallType, CallUuid, Capabilities, ConnId, Dn, DnRole, KvList,
    Now, Origin, ReferenceId, WorkMode, recording::RecordingState,
};

/// One event at one DN. Cheap to clone: pass it as `Arc<Event>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// AttributeEventSequenceNumber: counts from 1, one sequence for the whole switch.
    pub sequence: u64,
    /// Which event.
    pub name: EventName,
    /// AttributeThisDN: where it happened.
    pub this_dn: Dn,
    /// When.
    pub at: Now,
    /// Call attributes; present in every call event.
    pub call: Option<CallAttributes>,
    /// Agent attributes; present in agent events and in events of a DN where an agent is.
    pub agent: Option<AgentAttributes>,
    /// The request that caused it.
    pub reference: Option<(Origin, ReferenceId)>,
    /// AttributeReasons.
    pub reasons: KvList,
    /// AttributeExtensions.
    pub extensions: KvList,
}

/// What every call event carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallAttributes {
    /// AttributeConnID.
    pub conn: ConnId,
    /// AttributeCallUUID.
    pub uuid: CallUuid,
    /// AttributeCallID: the switch's own number for the call.
    pub call_id: u32,
    /// AttributeCallType.
    pub call_type: CallType,
    /// AttributeCallState.
    pub call_state: CallState,
    /// AttributeThisDNRole.
    pub this_role: DnRole,
    /// AttributeThisQueue: the route point or queue that the call came through.
    pub this_queue: Option<Dn>,
    /// AttributeOtherDN and its role.
    pub other: Option<(Dn, DnRole)>,
    /// AttributeThirdPartyDN and its role.
    pub third_party: Option<(Dn, DnRole)>,
    /// AttributeANI: the caller's number.
    pub ani: Option<String>,
    /// AttributeDNIS: the number that the caller dialled.
    pub dnis: Option<String>,
    /// AttributeUserData.
    pub user_data: Arc<KvList>,
    /// AttributePreviousConnID: of consult calls the first call; of a party that a transfer or a
    /// conference brought into this call, the call where it was before.
    pub previous_conn: Option<ConnId>,
    /// Every other party's number, as they joined; supervisors who only listen are left out.
    pub parties: Vec<Dn>,
    /// What may be asked of this call by ThisDN from now on.
    pub capabilities: Capabilities,
    /// Whether ThisDN's part of it is recorded; `None`: it never was.
    pub recording: Option<RecordingState>,
}

/// What agent events carry: the agent as he or she is after the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentAttributes {
    /// AttributeAgentID.
    pub agent: AgentId,
    /// The state.
    pub state: AgentState,
    /// AttributeAgentWorkMode.
    pub work_mode: WorkMode,
    /// The not-ready reason, in words.
    pub reason: Option<String>,
}

macro_rules! event_names {
    (@text $name:ident) => { concat!("Event", stringify!($name)) };
    (@text $name:ident $text:literal) => { concat!("Event", $text) };
    ($($(#[$doc:meta])* $name:ident $(as $text:literal)? = $number:literal),* $(,)?) => {
        /// Which event, with T-Library's message number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum EventName { $($(#[$doc])* $name = $number),* }

        impl EventName {
            /// T-Library's name, e.g. `EventRinging`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => event_names!(@text $name $($text)?)),* }
            }
            /// T-Library's message number.
            #[must_use]
            pub fn number(self) -> u16 {
                self as u16
            }
        }
    };
}

event_names! {
    /// The caller gave up at a queue, or while it rang.
    Abandoned = 59,
    /// Another reason for taking no calls; the agent's state is as before.
    AgentIdleReasonSet = 131,
    /// An agent logged in.
    AgentLogin = 73,
    /// An agent logged out.
    AgentLogout = 74,
    /// An agent is not ready; with work mode 3: in after-call work.
    AgentNotReady = 76,
    /// An agent is ready.
    AgentReady = 75,
    /// User data of a call changed.
    AttachedDataChanged = 85,
    /// The number called can't be reached; the call state says why.
    DestinationBusy = 63,
    /// A DN calls somebody.
    Dialing = 61,
    /// A call left a queue or a route point.
    Diverted = 58,
    /// A DN's phone is back.
    DnBackInService as "DNBackInService" = 148,
    /// A DN's phone is gone.
    DnOutOfService as "DNOutOfService" = 147,
    /// A DN takes calls again.
    DndOff as "DNDOff" = 78,
    /// A DN takes no calls.
    DndOn as "DNDOn" = 77,
    /// Keys were pressed for the others.
    DtmfSent as "DTMFSent" = 98,
    /// Two parties can talk.
    Established = 64,
    /// A DN's calls are forwarded no more.
    ForwardCancel = 89,
    /// A DN's calls are forwarded; Extensions: `ForwardTo`.
    ForwardSet = 88,
    /// A party holds its call.
    Held = 66,
    /// A party hears nothing any more. OtherDN: that party.
    ListenDisconnected = 106,
    /// A party hears again. OtherDN: that party.
    ListenReconnected = 107,
    /// A supervisor listens to an agent no more.
    MonitoringCancelled = 142,
    /// A supervisor will hear an agent's calls.
    MonitoringNextCall = 141,
    /// A party is heard again.
    MuteOff = 146,
    /// A party is heard by nobody.
    MuteOn = 145,
    /// A call left by a trunk, and the network said that it goes on.
    NetworkReached = 62,
    /// Somebody joined the call.
    PartyAdded = 69,
    /// Another party is in a party's place, or the party is in another call.
    PartyChanged = 68,
    /// Somebody left the call, and it goes on.
    PartyDeleted = 70,
    /// News of a call that T-Library has no event for. Extensions: `RecordingState` is one of
    /// [`RecordingState`]'s words, with `GSIP_REC_FN`, the recording's name; `MediaState` is `lost`
    /// when no voice comes from one side any more, `flowing` when it comes again; `MediaDN` is
    /// that side.
    PrivateInfo = 150,
    /// A call entered a queue or a route point.
    Queued = 57,
    /// A party left a call.
    Released = 65,
    /// A party goes on with its call.
    Retrieved = 67,
    /// A phone rings.
    Ringing = 60,
    /// A call waits for the router's decision.
    RouteRequest = 71,
    /// The router's decision was taken.
    RouteUsed = 72,
    /// A treatment began.
    TreatmentApplied = 114,
    /// A treatment ended.
    TreatmentEnd = 116,
    /// A program has something of its own to tell.
    UserEvent = 96,
}

/// What an event says of its DN's part in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The DN dials or rings, or the call waits there.
    Begins,
    /// The DN has left the call, or the call the DN.
    Ends,
    /// It goes on in this call; with AttributePreviousConnID it was in that one before.
    Moves,
    /// Nothing new, or no call at all.
    Stays,
    /// Its two sides can talk.
    Talks,
}

impl EventName {
    /// Whether it says that the DN has a phone, or none; `None` when it says neither.
    #[must_use]
    pub fn service(self) -> Option<bool> {
        let is_back = self == Self::DnBackInService;
        (is_back || self == Self::DnOutOfService).then_some(is_back)
    }

    /// What it says of its DN's part in the call: for those who only want to know who is in.
    #[must_use]
    pub fn part(self) -> Part {
        match self {
            Self::Dialing | Self::Queued | Self::Ringing => Part::Begins,
            Self::Established => Part::Talks,
            Self::PartyChanged => Part::Moves,
            Self::Abandoned | Self::Diverted | Self::Released => Part::Ends,
            Self::AgentIdleReasonSet
            | Self::AgentLogin
            | Self::AgentLogout
            | Self::AgentNotReady
            | Self::AgentReady
            | Self::AttachedDataChanged
            | Self::DestinationBusy
            | Self::DnBackInService
            | Self::DnOutOfService
            | Self::DndOff
            | Self::DndOn
            | Self::DtmfSent
            | Self::ForwardCancel
            | Self::ForwardSet
            | Self::Held
            | Self::ListenDisconnected
            | Self::ListenReconnected
            | Self::MonitoringCancelled
            | Self::MonitoringNextCall
            | Self::MuteOff
            | Self::MuteOn
            | Self::NetworkReached
            | Self::PartyAdded
            | Self::PartyDeleted
            | Self::PrivateInfo
            | Self::Retrieved
            | Self::RouteRequest
            | Self::RouteUsed
            | Self::TreatmentApplied
            | Self::TreatmentEnd
            | Self::UserEvent => Part::Stays,
        }
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_t_library_s_names() {
        let names = [EventName::DnOutOfService, EventName::DndOn, EventName::DtmfSent];
        assert_eq!(
            names.map(EventName::as_str),
            ["EventDNOutOfService", "EventDNDOn", "EventDTMFSent"]
        );
        assert_eq!(EventName::PartyAdded.as_str(), "EventPartyAdded");
    }
}
