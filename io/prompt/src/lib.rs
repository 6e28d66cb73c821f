//! The sounds of prompts: sound files of the site by language, spoken text, tones.
//!
//! A shard waits for the sound of an announcement while its caller waits: so every prompt is
//! answered within [`ANSWER_LIMIT`], by its sound or by what is wrong with it. Spoken text is kept
//! on disk, and what strategies say word by word is spoken ahead of time.

mod alarm;
mod engine;
mod files;
mod library;
mod sound_file;
mod speech;
mod tones;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, RwLock},
    time::Duration,
};

use model::{
    Configuration, LegId,
    media::MediaCommand,
    monitor::AlarmChange,
    prompt::{AnnouncementId, Piece, Prompt},
    strategy::{Say, Step},
};
use tokio::{runtime::Handle, sync::Semaphore, time::timeout};

pub use engine::SpeechEngine;
pub use library::{Library, LibraryError, Sound};
pub use sound_file::{SoundFileError, read as read_sound_file};

use files::Files;
use speech::Speech;

/// Where sounds come from.
#[derive(Clone, Debug)]
pub struct PromptSettings {
    /// The folder below which media files lie.
    pub sounds: PathBuf,
    /// The folder where spoken text is kept.
    pub speech: PathBuf,
    /// The language of callers of whom none is known.
    pub language: String,
    /// What speaks text; `None`: nothing does.
    pub engine: Option<SpeechEngine>,
}

/// What comes of prompts.
pub trait Told: Send + Sync {
    /// `MediaCommand::Sound`, for the shard.
    fn sound(&self, command: MediaCommand);
    /// Prompts can't be played, or can again.
    fn alarm(&self, change: AlarmChange);
}

/// Turns prompts into sounds.
#[derive(Clone)]
pub struct Prompts {
    inner: Arc<Inner>,
    runtime: Handle,
}

struct Inner {
    settings: PromptSettings,
    configuration: RwLock<Arc<Configuration>>,
    files: Files,
    speech: Speech,
    told: Box<dyn Told>,
    alarm: alarm::PromptAlarm,
    busy: Semaphore,
}

impl Prompts {
    /// Works on the runtime in which it is called.
    #[must_use]
    pub fn new(settings: PromptSettings, told: Box<dyn Told>) -> Self {
        let inner = Inner {
            files: Files::new(settings.sounds.clone()),
            speech: Speech::new(settings.speech.clone(), settings.engine.clone()),
            settings,
            configuration: RwLock::default(),
            told,
            alarm: alarm::PromptAlarm::default(),
            busy: Semaphore::new(AT_ONCE_MAX),
        };
        Self { inner: Arc::new(inner), runtime: Handle::current() }
    }

    /// The configuration in force: its media files, and what its strategies say, which is spoken
    /// ahead of time.
    pub fn configure(&self, configuration: Arc<Configuration>) {
        let mut texts = texts(&configuration, &self.inner.settings.language);
        if let Ok(mut known) = self.inner.configuration.write() {
            let before = std::mem::replace(&mut *known, configuration);
            let before = self::texts(&before, &self.inner.settings.language);
            texts.retain(|text| !before.contains(text));
        }
        if let Some(change) = self.inner.alarm.forget() {
            self.inner.told.alarm(change);
        }
        let inner = Arc::clone(&self.inner);
        self.runtime.spawn(async move {
            for (language, text) in texts.into_iter().take(AHEAD_MAX) {
                let spoken = inner.speech.speak(&language, &text).await;
                if let Err(problem) = spoken {
                    // Said again, and told, when a caller is to hear it.
                    tracing::debug!(problem, "not spoken ahead of time");
                }
            }
        });
    }

    /// The folder of sounds.
    #[must_use]
    pub fn library(&self) -> Library {
        Library::new(self.inner.settings.sounds.clone())
    }

    /// Answers `MediaCommand::Announce` with `MediaCommand::Sound`.
    pub fn announce(&self, leg: LegId, announcement: AnnouncementId, prompt: Arc<Prompt>) {
        let inner = Arc::clone(&self.inner);
        self.runtime.spawn(async move {
            let made = match timeout(ANSWER_LIMIT, inner.sound(&prompt)).await {
                Ok(made) => made,
                Err(_) => {
                    Made::nothing(format!("it took longer than {} s", ANSWER_LIMIT.as_secs()))
                }
            };
            if let Some(change) = inner.alarm.see(&prompt, made.problem.as_deref()) {
                inner.told.alarm(change);
            }
            if let Some(problem) = &made.problem {
                tracing::warn!(%leg, problem, "a prompt can't be played as it should be");
            }
            let sound = match (made.sound, made.problem) {
                (None, problem) => Err(problem.unwrap_or_default()),
                (Some(sound), _) => Ok(sound),
            };
            inner.told.sound(MediaCommand::Sound { leg, announcement, sound });
        });
    }
}

/// What became of a prompt.
struct Made {
    /// `None` when no piece of it can be heard.
    sound: Option<Arc<[i16]>>,
    /// The first thing that is wrong with it.
    problem: Option<String>,
}

impl Made {
    fn nothing(problem: String) -> Self {
        Self { sound: None, problem: Some(problem) }
    }
}

impl Inner {
    /// All pieces, one after the other; one that can't be had is left out, so that callers hear the
    /// rest.
    async fn sound(&self, prompt: &Prompt) -> Made {
        let _place = match self.busy.acquire().await {
            Ok(place) => place,
            Err(error) => return Made::nothing(error.to_string()),
        };
        let language = match prompt.language.as_str() {
            "" => self.settings.language.as_str(),
            language => language,
        };
        let mut sound: Vec<i16> = Vec::new();
        let (mut problem, mut heard) = (None, 0);
        for piece in &prompt.pieces {
            match self.piece(language, piece).await {
                Ok(piece) => {
                    heard += 1;
                    sound.extend_from_slice(&piece);
                }
                Err(error) => problem = problem.or(Some(error)),
            }
            if sound.len() > SAMPLES_MAX {
                let limit = SAMPLES_MAX / 60 / RATE;
                return Made::nothing(format!("it is longer than {limit} minutes"));
            }
        }
        if heard == 0 && problem.is_some() {
            return Made { sound: None, problem };
        }
        tones::soften_ends(&mut sound);
        Made { sound: Some(sound.into()), problem }
    }

    async fn piece(&self, language: &str, piece: &Piece) -> Result<Arc<[i16]>, String> {
        match piece {
            Piece::Beep => Ok(tones::beep().into()),
            Piece::Media(name) => {
                let configuration = self.configuration.read().map(|known| known.clone());
                let configuration = configuration.map_err(|error| error.to_string())?;
                let usual = &self.settings.language;
                self.files.read(files::path(&configuration, name, language, usual)?).await
            }
            Piece::Pause(span) => Ok(tones::pause(*span).into()),
            Piece::Text(text) => self.speech.speak(language, text).await,
        }
    }
}

/// What strategies say in the same words to everybody, by language.
fn texts(configuration: &Configuration, language: &str) -> BTreeSet<(String, String)> {
    let mut texts = BTreeSet::new();
    for strategy in configuration.strategies.values() {
        Step::each(&strategy.steps, &mut |step| {
            for say in step.says() {
                match say {
                    Say::Text(text) => {
                        texts.insert((language.to_owned(), text.clone()));
                    }
                    Say::Texts(all) => texts.extend(all.clone()),
                    Say::Beep | Say::Media(_) | Say::PauseMs(_) => {}
                }
            }
        });
    }
    texts.retain(|(_, text)| !text.contains('{'));
    texts
}

/// Texts that are spoken ahead of time.
const AHEAD_MAX: usize = 1000;
/// A caller waits no longer for a prompt.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Prompts that are made at the same time; further ones wait within their limit.
const AT_ONCE_MAX: usize = 64;
const RATE: usize = 8000;
/// The longest prompt.
const SAMPLES_MAX: usize = 10 * 60 * RATE;
