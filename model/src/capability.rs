//! What a party may ask of its call: said by the switch, shown as buttons.

use std::fmt;

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// One request that would be accepted now.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Capability { $($(#[$doc])* $name),* }

        impl Capability {
            /// All of them, in the order of their names.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name: T-Library's of the request, without Request.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

capabilities! {
    /// To the held call and back.
    AlternateCall,
    /// Only while it rings.
    AnswerCall,
    /// Add, replace and delete user data.
    AttachUserData,
    /// Drop everybody.
    ClearCall,
    /// With the other call.
    CompleteConference,
    /// With the other call.
    CompleteTransfer,
    /// Another party.
    DeleteFromConference,
    /// Music for the others.
    HoldCall,
    /// Consult somebody, to confer.
    InitiateConference,
    /// Consult somebody, to transfer.
    InitiateTransfer,
    /// Let a party of the conference hear nothing.
    ListenDisconnect,
    /// Only while one of them hears nothing.
    ListenReconnect,
    /// Join two calls that have nothing to do with one another.
    MergeCalls,
    /// Transfer without a word.
    MuteTransfer,
    /// Leave a gap in the recording from here.
    PauseRecording,
    /// Drop the consult call.
    ReconnectCall,
    /// Only while it rings.
    RedirectCall,
    /// Hang up, or refuse.
    ReleaseCall,
    /// Only while it is paused.
    ResumeRecording,
    /// Only while it is held.
    RetrieveCall,
    /// Press keys.
    SendDtmf,
    /// Only while muted.
    SetMuteOff,
    /// Only while not.
    SetMuteOn,
    /// Add somebody.
    SingleStepConference,
    /// Send the call elsewhere.
    SingleStepTransfer,
    /// Record this part of the call.
    StartRecording,
    /// End the recording.
    StopRecording,
}

/// A set of capabilities. Small: passes by value.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u32);

impl Capabilities {
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether this one is among them.
    #[must_use]
    pub fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u32) != 0
    }

    /// These, in the order of their names.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL.iter().copied().filter(move |one| self.has(*one))
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(all: I) -> Self {
        Self(all.into_iter().fold(0, |bits, one| bits | 1 << one as u32))
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_it_was_made_of() {
        let set = Capabilities::from_iter([Capability::SingleStepTransfer, Capability::AnswerCall]);
        let names: Vec<_> = set.iter().map(Capability::as_str).collect();
        assert_eq!(names, ["AnswerCall", "SingleStepTransfer"]);
        assert!(!set.has(Capability::HoldCall));
        assert_eq!(Capabilities::NONE.iter().count(), 0);
    }
}
