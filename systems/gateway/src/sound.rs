//! Sound inside the gateway: ticks of 20 ms, mono, as narrow as the telephone or twice as wide.
//!
//! Sound keeps the width that it came with for as long as nobody needs another: G.711 that goes
//! to G.711 is not touched, and what a browser says to a browser is never narrowed.

use wire_audio::{Doubler, Halver};

/// How much of a voice there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// 8 kHz: the telephone's 300 to 3400 Hz.
    Narrow,
    /// 16 kHz: up to 7 kHz.
    Wide,
}

impl Width {
    /// Samples per second.
    #[must_use]
    pub const fn rate(self) -> u32 {
        RATE * self.scale() as u32
    }

    /// Samples of one tick.
    #[must_use]
    pub const fn frame(self) -> usize {
        FRAME * self.scale()
    }

    /// Samples for one narrow sample.
    #[must_use]
    pub const fn scale(self) -> usize {
        match self {
            Self::Narrow => 1,
            Self::Wide => 2,
        }
    }
}

/// One tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    width: Width,
    samples: [i16; FRAME_WIDE],
}

impl Frame {
    /// A tick of silence.
    #[must_use]
    pub fn silence(width: Width) -> Self {
        Self { width, samples: [0; FRAME_WIDE] }
    }

    /// How wide it is.
    #[must_use]
    pub fn width(&self) -> Width {
        self.width
    }

    /// Its samples.
    #[must_use]
    pub fn samples(&self) -> &[i16] {
        self.samples.get(..self.width.frame()).unwrap_or_default()
    }

    /// Its samples, to be written.
    pub fn samples_mut(&mut self) -> &mut [i16] {
        self.samples.get_mut(..self.width.frame()).unwrap_or_default()
    }
}

impl From<[i16; FRAME]> for Frame {
    /// A narrow tick.
    fn from(narrow: [i16; FRAME]) -> Self {
        let mut frame = Self::silence(Width::Narrow);
        frame.samples_mut().copy_from_slice(&narrow);
        frame
    }
}

/// The latest tick of one voice, as wide as each who hears it wants it. The other width is made
/// when it is first asked for in a tick.
pub struct Heard {
    frame: Frame,
    /// The same tick with the other width, once it was asked for.
    other: Option<Frame>,
    doubler: Doubler,
    halver: Halver,
    number: u32,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            frame: Frame::silence(Width::Narrow),
            other: None,
            doubler: Doubler::default(),
            halver: Halver::default(),
            number: 0,
        }
    }
}

impl Heard {
    /// Counts up with each tick.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The next tick, which `fill` writes.
    pub fn next(&mut self, fill: impl FnOnce(&mut Frame)) {
        if self.other.take().is_none() {
            match self.frame.width {
                Width::Narrow => self.doubler.pass(self.frame.samples()),
                Width::Wide => self.halver.pass(self.frame.samples()),
            }
        }
        fill(&mut self.frame);
        self.number = self.number.wrapping_add(1);
    }

    /// As it came.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// With the width that is wanted.
    pub fn as_wide_as(&mut self, width: Width) -> &Frame {
        if self.frame.width == width {
            return &self.frame;
        }
        self.other.get_or_insert_with(|| {
            let mut other = Frame::silence(width);
            match width {
                Width::Narrow => self.halver.halve(self.frame.samples(), other.samples_mut()),
                Width::Wide => self.doubler.double(self.frame.samples(), other.samples_mut()),
            }
            other
        })
    }

    /// What was heard is over.
    pub fn silence(&mut self) {
        *self = Self {
            frame: Frame::silence(self.frame.width),
            number: self.number,
            ..Self::default()
        };
    }
}

/// Narrow samples of one tick, 20 ms.
pub const FRAME: usize = 160;
/// Wide samples of one tick.
pub const FRAME_WIDE: usize = 2 * FRAME;
/// Narrow samples per second.
pub const RATE: u32 = 8000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn tone(frequency: f32, width: Width, tick: usize) -> Frame {
        let mut frame = Frame::silence(width);
        let (rate, from) = (width.rate() as f32, tick * width.frame());
        for (n, sample) in frame.samples_mut().iter_mut().enumerate() {
            *sample = (8000.0 * (TAU * frequency * (from + n) as f32 / rate).sin()) as i16;
        }
        frame
    }

    /// Both widths of a tone of so many ticks of which every `asked`th is asked for.
    fn other(width: Width, wanted: Width, asked: usize) -> Vec<Frame> {
        let mut heard = Heard::default();
        let mut other = Vec::new();
        for tick in 0..24 {
            heard.next(|frame| *frame = tone(1000.0, width, tick));
            assert_eq!(*heard.frame(), tone(1000.0, width, tick));
            if tick % asked == 0 {
                other.push(*heard.as_wide_as(wanted));
                assert_eq!(*heard.as_wide_as(wanted), other[other.len() - 1], "made once");
            }
        }
        other
    }

    #[test]
    fn each_width_is_there_whether_it_was_asked_for_before_or_not() {
        for (width, wanted) in [(Width::Narrow, Width::Wide), (Width::Wide, Width::Narrow)] {
            let (all, some) = (other(width, wanted, 1), other(width, wanted, 4));
            let every: Vec<Frame> = all.iter().step_by(4).copied().collect();
            assert_eq!(some, every);
            assert_eq!(some[3].width(), wanted);
            let level = wire_audio::rms_dbov(all[5].samples());
            let truth = wire_audio::rms_dbov(tone(1000.0, width, 5).samples());
            assert!((level - truth).abs() < 0.2, "{level} for {truth}");
            assert_eq!(other(width, width, 1)[7], tone(1000.0, width, 7));
        }
    }

    #[test]
    fn silence_leaves_nothing_behind() {
        let mut heard = Heard::default();
        heard.next(|frame| *frame = tone(1000.0, Width::Wide, 0));
        heard.silence();
        assert_eq!(*heard.as_wide_as(Width::Narrow), Frame::silence(Width::Narrow));
        assert_eq!((heard.frame().width(), heard.number()), (Width::Wide, 1));
    }
}
