//! Makes whole files of what a crash or a full disk left: everything behind the last whole page or
//! frame is cut off and the end is marked.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use crate::{
    sound::{CHANNELS, FRAMES_PER_MS, Kept},
    wav_file::{HEAD_BYTES, head},
};

/// Cuts an Ogg Opus file behind its last whole page and marks that page as the last one.
pub(crate) fn mend_ogg(path: &Path) -> io::Result<Option<Kept>> {
    let mut bytes = fs::read(path)?;
    let mut pages = Vec::new();
    let mut at = 0;
    while let Some(page) = bytes.get(at..).and_then(Page::read) {
        pages.push((at, page));
        at += page.len;
    }
    // Two header pages; without a third there is no sound.
    let (Some((first, _)), Some((last_at, last)), true) =
        (pages.first().copied(), pages.last().copied(), pages.len() > HEADER_PAGES)
    else {
        return Ok(None);
    };
    let pre_skip = bytes.get(first + PRE_SKIP_AT..first + PRE_SKIP_AT + 2);
    let pre_skip =
        pre_skip.map_or(0, |two| two.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b)));
    let Some(page) = bytes.get_mut(last_at..at) else { return Ok(None) };
    mark_as_last(page);
    let mut file = File::options().write(true).open(path)?;
    let length = u64::try_from(at).unwrap_or(u64::MAX);
    file.set_len(length)?;
    file.seek(SeekFrom::Start(u64::try_from(last_at).unwrap_or(u64::MAX)))?;
    // As long as what is there, so that a full disk takes it.
    file.write_all(page)?;
    file.sync_all()?;
    let duration_ms = last.granule.saturating_sub(pre_skip) / GRANULES_PER_MS;
    Ok(Some(Kept { duration_ms, bytes: length }))
}

/// Cuts a WAV file behind its last whole frame and writes the sizes that are left.
pub(crate) fn mend_wav(path: &Path) -> io::Result<Option<Kept>> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let mut found = [0; HEAD_BYTES];
    let has_head = file.read_exact(&mut found).is_ok() && found.starts_with(b"RIFF");
    let head_bytes = u64::try_from(HEAD_BYTES).unwrap_or(0);
    let frame_bytes = u64::try_from(CHANNELS * 2).unwrap_or(4);
    let frames = file.metadata()?.len().saturating_sub(head_bytes) / frame_bytes;
    if !has_head || frames == 0 {
        return Ok(None);
    }
    let data_bytes = frames * frame_bytes;
    file.set_len(head_bytes + data_bytes)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&head(data_bytes))?;
    file.sync_all()?;
    Ok(Some(Kept { duration_ms: frames / FRAMES_PER_MS, bytes: head_bytes + data_bytes }))
}

/// What has to be known of an Ogg page (RFC 3533 6).
#[derive(Clone, Copy)]
struct Page {
    len: usize,
    granule: u64,
}

impl Page {
    /// The page at the start of these bytes, when it is whole and its checksum fits.
    fn read(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..HEADER_LEN).filter(|header| header.starts_with(b"OggS"))?;
        let segments = usize::from(*header.last()?);
        let lacing = bytes.get(HEADER_LEN..HEADER_LEN + segments)?;
        let body: usize = lacing.iter().map(|length| usize::from(*length)).sum();
        let len = HEADER_LEN + segments + body;
        let page = bytes.get(..len)?;
        let granule = u64::from_le_bytes(page.get(6..14)?.try_into().ok()?);
        let said = u32::from_le_bytes(page.get(CRC_AT..CRC_AT + 4)?.try_into().ok()?);
        (said == checksum(page)).then_some(Self { len, granule })
    }
}

fn mark_as_last(page: &mut [u8]) {
    if let Some(flags) = page.get_mut(5) {
        *flags |= LAST_PAGE;
    }
    let sum = checksum(page);
    if let Some(place) = page.get_mut(CRC_AT..CRC_AT + 4) {
        place.copy_from_slice(&sum.to_le_bytes());
    }
}

/// RFC 3533 6: CRC-32 with polynomial 0x04c11db7, unreflected, the field itself counted as zero.
fn checksum(page: &[u8]) -> u32 {
    page.iter().enumerate().fold(0, |sum, (at, byte)| {
        let byte = if (CRC_AT..CRC_AT + 4).contains(&at) { 0 } else { *byte };
        let index = usize::try_from(sum >> 24).unwrap_or(0) ^ usize::from(byte);
        (sum << 8) ^ CRC_TABLE.get(index).copied().unwrap_or(0)
    })
}

#[allow(clippy::indexing_slicing, reason = "known while compiling")]
const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut sum = (index as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 };
            bit += 1;
        }
        table[index] = sum;
        index += 1;
    }
    table
};

const HEADER_LEN: usize = 27;
const CRC_AT: usize = 22;
const LAST_PAGE: u8 = 4;
const HEADER_PAGES: usize = 2;
/// In the first page: its header with one segment, then 10 bytes of OpusHead.
const PRE_SKIP_AT: usize = HEADER_LEN + 1 + 10;
const GRANULES_PER_MS: u64 = 48;
