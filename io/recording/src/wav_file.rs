//! WAV: 16-bit PCM, two channels, 8 kHz.

use std::{
    fs::File,
    io::{self, BufWriter, Seek, SeekFrom, Write},
};

use crate::sound::{CHANNELS, RATE};

/// A WAV file being written. Its sizes are zero until it is finished.
pub(crate) struct WavFile {
    file: BufWriter<File>,
    data_bytes: u64,
}

impl WavFile {
    pub(crate) fn begin(file: File) -> io::Result<Self> {
        let mut file = BufWriter::with_capacity(SECOND_BYTES, file);
        file.write_all(&head(0))?;
        Ok(Self { file, data_bytes: 0 })
    }

    pub(crate) fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        for sample in samples {
            self.file.write_all(&sample.to_le_bytes())?;
            self.data_bytes += 2;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_mut();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&head(self.data_bytes))?;
        file.sync_all()
    }
}

/// RIFF, a `fmt ` chunk of PCM and the head of a `data` chunk. A recording's longest time keeps
/// sizes far below 2^32.
pub(crate) fn head(data_bytes: u64) -> [u8; HEAD_BYTES] {
    let data = u32::try_from(data_bytes).unwrap_or(u32::MAX);
    let frame_bytes: u16 = 4;
    let mut head = [0; HEAD_BYTES];
    let parts: [&[u8]; 13] = [
        b"RIFF",
        &data.saturating_add(36).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16_u32.to_le_bytes(),
        &1_u16.to_le_bytes(),
        &2_u16.to_le_bytes(),
        &RATE.to_le_bytes(),
        &(RATE * u32::from(frame_bytes)).to_le_bytes(),
        &frame_bytes.to_le_bytes(),
        &16_u16.to_le_bytes(),
        b"data",
        &data.to_le_bytes(),
    ];
    for (place, byte) in head.iter_mut().zip(parts.concat()) {
        *place = byte;
    }
    head
}

/// What comes before the samples.
pub(crate) const HEAD_BYTES: usize = 44;
/// A crash costs at most this much sound.
const SECOND_BYTES: usize = RATE as usize * CHANNELS * 2;
