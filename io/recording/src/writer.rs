//! The writer's thread, and the sink that feeds it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use io_port::{Full, Sink};
use model::{
    monitor::{Alarm, AlarmChange, Severity},
    recording::{
        Recorded, RecordedPart, RecordingAbout, RecordingEntry, RecordingFact, RecordingId,
    },
};

use crate::{
    disk::{self, Trouble},
    folder::Folder,
    recording::Recording,
    salvage::{self, Leftover},
    sound::{CHANNELS, FRAMES_PER_MS, Format},
};

/// How recordings are written.
#[derive(Clone, Debug)]
pub struct RecordingSettings {
    /// Where.
    pub folder: Folder,
    /// How.
    pub format: Format,
    /// Recordings end before the disk has less than this.
    pub keep_free_bytes: u64,
    /// How often the disk is looked at.
    pub check_every: Duration,
    /// Parts that may wait for the writer.
    pub queue_max: usize,
}

impl RecordingSettings {
    /// Ogg Opus, 512 MiB stay free.
    #[must_use]
    pub fn new(folder: Folder) -> Self {
        Self {
            folder,
            format: Format::Opus,
            keep_free_bytes: 512 * 1024 * 1024,
            check_every: Duration::from_secs(5),
            queue_max: QUEUE_MAX,
        }
    }
}

/// What the writer tells the rest of the program, on its own thread; who listens must not block
/// for long.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "one per recording")]
pub enum Told {
    /// The disk is full or failing, or no longer.
    Alarm(AlarmChange),
    /// A recording's files are whole.
    Ended(RecordingEntry),
    /// A recording can't go on; `Ended` has come before if anything of it was kept.
    Fact(RecordingFact),
}

/// Figures for `/metrics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingCounts {
    /// Recordings that run.
    pub running: u64,
    /// Recordings whose files are whole.
    pub ended: u64,
    /// Recordings that could not go on.
    pub failed: u64,
    /// Milliseconds of sound that the disk was too slow for.
    pub lost_ms: u64,
}

/// The thread that writes recordings.
pub struct RecordingWriter {
    orders: Sender<Order>,
    shared: Arc<Shared>,
    threads: [JoinHandle<()>; 2],
}

/// What can be asked of a writer from anywhere, also when it has ended.
#[derive(Clone)]
pub struct RecordingWatch {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    running: Mutex<BTreeSet<RecordingId>>,
    /// Samples per channel that were dropped since the last part that got through.
    lost: Mutex<BTreeMap<RecordingId, u64>>,
    is_closing: AtomicBool,
    ended: AtomicU64,
    failed: AtomicU64,
    lost_frames: AtomicU64,
}

enum Order {
    Close,
    /// `lost_before` samples per channel are missing before this part.
    Recorded {
        recorded: Recorded,
        lost_before: u64,
    },
}

type Tell = Arc<dyn Fn(Told) + Send + Sync>;

impl RecordingWriter {
    /// Starts the writer, and mends what the last run left unfinished.
    ///
    /// # Errors
    /// When the folder can't be read or no thread can be had.
    pub fn start(
        settings: RecordingSettings,
        tell: impl Fn(Told) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let leftovers = salvage::leftovers(&settings.folder)?;
        let (orders, inbox) = bounded(settings.queue_max);
        let shared = Arc::<Shared>::default();
        let tell: Tell = Arc::new(tell);
        let mender = (tell.clone(), shared.clone());
        let mender = thread::Builder::new()
            .name("recording-mender".into())
            .spawn(move || mend_all(&leftovers, &mender.0, &mender.1))?;
        let writer = Writer {
            settings,
            inbox,
            tell,
            shared: shared.clone(),
            recordings: BTreeMap::new(),
            trouble: None,
            check_at: Instant::now(),
        };
        let writer =
            thread::Builder::new().name("recordings".into()).spawn(move || writer.run())?;
        Ok(Self { orders, shared, threads: [writer, mender] })
    }

    /// What takes recorded parts from a media thread. It never blocks: sound is dropped when the
    /// queue is full (silence takes its place), everything else has to be offered again.
    #[must_use]
    pub fn sink(&self) -> Sink<Recorded> {
        let (orders, shared) = (self.orders.clone(), self.shared.clone());
        Arc::new(move |recorded| {
            let id = recorded.recording;
            let mut lost = shared.lost();
            let lost_before = lost.get(&id).copied().unwrap_or(0);
            let frames = match &recorded.part {
                RecordedPart::Sound(samples) => u64::try_from(samples.len() / CHANNELS).ok(),
                RecordedPart::Started(_)
                | RecordedPart::Paused
                | RecordedPart::Resumed
                | RecordedPart::Ended => None,
            };
            match (orders.try_send(Order::Recorded { recorded, lost_before }), frames) {
                (Ok(()), _) => {
                    lost.remove(&id);
                    Ok(())
                }
                (Err(_), Some(frames)) => {
                    *lost.entry(id).or_default() += frames;
                    shared.lost_frames.fetch_add(frames, Ordering::Relaxed);
                    Ok(())
                }
                (Err(_), None) => Err(Full),
            }
        })
    }

    /// What can be asked while it runs, from anywhere.
    #[must_use]
    pub fn watch(&self) -> RecordingWatch {
        RecordingWatch { shared: self.shared.clone() }
    }

    /// Writes what is on the queue, ends what still runs, and waits until all files are whole.
    pub fn close(self) {
        self.shared.is_closing.store(true, Ordering::Relaxed);
        if self.orders.send(Order::Close).is_err() {
            tracing::error!("the recordings' writer ended before");
        }
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the recordings broke off");
            }
        }
    }
}

impl RecordingWatch {
    /// Whether a recording is still being written.
    #[must_use]
    pub fn is_running(&self, recording: RecordingId) -> bool {
        self.shared.running().contains(&recording)
    }

    /// Figures for `/metrics`.
    #[must_use]
    pub fn counts(&self) -> RecordingCounts {
        RecordingCounts {
            running: u64::try_from(self.shared.running().len()).unwrap_or(u64::MAX),
            ended: self.shared.ended.load(Ordering::Relaxed),
            failed: self.shared.failed.load(Ordering::Relaxed),
            lost_ms: self.shared.lost_frames.load(Ordering::Relaxed) / FRAMES_PER_MS,
        }
    }
}

impl Shared {
    fn running(&self) -> MutexGuard<'_, BTreeSet<RecordingId>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self) -> MutexGuard<'_, BTreeMap<RecordingId, u64>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mend_all(leftovers: &[Leftover], tell: &Tell, shared: &Shared) {
    for leftover in leftovers {
        if shared.is_closing.load(Ordering::Relaxed) {
            // The next start finds the others.
            return;
        }
        match leftover.salvage() {
            Ok(Some(entry)) => {
                tracing::warn!(recording = %entry.id, ms = entry.duration_ms, "cut off, mended");
                tell(Told::Ended(entry));
            }
            Ok(None) => tracing::info!("an unfinished recording held no sound and is deleted"),
            Err(error) => tracing::error!(%error, "an unfinished recording can't be mended"),
        }
    }
}

/// The thread's belongings.
struct Writer {
    settings: RecordingSettings,
    inbox: Receiver<Order>,
    tell: Tell,
    shared: Arc<Shared>,
    recordings: BTreeMap<RecordingId, Recording>,
    /// Why nothing is recorded at the moment.
    trouble: Option<Trouble>,
    check_at: Instant,
}

impl Writer {
    fn run(mut self) {
        loop {
            if Instant::now() >= self.check_at {
                self.check_disk();
                self.check_at = Instant::now() + self.settings.check_every;
            }
            match self.inbox.recv_deadline(self.check_at) {
                Ok(Order::Recorded { recorded, lost_before }) => {
                    self.handle(recorded, lost_before);
                }
                Ok(Order::Close) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        while let Some((id, recording)) = self.recordings.pop_first() {
            self.end(id, recording, Some("Cordboard was stopped during the call.".into()));
        }
    }

    fn handle(&mut self, recorded: Recorded, lost_before: u64) {
        let Recorded { recording: id, part } = recorded;
        if let RecordedPart::Started(about) = &part {
            return self.begin(about);
        }
        // One that has failed is still spoken of for a while.
        let Some(recording) = self.recordings.get_mut(&id) else { return };
        let written = recording.write_lost(lost_before).and_then(|()| match &part {
            RecordedPart::Sound(samples) => recording.write(samples),
            RecordedPart::Paused => recording.pause(),
            RecordedPart::Resumed => recording.resume(),
            RecordedPart::Started(_) | RecordedPart::Ended => Ok(()),
        });
        let is_ended = matches!(part, RecordedPart::Ended);
        let is_too_long = recording.duration_ms() >= DURATION_MS_MAX;
        match written {
            Err(error) => self.fail(id, &error),
            Ok(()) if is_ended => {
                if let Some(recording) = self.recordings.remove(&id) {
                    self.end(id, recording, None);
                }
            }
            Ok(()) if is_too_long => {
                let reason = "It is as long as a recording may be; start another one.";
                self.fail_one(id, reason.to_owned());
            }
            Ok(()) => {}
        }
    }

    fn begin(&mut self, about: &Arc<RecordingAbout>) {
        let id = about.id;
        if self.trouble.is_none() {
            self.check_disk();
        }
        if let Some(trouble) = self.trouble {
            return self.tell_failed(id, self.message(trouble));
        }
        if self.recordings.len() >= RECORDINGS_MAX {
            return self.tell_failed(id, format!("{RECORDINGS_MAX} recordings run already."));
        }
        match Recording::begin(&self.settings.folder, self.settings.format, about) {
            Ok(recording) => {
                tracing::info!(recording = %id, dn = %about.dn, "recording begins");
                self.recordings.insert(id, recording);
                self.shared.running().insert(id);
            }
            Err(error) => {
                tracing::error!(recording = %id, %error, "a recording can't begin");
                self.tell_failed(id, format!("It can't be written: {error}."));
                self.take(Trouble::of(&error));
            }
        }
    }

    /// A recording can't be written further, and perhaps none can.
    fn fail(&mut self, id: RecordingId, error: &io::Error) {
        tracing::error!(recording = %id, %error, "a recording can't be written further");
        match Trouble::of(error) {
            Some(trouble) => self.take(Some(trouble)),
            None => self.fail_one(id, format!("It can't be written further: {error}.")),
        }
    }

    fn fail_one(&mut self, id: RecordingId, reason: String) {
        if let Some(recording) = self.recordings.remove(&id) {
            self.end(id, recording, Some(reason.clone()));
            self.tell_failed(id, reason);
        }
    }

    fn end(&self, id: RecordingId, recording: Recording, failure: Option<String>) {
        let ended = recording.end(failure);
        self.shared.running().remove(&id);
        match ended {
            Ok(entry) => {
                tracing::info!(recording = %id, ms = entry.duration_ms, "recording ended");
                self.shared.ended.fetch_add(1, Ordering::Relaxed);
                (self.tell)(Told::Ended(entry));
            }
            // What is left as `.part` is mended at the next start.
            Err(error) => tracing::error!(recording = %id, %error, "a recording can't be ended"),
        }
    }

    fn tell_failed(&self, recording: RecordingId, reason: String) {
        self.shared.failed.fetch_add(1, Ordering::Relaxed);
        (self.tell)(Told::Fact(RecordingFact::Failed { recording, reason }));
    }

    /// Looks whether trouble begins or is over.
    fn check_disk(&mut self) {
        let RecordingSettings { folder, keep_free_bytes, .. } = &self.settings;
        let folder = folder.path();
        let found = match disk::has_room(folder, *keep_free_bytes) {
            Ok(false) => Some(Trouble::Full),
            Err(_) => Some(Trouble::Failing),
            Ok(true) if self.trouble.is_none() => None,
            // What has failed before has to work before it is trusted again.
            Ok(true) => match disk::probe(folder) {
                Ok(()) => None,
                Err(error) => Trouble::of(&error).or(self.trouble),
            },
        };
        self.take(found);
    }

    /// The trouble from now on: all recordings end when it begins.
    fn take(&mut self, trouble: Option<Trouble>) {
        if trouble == self.trouble {
            return;
        }
        if let Some(over) = std::mem::replace(&mut self.trouble, trouble) {
            tracing::info!(alarm = over.alarm(), "over");
            let name = over.alarm().to_owned();
            (self.tell)(Told::Alarm(AlarmChange::Cleared { name }));
        }
        let Some(trouble) = trouble else { return };
        let message = self.message(trouble);
        tracing::error!(alarm = trouble.alarm(), message, running = self.recordings.len());
        (self.tell)(Told::Alarm(AlarmChange::Raised(Alarm {
            name: trouble.alarm().into(),
            severity: Severity::Critical,
            message: message.clone(),
            since_ms: unix_ms(),
        })));
        let ids: Vec<RecordingId> = self.recordings.keys().copied().collect();
        for id in ids {
            self.fail_one(id, message.clone());
        }
    }

    fn message(&self, trouble: Trouble) -> String {
        trouble.message(self.settings.folder.path(), self.settings.keep_free_bytes)
    }
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Parts that may wait, of 200 ms mostly: eight seconds of a hundred recordings, 26 MB.
const QUEUE_MAX: usize = 4_096;
/// What one core can encode: 0.4 % of it each, measured with two voices at once.
const RECORDINGS_MAX: usize = 250;
/// A forgotten recording ends after a day.
const DURATION_MS_MAX: u64 = 24 * 3_600_000;
