//! Engines that speak text: programs that write a WAV or Ogg file to their standard output.

use std::{io, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
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
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let tell = async {
            if let Some(mut stdin) = stdin.filter(|_| reads_text) {
                // One that has failed already does not listen; what it says of that is told.
                let _ = stdin.write_all(text.as_bytes()).await;
            }
        };
        // All at once: an engine may say much before it is done with any of these.
        let spoken = async {
            let ((), sound, words) =
                tokio::join!(tell, all_of(stdout, BYTES_MAX), all_of(stderr, WORDS_MAX));
            Ok::<_, io::Error>((child.wait().await?, sound?, words?))
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

/// What a program says, as far as it is kept; the rest is read and left out.
async fn all_of(from: Option<impl AsyncRead + Unpin>, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    if let Some(mut from) = from {
        (&mut from).take(bytes_max).read_to_end(&mut kept).await?;
        tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    }
    Ok(kept)
}

/// The longest speech, some minutes.
const BYTES_MAX: u64 = 64 << 20;
/// An engine that takes longer is ended.
const SPEAK_LIMIT: Duration = Duration::from_secs(4);
/// What is kept of an engine's complaint.
const WORDS_MAX: u64 = 500;
