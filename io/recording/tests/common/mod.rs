//! What the tests share: recordings made of tones, and an independent reader of their files.
#![allow(dead_code, reason = "each test uses its part")]

use std::{
    f64::consts::TAU,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, unbounded};
use io_port::Sink;
use io_recording::{Folder, RecordingSettings, RecordingWriter, Told};
use model::{
    CallType, ConnId, Now,
    id::CallUuids,
    recording::{Recorded, RecordedPart, RecordingAbout, RecordingEntry, RecordingId},
};

/// 2026-01-26 15:15:54.123 UTC.
pub const STARTED_MS: u64 = 1_769_440_554_123;
pub const DAY: &str = "2026-01-26";
/// 20 ms.
pub const CHUNK: usize = 160;

pub fn recording(part: u32) -> RecordingId {
    RecordingId { call: CallUuids::new(7).draw(), part }
}

pub fn about(id: RecordingId) -> Arc<RecordingAbout> {
    Arc::new(RecordingAbout {
        id,
        conn: ConnId(0x006c_03a7_194a_a020),
        dn: "5001".into(),
        agent: Some("5001".into()),
        call_type: CallType::Inbound,
        ani: "5551234567".into(),
        dnis: "+18005551234".into(),
        other: "5551234567".into(),
        mailbox: None,
        started: Now::new(Instant::now(), Duration::from_millis(STARTED_MS)),
    })
}

/// A writer and what it told.
pub struct Desk {
    pub writer: RecordingWriter,
    pub sink: Sink<Recorded>,
    pub told: Receiver<Told>,
}

pub fn start(settings: RecordingSettings) -> Desk {
    let (tell, told) = unbounded();
    let writer = RecordingWriter::start(settings, move |what| tell.send(what).unwrap()).unwrap();
    Desk { sink: writer.sink(), writer, told }
}

pub fn settings(root: &Path) -> RecordingSettings {
    RecordingSettings { keep_free_bytes: 0, ..RecordingSettings::new(Folder::open(root).unwrap()) }
}

impl Desk {
    pub fn say(&self, recording: RecordingId, part: RecordedPart) {
        // As the media thread does: what is refused is offered again.
        let recorded = Recorded { recording, part };
        while (self.sink)(recorded.clone()).is_err() {
            std::thread::yield_now();
        }
    }

    pub fn begin(&self, recording: RecordingId) {
        self.say(recording, RecordedPart::Started(about(recording)));
    }

    /// Tones for so long, in parts of 20 ms.
    pub fn hum(&self, recording: RecordingId, ms: usize, left_hz: f64, right_hz: f64) {
        for chunk in tones(ms, left_hz, right_hz).chunks(CHUNK * 2) {
            self.say(recording, RecordedPart::Sound(chunk.into()));
        }
    }

    /// Waits for the next thing that is told.
    pub fn next(&self) -> Told {
        self.told.recv_timeout(Duration::from_secs(20)).expect("the writer says something")
    }

    pub fn ended(&self) -> RecordingEntry {
        match self.next() {
            Told::Ended(entry) => entry,
            other => panic!("{other:?}"),
        }
    }
}

/// Left and right in turn; 0 Hz is silence.
pub fn tones(ms: usize, left_hz: f64, right_hz: f64) -> Vec<i16> {
    let sample = |n: usize, hz: f64| ((n as f64 * hz * TAU / 8000.0).sin() * 8000.0) as i16;
    (0..ms * 8).flat_map(|n| [sample(n, left_hz), sample(n, right_hz)]).collect()
}

/// What an independent reader finds in an Ogg Opus file: RFC 7845 in libopus's words.
pub struct Heard {
    pub head: Vec<u8>,
    pub tags: Vec<String>,
    pub left: Vec<i16>,
    pub right: Vec<i16>,
    /// Whether the last page says that it is the last.
    pub is_ended: bool,
}

pub fn read_opus(path: &Path) -> Heard {
    let mut packets = ogg::PacketReader::new(File::open(path).unwrap());
    let head = packets.read_packet_expected().unwrap();
    assert!(head.first_in_stream() && head.absgp_page() == 0);
    let comment = packets.read_packet_expected().unwrap();
    assert!(comment.first_in_page() && comment.last_in_page(), "tags have a page of their own");
    let pre_skip = usize::from(u16::from_le_bytes([head.data[10], head.data[11]]));
    assert_eq!(
        (head.data[18], head.data[19], head.data[20], &head.data[21..]),
        (1, 2, 0, &[0, 1][..])
    );
    let mut decoder = opus::MSDecoder::new(48_000, 2, 0, &[0, 1]).unwrap();
    let (mut pcm, mut end, mut is_ended) = (Vec::new(), 0, false);
    let mut last_granule = 0;
    while let Some(packet) = packets.read_packet().unwrap() {
        assert!(!is_ended, "nothing comes after the end");
        assert!(packet.absgp_page() >= last_granule, "time goes on");
        last_granule = packet.absgp_page();
        let mut out = vec![0; 960 * 2];
        let frames = decoder.decode(&packet.data, &mut out, false).unwrap();
        assert_eq!(frames, 960);
        pcm.extend(out);
        end = usize::try_from(packet.absgp_page()).unwrap();
        is_ended = packet.last_in_stream();
        if packet.last_in_page() && !is_ended {
            assert_eq!(end * 2, pcm.len(), "a page's granule position counts its packets");
        }
    }
    assert!(end * 2 <= pcm.len(), "the end is trimmed, not made up");
    let heard: Vec<&[i16]> = pcm[pre_skip * 2..end * 2].chunks(2).collect();
    Heard {
        head: head.data,
        tags: tags(&comment.data),
        left: heard.iter().map(|frame| frame[0]).collect(),
        right: heard.iter().map(|frame| frame[1]).collect(),
        is_ended,
    }
}

fn tags(data: &[u8]) -> Vec<String> {
    let mut rest = data.strip_prefix(b"OpusTags").unwrap();
    let mut take = |bytes: usize| {
        let (now, later) = rest.split_at(bytes);
        rest = later;
        now.to_vec()
    };
    let number = |take: &mut dyn FnMut(usize) -> Vec<u8>| {
        usize::try_from(u32::from_le_bytes(take(4).try_into().unwrap())).unwrap()
    };
    let vendor = number(&mut take);
    take(vendor);
    let count = number(&mut take);
    (0..count)
        .map(|_| {
            let length = number(&mut take);
            String::from_utf8(take(length)).unwrap()
        })
        .collect()
}

/// Goertzel: the level of one tone, dB below full scale of a sine.
pub fn level(samples: &[i16], hz: f64, rate: f64) -> f64 {
    let coefficient = 2.0 * (hz * TAU / rate).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        let now = f64::from(*sample) / 32768.0 + coefficient * one - two;
        (two, one) = (one, now);
    }
    let power = one * one + two * two - coefficient * one * two;
    20.0 * (power.max(0.0).sqrt() * 2.0 / samples.len() as f64).max(1e-9).log10()
}

/// The files of a day, sorted.
pub fn files(root: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root.join(DAY))
        .map(|found| found.map(|file| file.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

pub fn sound(root: &Path, id: RecordingId, end: &str) -> PathBuf {
    root.join(DAY).join(format!("{id}.{end}"))
}

pub fn entry(root: &Path, id: RecordingId) -> RecordingEntry {
    let text = std::fs::read(sound(root, id, "json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}
