//! Enumerations of the call model, with T-Library's names and numbers.

/// AttributeCallType.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CallType {
    /// Not known.
    #[default]
    Unknown = 0,
    /// Between two DNs of the site.
    Internal = 1,
    /// From a trunk.
    Inbound = 2,
    /// To a trunk.
    Outbound = 3,
    /// Made to ask somebody during another call.
    Consult = 4,
}

impl CallType {
    /// The word used in REST.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Internal => "Internal",
            Self::Inbound => "Inbound",
            Self::Outbound => "Outbound",
            Self::Consult => "Consult",
        }
    }
}

macro_rules! call_states {
    ($($name:ident = $number:literal),* $(,)?) => {
        /// AttributeCallState: how a call came to be where it is.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "T-Library's own names")]
        #[repr(u8)]
        pub enum CallState {
            #[default]
            $($name = $number),*
        }
        impl CallState {
            /// T-Library's name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

call_states! {
    Ok = 0, Transferred = 1, Conferenced = 2, GeneralError = 3, SystemError = 4, RemoteRelease = 5,
    Busy = 6, NoAnswer = 7, SitDetected = 8, AnsweringMachine = 9, AllTrunksBusy = 10,
    SitInvalidnum = 11, SitVacant = 12, SitIntercept = 13, SitUnknown = 14, SitNocircuit = 15,
    SitReorder = 16, Fax = 17, QueueFull = 18, Cleared = 19, Overflowed = 20, Abandoned = 21,
    Redirected = 22, Forwarded = 23, Consult = 24, Pickedup = 25, Dropped = 26,
    Droppednoanswer = 27, Unknown = 28, Covered = 29, ConverseOn = 30, Bridged = 31,
    Deafened = 49, Held = 50,
}

/// AttributeThisDNRole and its kin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "T-Library's own names")]
pub enum DnRole {
    #[default]
    Unknown = 0,
    Origination = 1,
    Destination = 2,
    ConferenceMember = 3,
    NewParty = 4,
    AddedBy = 5,
    DeletedBy = 6,
    TransferredBy = 7,
    DeletedParty = 8,
    ConferencedBy = 9,
    Observer = 10,
}
