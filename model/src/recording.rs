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

impl Serialize for RecordingId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordingId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| serde::de::Error::custom("no name of a recording"))
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
    /// Whose message it is, when it is one: the mailbox.
    pub mailbox: Option<String>,
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

/// A recording that has ended, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingEntry {
    /// Its name.
    pub id: RecordingId,
    /// AttributeConnID of the call in which it began.
    pub conn: String,
    /// Whose part of the call it is.
    pub dn: Dn,
    /// Employee id of who sat there.
    pub agent: Option<AgentId>,
    /// AttributeCallType, e.g. `Inbound`.
    pub call_type: String,
    /// The caller's number; empty when withheld.
    pub ani: String,
    /// The number that the caller dialled.
    pub dnis: String,
    /// The other side when it began; empty when withheld.
    pub other: String,
    /// Whose message it is, when a caller left one.
    #[serde(default)]
    pub mailbox: Option<String>,
    /// When it began, milliseconds since 1970.
    pub started_ms: u64,
    /// How long it is.
    pub duration_ms: u64,
    /// Pauses: from and to, milliseconds from the start.
    pub gaps: Vec<(u64, u64)>,
    /// Why it ended before it should, or what is missing, for people.
    pub failure: Option<String>,
    /// The length of its file.
    pub bytes: u64,
    /// What its file's name ends with: `opus` or `wav`.
    pub format: String,
}

/// Which recordings to list, newest first; what is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingQuery {
    /// Begun at this time or later, milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Begun before this time.
    pub to_ms: Option<u64>,
    /// Whose part of the call.
    pub dn: Option<Dn>,
    /// Who sat there.
    pub agent: Option<AgentId>,
    /// In the number of the caller, of the other side, or the number dialled.
    pub number: Option<String>,
    /// Of this call.
    pub call: Option<CallUuid>,
    /// Messages in this mailbox; empty: in any.
    pub mailbox: Option<String>,
    /// At most so many.
    pub limit: u32,
    /// Without the first so many.
    pub offset: u32,
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
