//! Spoken text, kept on disk: the same words are spoken once.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::{engine::SpeechEngine, library, sound_file};

/// What speaks, and what it said.
pub struct Speech {
    folder: PathBuf,
    engine: Option<SpeechEngine>,
    busy: Semaphore,
}

impl Speech {
    /// Kept in this folder, which is made when it is needed.
    pub fn new(folder: PathBuf, engine: Option<SpeechEngine>) -> Self {
        Self { folder, engine, busy: Semaphore::new(ENGINES_MAX) }
    }

    /// A text's sound.
    pub async fn speak(&self, language: &str, text: &str) -> Result<Arc<[i16]>, String> {
        if text.trim().is_empty() {
            return Ok(Arc::from([]));
        }
        if text.len() > TEXT_MAX {
            return Err(format!("a text of more than {TEXT_MAX} bytes is not spoken"));
        }
        let Some(engine) = &self.engine else {
            return Err("there is no speech engine; install espeak-ng, or name another in \
                        prompts.text_to_speech of the configuration file"
                .to_owned());
        };
        let kept = self.folder.join(name(engine, language, text));
        if let Ok(sound) = read(kept.clone()).await {
            return Ok(sound);
        }
        let _place = self.busy.acquire().await.map_err(|error| error.to_string())?;
        // Somebody else may have wanted the same.
        if let Ok(sound) = read(kept.clone()).await {
            return Ok(sound);
        }
        let general = language.split('-').next().unwrap_or(language);
        let spoken = match engine.speak(language, text).await {
            Err(_) if general != language => engine.speak(general, text).await?,
            spoken => spoken?,
        };
        let folder = self.folder.clone();
        let keep = move || {
            if let Err(error) = keep(&folder, &kept, &spoken) {
                // It is heard all the same, and spoken anew the next time.
                tracing::warn!(%error, file = %kept.display(), "spoken text can't be kept");
            }
            sound_file::read_bytes(&spoken)
        };
        let sound = tokio::task::spawn_blocking(keep).await.map_err(|error| error.to_string())?;
        Ok(to_level(&sound?).into())
    }
}

async fn read(path: PathBuf) -> Result<Arc<[i16]>, String> {
    let sound = tokio::task::spawn_blocking(move || sound_file::read(&path)).await;
    let sound = sound.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    Ok(to_level(&sound).into())
}

/// Writes a file as a whole, and makes room for it.
fn keep(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    library::write_whole(path, bytes)?;
    if let Err(error) = make_room(folder) {
        tracing::warn!(%error, folder = %folder.display(), "spoken text is not cleared away");
    }
    Ok(())
}

/// What was spoken longest ago goes first.
fn make_room(folder: &Path) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        files.push((about.modified()?, about.len(), entry.path()));
    }
    let mut bytes: u64 = files.iter().map(|(_, len, _)| len).sum();
    files.sort();
    for (_, len, path) in files {
        if bytes <= FOLDER_BYTES_MAX {
            break;
        }
        fs::remove_file(path)?;
        bytes -= len;
    }
    Ok(())
}

/// As loud as the other prompts: engines differ by 20 dB.
fn to_level(sound: &[i16]) -> Vec<i16> {
    let power: f64 = sound.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let level = (power / sound.len().max(1) as f64).sqrt();
    let peak = sound.iter().map(|sample| f64::from(*sample).abs()).fold(1.0, f64::max);
    if level < 1.0 {
        return sound.to_vec();
    }
    let gain = (LEVEL / level).min(PEAK / peak);
    sound.iter().map(|sample| (f64::from(*sample) * gain).round() as i16).collect()
}

/// By all that decides over the sound.
fn name(engine: &SpeechEngine, language: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    for part in engine.command.iter().map(String::as_str).chain([language, text]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut name = String::new();
    for byte in hash.finalize() {
        // Writing to a string succeeds.
        let _ = write!(name, "{byte:02x}");
    }
    name + ".sound"
}

/// Engines that run at the same time.
const ENGINES_MAX: usize = 2;
/// Spoken text on disk.
const FOLDER_BYTES_MAX: u64 = 256 << 20;
/// RMS of speech with its pauses, some 24 dB below full scale.
const LEVEL: f64 = 2_000.0;
/// Full scale but for a decibel.
const PEAK: f64 = 29_000.0;
/// The longest text.
const TEXT_MAX: usize = 4_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use wire_audio::{Wav, WavFormat};

    use super::*;

    /// An engine that counts its runs in a file and says a tone.
    fn engine(folder: &Path) -> SpeechEngine {
        let tone = (0..4000).map(|n| if n % 8 < 4 { 300 } else { -300 }).collect();
        let wav = Wav { rate: 8000, samples: tone }.write(WavFormat::Pcm16);
        fs::write(folder.join("tone.wav"), wav).unwrap();
        let script =
            format!("cat > {0}/said; echo run >> {0}/runs; cat {0}/tone.wav", folder.display());
        SpeechEngine { command: ["sh", "-c", &script].map(str::to_owned).into() }
    }

    #[tokio::test]
    async fn the_same_words_are_spoken_once_and_at_the_level_of_prompts() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path());
        let speech = Speech::new(folder.path().join("speech"), Some(engine.clone()));
        let first = speech.speak("en", "Hello.").await.unwrap();
        let again = Speech::new(folder.path().join("speech"), Some(engine));
        assert_eq!(again.speak("en", "Hello.").await.unwrap(), first);
        assert_eq!(fs::read_to_string(folder.path().join("said")).unwrap(), "Hello.");
        again.speak("en", "Good bye.").await.unwrap();
        again.speak("de", "Hello.").await.unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap().lines().count(), 3);
        let level = |sound: &[i16]| sound.iter().map(|s| i64::from(s.abs())).max().unwrap();
        assert!((1_900..2_100).contains(&level(&first)), "{}", level(&first));
    }

    #[tokio::test]
    async fn what_can_not_be_kept_is_heard_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("speech"), "a file where the folder should be").unwrap();
        let speech = Speech::new(folder.path().join("speech"), Some(engine(folder.path())));
        assert!(!speech.speak("en", "Hello.").await.unwrap().is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_who_want_the_same_at_once_hear_it_all() {
        let folder = tempfile::tempdir().unwrap();
        let speech = Arc::new(Speech::new(folder.path().join("s"), Some(engine(folder.path()))));
        for text in 0..10 {
            let speak = |_| {
                let speech = Arc::clone(&speech);
                tokio::spawn(async move { speech.speak("en", &format!("Number {text}.")).await })
            };
            let callers: Vec<_> = (0..8).map(speak).collect();
            for caller in callers {
                assert!(!caller.await.unwrap().unwrap().is_empty());
            }
        }
        let runs = fs::read_to_string(folder.path().join("runs")).unwrap().lines().count();
        assert!((10..=20).contains(&runs), "{runs} runs for 10 texts");
    }

    #[tokio::test]
    async fn what_can_not_be_spoken_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let speech = |command: &[&str]| {
            let command = command.iter().map(|part| (*part).to_owned()).collect();
            Speech::new(folder.path().join("speech"), Some(SpeechEngine { command }))
        };
        let problem = |spoken: Result<Arc<[i16]>, String>| spoken.unwrap_err();
        let none = Speech::new(folder.path().into(), None).speak("en", "Hello.").await;
        assert!(problem(none).contains("install espeak-ng"));
        let missing = speech(&["/nowhere/engine"]).speak("en", "Hello.").await;
        assert!(problem(missing).contains("/nowhere/engine can't be used"));
        let failing = speech(&["sh", "-c", "echo no voice >&2; exit 3"]).speak("en", "x").await;
        assert!(problem(failing).contains("no voice"));
        let noise = speech(&["echo", "hello"]).speak("en", "Hello.").await;
        assert!(problem(noise).contains("neither WAV nor Ogg"));
        let long = speech(&["true"]).speak("en", &"x".repeat(5000)).await;
        assert!(problem(long).contains("more than 4000 bytes"));
        assert_eq!(speech(&["false"]).speak("en", " ").await.unwrap().len(), 0);
    }
}
