//! Sample formats: G.711, G.722, levels, rates, WAV (ITU-T G.711 and G.722).
//!
//! Samples are linear PCM of 16 bits, mono; what rate they have is the caller's affair, except
//! in WAV files, which say it themselves.

pub mod g711;
pub mod g722;
pub mod half_band;
pub mod level;
pub mod resample;
pub mod wav;

pub use g711::Law;
pub use g722::{G722Decoder, G722Encoder};
pub use half_band::{Doubler, Halver};
pub use level::{peak, rms_dbov};
pub use resample::resample;
pub use wav::{Wav, WavError, WavFormat};
