//! What a simulated customer says: the stock recording, or a text spoken by espeak-ng where that
//! is installed.

use std::{process::Stdio, sync::Arc};

use tokio::{io::AsyncWriteExt, process::Command};
use wire_audio::{Law, Wav, resample};

/// µ-law at 8 kHz.
pub type Speech = Arc<[u8]>;

/// The stock recording, or `text` spoken.
///
/// # Errors
/// A text for the person who asked.
pub async fn of(text: Option<String>) -> Result<Speech, String> {
    let wav = match text.filter(|text| !text.trim().is_empty()) {
        None => STOCK.to_vec(),
        Some(text) if text.len() > TEXT_BYTES_MAX => {
            return Err(format!("say must be at most {TEXT_BYTES_MAX} bytes long."));
        }
        Some(text) => spoken(&text).await?,
    };
    let wav = Wav::read(&wav).map_err(|error| format!("The speech can't be used: {error}."))?;
    let silence = std::iter::repeat_n(0, PAUSE_SAMPLES);
    Ok(to_8_khz(&wav).into_iter().chain(silence).map(|sample| Law::Mu.encode(sample)).collect())
}

/// The text goes in by standard input: nothing in it can be taken for an option.
async fn spoken(text: &str) -> Result<Vec<u8>, String> {
    let missing = |error: std::io::Error| {
        format!("Speaking a text needs espeak-ng ({error}); install it, or leave \"say\" out.")
    };
    let mut child = Command::new("espeak-ng")
        .args(["--stdin", "--stdout", "-v", "en-us", "-s", "150"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(missing)?;
    let mut input = child.stdin.take().ok_or("espeak-ng took no text.")?;
    input.write_all(text.as_bytes()).await.map_err(missing)?;
    drop(input);
    let output = child.wait_with_output().await.map_err(missing)?;
    Ok(output.stdout)
}

fn to_8_khz(wav: &Wav) -> Vec<i16> {
    let sound: Vec<f32> = wav.samples.iter().copied().map(f32::from).collect();
    // `as` saturates.
    resample(&sound, wav.rate, RATE).into_iter().map(|sample| sample.round() as i16).collect()
}

/// Spoken by espeak-ng for this program.
const STOCK: &[u8] = include_bytes!("../../assets/customer.wav");
const RATE: u32 = 8000;
const TEXT_BYTES_MAX: usize = 2000;
const PAUSE_SAMPLES: usize = 8000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_stock_recording_is_speech_of_some_seconds() {
        let speech = of(None).await.unwrap();
        assert!(speech.len() > 10 * 8000);
        assert!(speech.iter().any(|byte| Law::Mu.decode(*byte).abs() > 8000));
    }
}
