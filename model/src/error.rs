//! T-Server errors: symbolic names inside, T-Library's numbers outside, one table.

use std::fmt;

macro_rules! t_errors {
    ($($(#[$doc:meta])* $name:ident = $number:literal),* $(,)?) => {
        /// AttributeErrorCode.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum TError { $($(#[$doc])* $name = $number),* }

        impl TError {
            /// T-Library's number.
            #[must_use]
            pub fn number(self) -> u16 {
                self as u16
            }
            /// The symbolic name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

t_errors! {
    /// The agent is logged in elsewhere.
    AgentIdInUse = 527,
    /// It is in that state already.
    AlreadyInState = 43,
    /// The client has not registered this DN.
    ClientNotRegistered = 41,
    /// The DN has a call.
    DnBusy = 231,
    /// No such DN in the configuration.
    DnNotConfigured = 59,
    /// A fault of ours.
    Internal = 52,
    /// An attribute is missing or has a wrong value.
    InvalidAttribute = 53,
    /// The call or the agent is in a state that does not allow it.
    InvalidCallState = 496,
    /// No such call, or no party of it at this DN.
    InvalidConnId = 56,
    /// The number can't be reached.
    InvalidDestination = 415,
    /// Wrong password.
    InvalidPassword = 119,
    /// The called party did not answer.
    NoAnswer = 232,
    /// The DN has no phone at the moment.
    OutOfService = 58,
    /// The called party refused.
    Rejected = 233,
    /// Another agent holds the DN.
    ResourceSeized = 42,
    /// The endpoint did not do it in time.
    TimedOut = 57,
    /// No such request.
    UnknownOperation = 50,
    /// Known, but not supported (yet).
    UnsupportedOperation = 51,
}

/// A request that was refused: what the program reads and what the person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub error: TError,
    /// For people: what is wrong and what to do next.
    pub message: String,
}

impl Refusal {
    /// A refusal with its text for people.
    #[must_use]
    pub fn new(error: TError, message: impl Into<String>) -> Self {
        Self { error, message: message.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.error.as_str(), self.error.number(), self.message)
    }
}
