//! Engines that speak text: programs that write a WAV or Ogg file to their standard output.

use std::{io, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

/// A command line. `{language}` and `{text}` are filled in; without `{text}` it reads the text from
/// its standard input, which is the safer way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpeechEngine {
    /// The program and its arguments.
    pub command: Vec<String>,
}

impl SpeechEngine {
    /// espeak-ng, when it is installed.
    #[must_use]
    pub fn espeak_ng() -> Option<Self> {
        let paths = std::env::var_os("PATH")?;
        let is_there = |folder: &Path| folder.join("espeak-ng").is_file();
        std::env::split_paths(&paths).any(|folder| is_there(&folder)).then(|| Self {
            command: ["espeak-ng", "-v", "{language}", "-s", "150", "--stdin", "--stdout"]
                .map(str::to_owned)
                .into(),
        })
    }

    /// A file of the text, spoken.
    pub(crate) async fn speak(&self, language: &str, text: &str) -> Result<Vec<u8>, String> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err("prompts.text_to_speech in the configuration file is empty".to_owned());
        };
        let fill_in = |argument: &String| {
            argument.replace("{language}", &language.to_lowercase()).replace("{text}", text)
        };
        let reads_text = !arguments.iter().any(|argument| argument.contains("{text}"));
        let child = Command::new(program)
            .args(arguments.iter().map(fill_in))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.map_err(|error| self.problem(program, &error))?;
        let spoken = async {
            if let Some(mut stdin) = child.stdin.take()
                && reads_text
            {
                stdin.write_all(text.as_bytes()).await?;
            }
            let mut sound = Vec::new();
            if let Some(stdout) = child.stdout.take() {
                stdout.take(BYTES_MAX).read_to_end(&mut sound).await?;
            }
            let mut words = Vec::new();
            if let Some(stderr) = child.stderr.take() {
                stderr.take(WORDS_MAX).read_to_end(&mut words).await?;
            }
            Ok::<_, io::Error>((child.wait().await?, sound, words))
        };
        match timeout(SPEAK_LIMIT, spoken).await {
            Err(_) => Err(format!("{program} took longer than {} s", SPEAK_LIMIT.as_secs())),
            Ok(Err(error)) => Err(self.problem(program, &error)),
            Ok(Ok((status, sound, _))) if status.success() => Ok(sound),
            Ok(Ok((status, _, words))) => {
                let words = String::from_utf8_lossy(&words);
                Err(format!("{program} failed ({status}): {}", words.trim()))
            }
        }
    }

    fn problem(&self, program: &str, error: &io::Error) -> String {
        format!(
            "{program} can't be used ({error}); see prompts.text_to_speech in the configuration \
             file"
        )
    }
}

/// The longest speech, some minutes.
const BYTES_MAX: u64 = 64 << 20;
/// An engine that takes longer is ended.
const SPEAK_LIMIT: Duration = Duration::from_secs(4);
/// What is kept of an engine's complaint.
const WORDS_MAX: u64 = 500;
