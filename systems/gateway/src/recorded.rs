//! What recordings have to hand over, until it is taken: bounded, and never at the price of a
//! recording's clock.

use std::collections::VecDeque;

use model::recording::{Recorded, RecordedPart, RecordingId};

/// Pieces of all recordings in their order.
pub struct RecordedQueue {
    pieces: VecDeque<Piece>,
    /// Pieces of sound among them.
    sounds: usize,
    sounds_max: usize,
}

enum Piece {
    Mark(Recorded),
    Sound(Recorded),
    /// So many samples of silence on both channels, however long.
    Silence(RecordingId, u64),
}

impl Default for RecordedQueue {
    fn default() -> Self {
        Self::with_room(SOUNDS_MAX)
    }
}

impl RecordedQueue {
    /// Room for so many pieces of sound.
    #[must_use]
    pub fn with_room(sounds_max: usize) -> Self {
        Self { pieces: VecDeque::new(), sounds: 0, sounds_max }
    }

    /// Whether there is room for sound.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.sounds < self.sounds_max
    }

    /// Whether nobody has taken anything for so long that no recording should begin.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.pieces.len() - self.sounds >= MARKS_MAX
    }

    /// Left and right in turn; ask [`Self::has_room`] before.
    pub fn sound(&mut self, recording: RecordingId, sound: &[i16]) {
        self.sounds += 1;
        let part = RecordedPart::Sound(sound.into());
        self.pieces.push_back(Piece::Sound(Recorded { recording, part }));
    }

    /// Silence of so many samples.
    pub fn silence(&mut self, recording: RecordingId, samples: u64) {
        if samples > 0 {
            self.pieces.push_back(Piece::Silence(recording, samples));
        }
    }

    /// Anything but sound.
    pub fn mark(&mut self, recording: RecordingId, part: RecordedPart) {
        self.pieces.push_back(Piece::Mark(Recorded { recording, part }));
    }

    /// The next piece.
    pub fn pop(&mut self) -> Option<Recorded> {
        match self.pieces.pop_front()? {
            Piece::Mark(recorded) => Some(recorded),
            Piece::Sound(recorded) => {
                self.sounds -= 1;
                Some(recorded)
            }
            Piece::Silence(recording, samples) => {
                let now = samples.min(SILENCE_MAX);
                if samples > now {
                    self.pieces.push_front(Piece::Silence(recording, samples - now));
                }
                let values = usize::try_from(2 * now).unwrap_or(0);
                let part = RecordedPart::Sound(vec![0; values].into());
                Some(Recorded { recording, part })
            }
        }
    }
}

/// Marks that wait before no further recording begins.
const MARKS_MAX: usize = 65_536;
/// Samples of silence that are handed over at a time, 1 s.
const SILENCE_MAX: u64 = 8000;
/// Pieces of sound that wait, 105 MB: half a minute of a hundred recordings. What comes after is
/// silence.
const SOUNDS_MAX: usize = 16_384;
