//! What a simulated customer says: the stock recording, or a text spoken by espeak-ng where that
//! is installed.

use std::{process::Stdio, sync::Arc};

use tokio::{io::AsyncWriteExt, process::Command};
use wire_audio::{Law, Wav};

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

/// Resamples with a windowed sinc that ends below 4 kHz.
fn to_8_khz(wav: &Wav) -> Vec<i16> {
    if wav.rate == RATE {
        return wav.samples.clone();
    }
    let step = f64::from(wav.rate) / f64::from(RATE);
    let cutoff = (1.0 / step).min(1.0) * 0.95;
    let reach = (f64::from(TAPS_EACH_SIDE) * step.max(1.0)) as isize;
    let length = (wav.samples.len() as f64 / step) as usize;
    (0..length)
        .map(|at| {
            let centre = at as f64 * step;
            let middle = centre as isize;
            let sum: f64 = (middle - reach..=middle + reach)
                .filter_map(|n| {
                    let sample = wav.samples.get(usize::try_from(n).ok()?)?;
                    let x = n as f64 - centre;
                    Some(f64::from(*sample) * cutoff * sinc(x * cutoff) * hann(x, reach as f64))
                })
                .sum();
            sum.clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16
        })
        .collect()
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) }
}

fn hann(x: f64, reach: f64) -> f64 {
    if x.abs() > reach { 0.0 } else { 0.5 + 0.5 * (std::f64::consts::PI * x / reach).cos() }
}

/// Spoken by espeak-ng for this program.
const STOCK: &[u8] = include_bytes!("../../assets/customer.wav");
const RATE: u32 = 8000;
const TAPS_EACH_SIDE: u32 = 16;
const TEXT_BYTES_MAX: usize = 2000;
const PAUSE_SAMPLES: usize = 8000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn resampling_keeps_a_tone_and_its_level() {
        let tone = |rate: u32| -> Vec<i16> {
            (0..rate)
                .map(|n| {
                    let phase = f64::from(n) * 1000.0 / f64::from(rate);
                    (8000.0 * (2.0 * std::f64::consts::PI * phase).sin()) as i16
                })
                .collect()
        };
        let down = to_8_khz(&Wav { rate: 22_050, samples: tone(22_050) });
        let straight = tone(RATE);
        let worst = down
            .iter()
            .zip(&straight)
            .skip(100)
            .take(7000)
            .map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs())
            .max();
        assert!(worst.unwrap() < 300, "{worst:?}");
    }

    #[tokio::test]
    async fn the_stock_recording_is_speech_of_some_seconds() {
        let speech = of(None).await.unwrap();
        assert!(speech.len() > 10 * 8000);
        assert!(speech.iter().any(|byte| Law::Mu.decode(*byte).abs() > 8000));
    }
}
