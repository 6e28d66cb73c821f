//! A recording put together from what the shard handed over, as a writer of files would.

use std::sync::Arc;

use model::id::CallUuids;
use model::recording::{RecordCommand, RecordedPart, RecordingAbout, RecordingId};
use model::{CallType, ConnId, Dn, LegId, Now, media::MediaCommand};

use super::World;

/// The name of a recording, by a number from 0.
pub fn recording(n: u64) -> RecordingId {
    RecordingId { call: CallUuids::new(1).draw(), part: n as u32 + 1 }
}

pub fn about(id: RecordingId, now: Now) -> Arc<RecordingAbout> {
    Arc::new(RecordingAbout {
        id,
        conn: ConnId(1),
        dn: Dn::from("1001"),
        agent: None,
        call_type: CallType::Inbound,
        ani: "+15550100".into(),
        dnis: "5000".into(),
        other: "+15550100".into(),
        mailbox: None,
        started: now,
    })
}

/// A recording as it lies in its file.
#[derive(Default)]
pub struct File {
    pub left: Vec<i16>,
    pub right: Vec<i16>,
    /// Everything but sound, with its place in samples.
    pub marks: Vec<(&'static str, usize)>,
}

impl World {
    pub fn start_recording(&mut self, id: RecordingId) {
        let about = about(id, self.now);
        self.record(RecordCommand::Start(about));
    }

    pub fn record(&mut self, command: RecordCommand) {
        self.command(MediaCommand::Record(command));
    }

    pub fn record_hears(&mut self, recording: RecordingId, left: &[LegId], right: &[LegId]) {
        let (left, right) = (left.to_vec(), right.to_vec());
        self.record(RecordCommand::Hear { recording, left, right });
    }

    /// What a recording handed over until now.
    pub fn file(&self, id: RecordingId) -> File {
        let mut file = File::default();
        for recorded in self.recorded.iter().filter(|recorded| recorded.recording == id) {
            let mark = match &recorded.part {
                RecordedPart::Sound(sound) => {
                    file.left.extend(sound.iter().step_by(2));
                    file.right.extend(sound.iter().skip(1).step_by(2));
                    continue;
                }
                RecordedPart::Started(_) => "started",
                RecordedPart::Paused => "paused",
                RecordedPart::Resumed => "resumed",
                RecordedPart::Ended => "ended",
            };
            file.marks.push((mark, file.left.len()));
        }
        file
    }
}
