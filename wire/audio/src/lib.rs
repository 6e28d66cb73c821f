//! Sample formats: G.711, levels, WAV (ITU-T G.711).
//!
//! Samples are linear PCM of 16 bits, mono; what rate they have is the caller's affair, except
//! in WAV files, which say it themselves.

pub mod g711;
pub mod level;
pub mod resample;
pub mod wav;

pub use g711::Law;
pub use level::{peak, rms_dbov};
pub use resample::resample;
pub use wav::{Wav, WavError, WavFormat};
