//! A recorded voice, cut into packets of 20 ms and encoded as a browser and a carrier send it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use opus::{Application, Bitrate, Channels, Encoder};
use wire_audio::{Law, Wav};

/// The demo site's customer: real speech with its pauses.
const RECORDING: &[u8] = include_bytes!("../../cordboard/assets/customer.wav");
/// Samples of 20 ms at 8 kHz.
pub const FRAME: usize = 160;
/// What a packet holds.
pub const FRAME_TIME: Duration = Duration::from_millis(20);
/// What our SDP asks browsers for.
const BITS_PER_SECOND: i32 = 28_000;
const RATE: u32 = 8000;

/// The voice in all the forms that are sent.
pub struct Voice {
    samples: Vec<[i16; FRAME]>,
    opus: Vec<Vec<u8>>,
    pcmu: Vec<[u8; FRAME]>,
}

impl Voice {
    pub fn new() -> Result<Self> {
        let wav = Wav::read(RECORDING)?;
        ensure!(wav.rate == RATE, "the recording has {} samples per second", wav.rate);
        let (frames, _) = wav.samples.as_chunks::<FRAME>();
        let samples = frames.to_vec();
        let mut encoder = Encoder::new(RATE, Channels::Mono, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Bits(BITS_PER_SECOND))?;
        let opus: Result<Vec<_>, _> =
            samples.iter().map(|frame| encoder.encode_vec(frame, 400)).collect();
        let pcmu = samples.iter().map(|frame| {
            let mut payload = [0; FRAME];
            Law::Mu.encode_into(frame, &mut payload);
            payload
        });
        let pcmu = pcmu.collect();
        Ok(Self { opus: opus.context("Opus")?, pcmu, samples })
    }

    pub fn samples(&self, frame: usize) -> &[i16; FRAME] {
        at(&self.samples, frame)
    }

    pub fn opus(&self, frame: usize) -> &[u8] {
        at(&self.opus, frame).as_slice()
    }

    pub fn pcmu(&self, frame: usize) -> &[u8; FRAME] {
        at(&self.pcmu, frame)
    }
}

/// Over and over again.
fn at<T>(frames: &[T], frame: usize) -> &T {
    frames.get(frame % frames.len()).expect("a remainder is less than the divisor")
}
