//! Sound files of the site.

use std::{
    collections::HashMap,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use model::{Configuration, id::MediaName};

use crate::sound_file;

/// Files that were read, as long as they don't change.
pub struct Files {
    folder: PathBuf,
    known: Mutex<HashMap<PathBuf, Known>>,
}

/// A file's sound, and when the file was changed last.
type Known = (SystemTime, Arc<[i16]>);

impl Files {
    /// Files below this folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, known: Mutex::default() }
    }

    /// A file's sound.
    pub async fn read(&self, path: PathBuf) -> Result<Arc<[i16]>, String> {
        let path = self.folder.join(path);
        let changed = |path: &Path| path.metadata().and_then(|about| about.modified());
        let changed = changed(&path).map_err(|error| {
            format!("{} can't be read ({error}); put the file there", path.display())
        })?;
        if let Ok(known) = self.known.lock()
            && let Some((at, sound)) = known.get(&path)
            && *at == changed
        {
            return Ok(Arc::clone(sound));
        }
        let file = path.clone();
        let read = tokio::task::spawn_blocking(move || sound_file::read(&file)).await;
        let read = read.map_err(|error| error.to_string())?;
        let sound: Arc<[i16]> = read.map_err(|error| error.to_string())?.into();
        if let Ok(mut known) = self.known.lock() {
            let samples: usize = known.values().map(|(_, sound)| sound.len()).sum();
            if samples + sound.len() > SAMPLES_MAX {
                known.clear();
            }
            known.insert(path, (changed, Arc::clone(&sound)));
        }
        Ok(sound)
    }
}

/// Where a media file lies, in the caller's language: as named, its first part, the site's own,
/// any.
pub fn path(
    configuration: &Configuration,
    name: &MediaName,
    language: &str,
    usual: &str,
) -> Result<PathBuf, String> {
    let Some(media) = configuration.media.get(name) else {
        return Err(format!("there is no media file {name}; add it to the configuration"));
    };
    let general = language.split('-').next().unwrap_or_default();
    let file = [language, general, usual]
        .into_iter()
        .find_map(|language| media.files.get(language))
        .or_else(|| media.files.values().next())
        .ok_or_else(|| format!("media file {name} has no file; name one for a language"))?;
    let path = PathBuf::from(file);
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
    is_below
        .then_some(path)
        .ok_or_else(|| format!("media file {name}: {file} is not below the folder of sounds"))
}

/// What is kept in memory, 64 MB: more than two hours. Beyond, all are read anew.
const SAMPLES_MAX: usize = 32 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use model::config::MediaFile;

    use super::*;

    #[test]
    fn a_file_is_taken_in_the_nearest_language_and_never_from_elsewhere() {
        let mut site = Configuration::default();
        let media = |files: &[(&str, &str)]| MediaFile {
            files: files.iter().map(|(l, f)| ((*l).to_owned(), (*f).to_owned())).collect(),
            ..MediaFile::default()
        };
        site.media.insert("Hi".into(), media(&[("de", "de/hi.wav"), ("pt-BR", "br.wav")]));
        site.media.insert("Evil".into(), media(&[("en", "../../etc/passwd")]));
        site.media.insert("Root".into(), media(&[("en", "/etc/passwd")]));
        site.media.insert("Empty".into(), media(&[]));
        let found = |name: &str, language: &str| path(&site, &name.into(), language, "de");
        assert_eq!(found("Hi", "de-AT").unwrap(), Path::new("de/hi.wav"));
        assert_eq!(found("Hi", "pt-BR").unwrap(), Path::new("br.wav"));
        assert_eq!(found("Hi", "fr").unwrap(), Path::new("de/hi.wav"), "the site's own language");
        for name in ["Evil", "Root"] {
            assert!(found(name, "en").unwrap_err().contains("not below the folder"), "{name}");
        }
        assert!(found("Empty", "en").unwrap_err().contains("has no file"));
        assert!(found("Nothing", "en").unwrap_err().contains("there is no media file Nothing"));
    }
}
