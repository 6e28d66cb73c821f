//! Agent states and work modes.

use serde::{Deserialize, Serialize};

/// What an agent does, as routing and the desktop see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AgentState {
    /// Finishing the work of the last call; not offered calls. T-Library: NotReady with work
    /// mode 3.
    AfterCallWork,
    /// Not at work.
    LoggedOut,
    /// At work, not offered calls.
    NotReady,
    /// Offered calls when the DN is free.
    Ready,
}

impl AgentState {
    /// The word used in REST and on screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterCallWork => "AfterCallWork",
            Self::LoggedOut => "LoggedOut",
            Self::NotReady => "NotReady",
            Self::Ready => "Ready",
        }
    }
}

/// AttributeAgentWorkMode, with T-Library's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum WorkMode {
    /// Not said.
    #[default]
    Unknown = 0,
    /// Becomes Ready by request only.
    ManualIn = 1,
    /// Becomes Ready by itself.
    AutoIn = 2,
    /// Finishes the last call's work.
    AfterCallWork = 3,
    /// Does other work.
    AuxWork = 4,
    /// Keeps the line.
    NoCallDisconnect = 5,
    /// Left the desk.
    WalkAway = 6,
    /// Came back to the desk.
    ReturnBack = 7,
}

impl WorkMode {
    /// From T-Library's number; unknown numbers are [`WorkMode::Unknown`].
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        match number {
            1 => Self::ManualIn,
            2 => Self::AutoIn,
            3 => Self::AfterCallWork,
            4 => Self::AuxWork,
            5 => Self::NoCallDisconnect,
            6 => Self::WalkAway,
            7 => Self::ReturnBack,
            _ => Self::Unknown,
        }
    }
}
