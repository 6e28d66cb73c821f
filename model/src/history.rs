//! Rows of the history: what calls, their legs, their stays in queues and agents' states were.
//!
//! A row is told whole whenever something in it changes; the last one told is the one that counts.
//! docs/history.md explains the same columns to analysts. Times are milliseconds since 1970.

pub mod interval;

use crate::{AgentId, AgentState, CallType, CallUuid, ConnId, Dn, DnRole, config::Edit};

/// One row as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A time in which an agent was in one state.
    AgentState(AgentStateRow),
    /// A call.
    Call(CallRow),
    /// A DN's part in a call.
    Leg(LegRow),
    /// A call's stay in a queue.
    QueueStay(QueueStayRow),
}

/// Which row: a later one with the same key takes its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    /// Whose, from when, and the number of the event that began it.
    AgentState(AgentId, u64, u64),
    /// Which.
    Call(ConnId),
    /// The call, and the number within.
    Leg(ConnId, u32),
    /// The call, and the number within.
    QueueStay(ConnId, u32),
}

/// A call: one ConnID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// ConnID.
    pub conn: ConnId,
    /// CallUUID.
    pub uuid: CallUuid,
    /// As it began.
    pub call_type: CallType,
    /// The caller's number when the caller is outside.
    pub ani: Option<String>,
    /// The number dialled.
    pub dnis: Option<String>,
    /// The first route point that it came to.
    pub route_point: Option<Dn>,
    /// The first DN that talked.
    pub dn: Option<Dn>,
    /// Who sat there.
    pub agent: Option<AgentId>,
    /// Of a consultation: the call that it was made from.
    pub consult_of: Option<ConnId>,
    /// The call in which its parties went on, after a transfer or a conference.
    pub continued_in: Option<ConnId>,
    /// When it began.
    pub started_ms: u64,
    /// When somebody first talked.
    pub answered_ms: Option<u64>,
    /// When the last DN left.
    pub ended_ms: Option<u64>,
    /// `answered`, `abandoned`, `no answer`, …; `None` while it is up.
    pub outcome: Option<String>,
}

/// A DN's part in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegRow {
    /// The call.
    pub conn: ConnId,
    /// Counts from 1 within the call.
    pub position: u32,
    /// Whose part.
    pub dn: Dn,
    /// Who sat there.
    pub agent: Option<AgentId>,
    /// As it began.
    pub role: DnRole,
    /// The other side as it began; empty when withheld.
    pub other: Option<Dn>,
    /// The route point that the call came through.
    pub route_point: Option<Dn>,
    /// The call in which this DN was before a transfer or a conference brought it here.
    pub moved_from: Option<ConnId>,
    /// When it dialled, rang, or came from another call.
    pub began_ms: u64,
    /// When it talked first.
    pub answered_ms: Option<u64>,
    /// When it left.
    pub ended_ms: Option<u64>,
    /// How long it held the call, in all.
    pub held_ms: u64,
    /// How often.
    pub holds: u32,
    /// Why it left: `released`, `abandoned`, `transferred`, …; `None` while it is in.
    pub outcome: Option<String>,
}

/// A call's stay in a queue: from when it came until somebody answered or it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStayRow {
    /// The call.
    pub conn: ConnId,
    /// Counts from 1 within the call.
    pub position: u32,
    /// The route point.
    pub queue: Dn,
    /// The virtual queue that it feeds.
    pub virtual_queue: Option<Dn>,
    /// Since when the call waits, in this queue and those before it: what service levels count.
    pub waiting_since_ms: u64,
    /// When the call came to this queue.
    pub entered_ms: u64,
    /// When it was answered or left.
    pub ended_ms: Option<u64>,
    /// Phones that were called for it.
    pub offers: u32,
    /// The DN that answered.
    pub dn: Option<Dn>,
    /// Who sat there.
    pub agent: Option<AgentId>,
    /// How it ended; `None` while it waits.
    pub outcome: Option<StayOutcome>,
}

/// How a stay in a queue ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StayOutcome {
    /// The caller gave up.
    Abandoned,
    /// Somebody answered.
    Answered,
    /// The site ended it: nobody could take it, or the program did.
    Cleared,
    /// It went to another queue or out of the site.
    Diverted,
    /// It goes on in another call, which has taken its place in the queue.
    Moved,
}

/// A time in which an agent was in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentStateRow {
    /// Who.
    pub agent: AgentId,
    /// Where.
    pub dn: Dn,
    /// What.
    pub state: AgentState,
    /// Why not ready.
    pub reason: Option<String>,
    /// Of after-call work: the call.
    pub conn: Option<ConnId>,
    /// When it began.
    pub began_ms: u64,
    /// The number of the event that began it: two states may begin in one millisecond.
    pub sequence: u64,
    /// When it ended.
    pub ended_ms: Option<u64>,
}

impl Row {
    /// Which row it is.
    #[must_use]
    pub fn key(&self) -> RowKey {
        match self {
            Self::AgentState(row) => {
                RowKey::AgentState(row.agent.clone(), row.began_ms, row.sequence)
            }
            Self::Call(row) => RowKey::Call(row.conn),
            Self::Leg(row) => RowKey::Leg(row.conn, row.position),
            Self::QueueStay(row) => RowKey::QueueStay(row.conn, row.position),
        }
    }
}

impl StayOutcome {
    /// Its word in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::Answered => "answered",
            Self::Cleared => "cleared",
            Self::Diverted => "diverted",
            Self::Moved => "moved",
        }
    }
}

/// What somebody wants to know of the history. Times are milliseconds since 1970; a span contains
/// its beginning and not its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryQuery {
    /// The states of an agent that overlap a span.
    AgentStates {
        /// Employee id.
        agent: AgentId,
        /// From.
        from_ms: Option<u64>,
        /// To.
        to_ms: Option<u64>,
    },
    /// One call with all its parts: the newest of this CallUUID.
    Call(CallUuid),
    /// Calls, newest first.
    Calls(CallsQuery),
    /// Call detail records as a file.
    Export {
        /// Of which calls; all that fit.
        calls: CallsQuery,
        /// How.
        format: CdrFormat,
    },
    /// What was counted in intervals.
    Intervals(interval::IntervalQuery),
    /// What would have come of a span under another configuration.
    Replay(ReplayQuery),
    /// A call's story: the newest of this CallUUID.
    Story(CallUuid),
}

/// A span that is to be lived through again. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayQuery {
    /// From.
    pub from_ms: u64,
    /// To.
    pub to_ms: u64,
    /// What is changed in the configuration.
    pub edits: Vec<Edit>,
}

/// How call detail records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CdrFormat {
    /// Text with commas and a line of names.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// Which calls to list; what is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallsQuery {
    /// Begun at this time or later.
    pub from_ms: Option<u64>,
    /// Begun before this time.
    pub to_ms: Option<u64>,
    /// In the caller's number.
    pub ani: Option<String>,
    /// One of its legs is of this DN.
    pub dn: Option<Dn>,
    /// One of its legs is of this agent.
    pub agent: Option<AgentId>,
    /// It was in this route point, or in one that feeds this virtual queue.
    pub queue: Option<Dn>,
    /// At most so many.
    pub limit: u32,
    /// Without the first so many.
    pub offset: u32,
}
