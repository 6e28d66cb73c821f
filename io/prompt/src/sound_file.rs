//! Sound files of the site: WAV, Ogg Vorbis or Ogg Opus, made into what legs are played: mono of
//! 8 kHz.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    path::{Path, PathBuf},
};

use opus::{Channels, Decoder};
use symphonia::core::{
    codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known},
    errors::Error,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::{MediaSource, MediaSourceStream},
    meta::MetadataOptions,
};
use wire_audio::{Wav, resample, resample::RATE_MAX, resample::RATE_MIN};

/// A file that can't be played.
#[derive(Debug, thiserror::Error)]
pub enum SoundFileError {
    /// It can't be read.
    #[error(
        "the sound file {} can't be read ({source}); name a WAV or Ogg file that is there",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no sound that we know, or not a usable one.
    #[error(
        "the sound file {} can't be used: {reason}. Convert it, for example with `ffmpeg -i FILE \
         -t {} -ac 1 -ar 8000 sound.wav`, and name the result",
        path.display(),
        MINUTES_MAX * 60
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads a file into mono of 8 kHz.
///
/// # Errors
/// With the path and what to do.
pub fn read(path: &Path) -> Result<Vec<i16>, SoundFileError> {
    let unreadable = |source| SoundFileError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    decode(file).map_err(|reason| SoundFileError::Unusable { path: path.to_owned(), reason })
}

/// The same of what a file would hold.
///
/// # Errors
/// What is wrong with it.
pub fn read_bytes(bytes: &[u8]) -> Result<Vec<i16>, String> {
    decode_from(Box::new(Cursor::new(bytes.to_vec())), || Ok(bytes))
}

fn decode(mut file: File) -> Result<Vec<i16>, String> {
    decode_from(Box::new(again(&mut file)?), || again(&mut file))
}

/// From a source, and from its beginning once more if need be.
fn decode_from<R: Read>(
    source: Box<dyn MediaSource>,
    again: impl FnOnce() -> Result<R, String>,
) -> Result<Vec<i16>, String> {
    let stream = MediaSourceStream::new(source, Default::default());
    let format = symphonia::default::get_probe().probe(
        &Hint::new(),
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    );
    let (sound, rate) = match format {
        Ok(format) => packets(format)?,
        Err(_) => plain_wav(again()?)?,
    };
    if sound.len() / rate as usize > MINUTES_MAX * 60 {
        return Err(too_long());
    }
    let made = resample(&sound, rate, RATE);
    if made.is_empty() {
        return Err(NO_SOUND.into());
    }
    Ok(level(&made))
}

/// The file from its beginning.
fn again(file: &mut File) -> Result<File, String> {
    file.rewind().and_then(|()| file.try_clone()).map_err(|error| error.to_string())
}

/// G.711 with the short header that telephony programs write.
fn plain_wav(file: impl Read) -> Result<(Vec<f32>, u32), String> {
    let mut bytes = Vec::new();
    let read = file.take(SAMPLES_MAX as u64).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    let wav = Wav::read(&bytes).map_err(|_| "it is neither WAV nor Ogg")?;
    let sound = wav.samples.iter().map(|sample| f32::from(*sample) / FULL_SCALE).collect();
    Ok((sound, usable(wav.rate)?))
}

fn packets(mut format: Box<dyn FormatReader + '_>) -> Result<(Vec<f32>, u32), String> {
    let track = format.default_track(TrackType::Audio).ok_or(NO_SOUND)?;
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let mut voice = Voice::new(parameters.ok_or(NO_SOUND)?)?;
    let track = track.id;
    let (mut sound, mut rate) = (Vec::new(), None);
    while let Some(packet) = next_packet(&mut *format)? {
        if packet.track_id != track {
            continue;
        }
        let Some(now) = voice.decode(&packet, &mut sound)? else { continue };
        if *rate.get_or_insert(usable(now)?) != now {
            return Err("its sample rate changes on the way".into());
        }
        if sound.len() > SAMPLES_MAX {
            return Err(too_long());
        }
    }
    Ok((sound, rate.ok_or(NO_SOUND)?))
}

fn usable(rate: u32) -> Result<u32, String> {
    let is_usable = (RATE_MIN..=RATE_MAX).contains(&rate);
    is_usable.then_some(rate).ok_or(format!("{rate} samples a second are too few or too many"))
}

fn too_long() -> String {
    format!("it is longer than {MINUTES_MAX} minutes")
}

fn next_packet(
    format: &mut dyn FormatReader,
) -> Result<Option<symphonia::core::packet::Packet>, String> {
    match format.next_packet() {
        Ok(packet) => Ok(packet),
        // A file that ends in the middle of a packet, or another stream behind the first.
        Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(Error::ResetRequired) => Ok(None),
        Err(error) => Err(format!("it is damaged ({error})")),
    }
}

/// What turns packets into mono samples from -1 to 1.
enum Voice {
    /// Decodes to 8 kHz mono by itself.
    Opus {
        decoder: Box<Decoder>,
        skip: usize,
    },
    Other {
        decoder: Box<dyn AudioDecoder>,
        interleaved: Vec<f32>,
    },
}

impl Voice {
    fn new(parameters: &AudioCodecParameters) -> Result<Self, String> {
        if parameters.codec == well_known::CODEC_ID_OPUS {
            let decoder = Decoder::new(RATE, Channels::Mono).map_err(|e| e.to_string())?;
            // RFC 7845 5.1: samples of 48 kHz to leave out at the beginning.
            let head = parameters.extra_data.as_deref().unwrap_or_default();
            let skip = head.get(10..).and_then(|rest| rest.first_chunk());
            let skip = skip.map_or(0, |skip| usize::from(u16::from_le_bytes(*skip)) / 6);
            return Ok(Self::Opus { decoder: Box::new(decoder), skip });
        }
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|_| "its encoding is not known; PCM, G.711, Vorbis and Opus are")?;
        Ok(Self::Other { decoder, interleaved: Vec::new() })
    }

    /// Adds a packet's samples and returns their rate; nothing for a packet that is damaged.
    fn decode(
        &mut self,
        packet: &symphonia::core::packet::Packet,
        sound: &mut Vec<f32>,
    ) -> Result<Option<u32>, String> {
        match self {
            Self::Opus { decoder, skip } => {
                let mut samples = [0.0; OPUS_SAMPLES_MAX];
                let Ok(len) = decoder.decode_float(&packet.data, &mut samples, false) else {
                    return Ok(None);
                };
                let heard = samples.get((*skip).min(len)..len).unwrap_or_default();
                *skip = skip.saturating_sub(len);
                sound.extend(heard);
                Ok(Some(RATE))
            }
            Self::Other { decoder, interleaved } => {
                let decoded = match decoder.decode(packet) {
                    Ok(decoded) => decoded,
                    Err(Error::DecodeError(_)) => return Ok(None),
                    Err(error) => return Err(format!("it is damaged ({error})")),
                };
                let channels = decoded.spec().channels().count().max(1);
                decoded.copy_to_vec_interleaved(interleaved);
                let mono = |frame: &[f32]| frame.iter().sum::<f32>() / channels as f32;
                sound.extend(interleaved.chunks_exact(channels).map(mono));
                Ok(Some(decoded.spec().rate()))
            }
        }
    }
}

/// As samples; quieter as a whole where it would be cut off.
fn level(sound: &[f32]) -> Vec<i16> {
    let peak = sound.iter().filter(|s| s.is_finite()).fold(0.0_f32, |peak, s| peak.max(s.abs()));
    let gain = if peak > PEAK_MAX { PEAK_MAX / peak } else { 1.0 };
    // `as` saturates, and makes silence of what is no number.
    sound.iter().map(|sample| (sample * gain * FULL_SCALE).round() as i16).collect()
}

const FULL_SCALE: f32 = 32_768.0;
/// The longest sound; every minute takes a megabyte.
const MINUTES_MAX: usize = 30;
const NO_SOUND: &str = "there is no sound in it";
/// RFC 6716 2.1.4: a packet holds 120 ms at most.
const OPUS_SAMPLES_MAX: usize = 960;
/// Full scale but for half a decibel.
const PEAK_MAX: f32 = 0.944;
const RATE: u32 = 8000;
/// Samples that are kept while a file is read, and bytes: 30 minutes of 96 kHz.
const SAMPLES_MAX: usize = MINUTES_MAX * 60 * 96_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
    use std::fs;

    use wire_audio::{WavFormat, peak};

    use super::*;

    fn file(name: &str, bytes: &[u8]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("cordboard-music-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn asset(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name)
    }

    fn tone(frequency: f32, rate: u32, samples: u32) -> Vec<i16> {
        let turn = std::f32::consts::TAU * frequency / rate as f32;
        (0..samples).map(|n| (12_000.0 * (n as f32 * turn).sin()) as i16).collect()
    }

    /// The part of a sound's power that lies at a frequency, 0 to 1.
    fn purity(sound: &[i16], frequency: f64) -> f64 {
        let (mut re, mut im, mut power) = (0.0, 0.0, 0.0);
        for (n, sample) in sound.iter().enumerate() {
            let phase = std::f64::consts::TAU * frequency * n as f64 / 8000.0;
            let sample = f64::from(*sample);
            re += sample * phase.cos();
            im += sample * phase.sin();
            power += sample * sample;
        }
        2.0 * (re * re + im * im) / (power * sound.len() as f64)
    }

    #[test]
    fn wav_of_any_rate_and_width_becomes_the_same_tone_at_8_khz() {
        for rate in [8000, 11_025, 16_000, 22_050, 44_100, 48_000] {
            for format in [WavFormat::Pcm16, WavFormat::Pcm8, WavFormat::MuLaw] {
                let wav = Wav { rate, samples: tone(1000.0, rate, 2 * rate) };
                let path = file(&format!("{rate}-{format:?}.wav"), &wav.write(format));
                let music = read(&path).unwrap();
                assert!(music.len().abs_diff(16_000) < 2, "{rate} {format:?}: {}", music.len());
                let pure = purity(&music[400..15_600], 1000.0);
                assert!(pure > 0.99, "{rate} {format:?}: {pure}");
                assert!((11_000..13_000).contains(&peak(&music[400..15_600])));
            }
        }
    }

    #[test]
    fn what_lies_above_4_khz_does_not_come_back_as_another_tone() {
        let wav = Wav { rate: 44_100, samples: tone(7000.0, 44_100, 44_100) };
        let path = file("high.wav", &wav.write(WavFormat::Pcm16));
        assert!(peak(&read(&path).unwrap()[400..7600]) < 10);
    }

    #[test]
    fn both_channels_of_ogg_vorbis_and_ogg_opus_are_heard() {
        // A second of 1000 Hz on the left and 600 Hz on the right.
        for name in ["stereo-vorbis.ogg", "stereo-opus.ogg"] {
            let music = read(&asset(name)).unwrap();
            assert!(music.len().abs_diff(8000) < 400, "{name}: {}", music.len());
            let middle = &music[1600..6400];
            let (left, right) = (purity(middle, 1000.0), purity(middle, 600.0));
            assert!((0.4..0.6).contains(&left) && left + right > 0.97, "{name}: {left} {right}");
        }
    }

    #[test]
    fn what_would_be_cut_off_is_made_quieter_as_a_whole() {
        // A square wave swings over where its upper harmonics are cut off.
        let samples = (0..48_000).map(|n| if n / 60 % 2 == 0 { 32_767 } else { -32_768 });
        let wav = Wav { rate: 48_000, samples: samples.collect() };
        let music = read(&file("square.wav", &wav.write(WavFormat::Pcm16))).unwrap();
        assert!((30_000..32_000).contains(&peak(&music)), "{}", peak(&music));
    }

    #[test]
    fn a_file_that_is_no_music_is_refused_with_its_path_and_a_way_out() {
        let whole = fs::read(asset("stereo-vorbis.ogg")).unwrap();
        let long = Wav { rate: 1000, samples: vec![0; 1000 * 60 * 31] };
        let cases = [
            ("text.wav", b"this is no music".to_vec(), "neither WAV nor Ogg"),
            ("empty.ogg", Vec::new(), "neither WAV nor Ogg"),
            ("head.ogg", whole[..60].to_vec(), "can't be used"),
            (
                "silent.wav",
                Wav { rate: 8000, samples: Vec::new() }.write(WavFormat::Pcm16),
                "no sound",
            ),
            ("long.wav", long.write(WavFormat::Pcm8), "longer than 30 minutes"),
        ];
        for (name, bytes, why) in cases {
            let path = file(name, &bytes);
            let text = read(&path).unwrap_err().to_string();
            assert!(text.contains(why) && text.contains(name) && text.contains("ffmpeg"), "{text}");
        }
        let error = read(Path::new("/nowhere/music.wav")).unwrap_err();
        assert!(matches!(error, SoundFileError::Unreadable { .. }));
        assert!(error.to_string().contains("/nowhere/music.wav"), "{error}");
    }
}
