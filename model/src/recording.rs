//! Recordings: the switch says what is recorded and whom each channel hears, the shard hands over
//! the sound, a writer makes files of it.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{AgentId, CallType, CallUuid, ConnId, Dn, LegId, Now, id::NotAnId};

/// Names a recording for good: the call's UUID and a number, counted from 1 within the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordingId {
    /// AttributeCallUUID of the call in which it began.
    pub call: CallUuid,
    /// Which of the call's recordings.
    pub part: u32,
}

impl fmt::Display for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.call, self.part)
    }
}

impl FromStr for RecordingId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (call, part) = text.rsplit_once('-').ok_or(NotAnId)?;
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let part = part.parse().ok().filter(|part| is_number && *part > 0);
        let call = call.parse().map_err(|_| NotAnId)?;
        Ok(Self { call, part: part.ok_or(NotAnId)? })
    }
}

/// What is known of a recording when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingAbout {
    /// Its name.
    pub id: RecordingId,
    /// AttributeConnID of the call in which it began.
    pub conn: ConnId,
    /// Whose part of the call it is: an agent's DN, or the caller's number.
    pub dn: Dn,
    /// Who sat there.
    pub agent: Option<AgentId>,
    /// AttributeCallType.
    pub call_type: CallType,
    /// The caller's number; empty when withheld.
    pub ani: String,
    /// The number that the caller dialled.
    pub dnis: String,
    /// The other side when it began: its number, empty when withheld.
    pub other: String,
    /// When it began.
    pub started: Now,
}

/// The switch to the shard. Channels: left is the customer's side, right the agent's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordCommand {
    /// Begin; nobody is heard until `Hear`. The file's clock runs from now to `Stop`.
    Start(Arc<RecordingAbout>),
    /// Whom each channel hears from now on, mixed; nobody: silence.
    Hear {
        /// Which recording.
        recording: RecordingId,
        /// The customer's side.
        left: Vec<LegId>,
        /// The agent's side.
        right: Vec<LegId>,
    },
    /// Hear nobody until `Resume`: the gap is as long as the pause and marked by a short tone.
    Pause(RecordingId),
    /// Go on.
    Resume(RecordingId),
    /// End, and forget it.
    Stop(RecordingId),
}

/// The shard to whoever writes files: for each recording one `Started`, then sound and marks in
/// their order, then one `Ended`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which recording.
    pub recording: RecordingId,
    /// What.
    pub part: RecordedPart,
}

/// One thing that happened to a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedPart {
    /// It began.
    Started(Arc<RecordingAbout>),
    /// Samples of 8 kHz, left and right in turn, which follow what came before without a gap.
    Sound(Box<[i16]>),
    /// The gap of a pause begins here.
    Paused,
    /// The gap ends here.
    Resumed,
    /// That was all.
    Ended,
}

/// Whoever writes files to the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingFact {
    /// It can't go on; what was written until now is kept.
    Failed {
        /// Which recording.
        recording: RecordingId,
        /// Why, and what to do, for people.
        reason: String,
    },
}

/// Whether a party's part of a call is recorded, as its events tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RecordingState {
    /// It could not go on.
    Failed,
    /// Not any more.
    Off,
    /// It is.
    On,
    /// For the moment not.
    Paused,
}

impl RecordingState {
    /// The word in Extensions, under `RecordingState`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Off => "off",
            Self::On => "on",
            Self::Paused => "paused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CallUuids;

    #[test]
    fn a_name_reads_back() {
        let call = CallUuids::new(7).draw();
        let id = RecordingId { call, part: 12 };
        assert_eq!(id.to_string().parse(), Ok(id));
        let wrongs = ["+1", "0", "", "1/../x", "4294967296"].map(|part| format!("{call}-{part}"));
        for wrong in wrongs.iter().map(String::as_str).chain(["", "1", "x-1", call.as_str()]) {
            assert_eq!(wrong.parse::<RecordingId>(), Err(NotAnId), "{wrong}");
        }
    }
}
