//! RequestApplyTreatment's parameters, as URS gives them.

use std::{sync::Arc, time::Duration};

use model::{
    KvList, KvValue, TError,
    error::Refusal,
    prompt::{KEYS_MAX, KeyEntry, Piece, Prompt},
    request::Treatment,
};
use proto::tserver::v1 as pb;

use super::invalid;

/// A treatment by T-Library's number and AttributeTreatmentParms.
pub(super) fn treatment(number: i32, parms: &KvList) -> Result<Treatment, Refusal> {
    use pb::TreatmentType as T;
    let prompt = || prompt(parms).map(Arc::new);
    match T::try_from(number) {
        Ok(T::Music) => Ok(Treatment::Music),
        Ok(T::RingBack) => Ok(Treatment::RingBack),
        Ok(T::Silence) => Ok(Treatment::Silence),
        Ok(T::PlayAnnouncement | T::TextToSpeech | T::Ran) => {
            Ok(Treatment::Announcement(prompt()?))
        }
        Ok(T::CollectDigits | T::PlayAnnouncementAndDigits | T::TextToSpeechAndDigits) => {
            Ok(Treatment::CollectDigits(prompt()?, key_entry(parms)?))
        }
        Ok(T::RecordUserAnnouncement) => Ok(Treatment::RecordMessage {
            prompt: prompt()?,
            limit_s: number_of(parms, "MAX_TIME", MESSAGE_S)?,
            mailbox: parms.text("MAILBOX").unwrap_or_default().to_owned(),
        }),
        Ok(other) => Err(Refusal::new(
            TError::UnsupportedOperation,
            format!("{} is no treatment of Cordboard.", other.as_str_name()),
        )),
        Err(_) => Err(invalid("treatment_type is no treatment of T-Library")),
    }
}

fn prompt(parms: &KvList) -> Result<Prompt, Refusal> {
    let mut pieces = Vec::new();
    if let Some(text) = parms.text("TEXT") {
        pieces.push(Piece::Text(text.to_owned()));
    }
    match parms.value("PROMPT") {
        Some(KvValue::List(list)) => {
            for (name, value) in list.clone() {
                let KvValue::List(piece) = value else {
                    return Err(invalid(&format!("PROMPT/{name} in treatment_parms is no list")));
                };
                pieces.push(one_piece(&name, &piece)?);
            }
        }
        Some(_) => return Err(invalid("PROMPT in treatment_parms is no list")),
        None => {}
    }
    Ok(Prompt { language: parms.text("LANGUAGE").unwrap_or_default().to_owned(), pieces })
}

fn one_piece(name: &str, piece: &KvList) -> Result<Piece, Refusal> {
    if let Some(text) = piece.text("TEXT") {
        return Ok(Piece::Text(text.to_owned()));
    }
    if let Some(media) = piece.text("ID") {
        return Ok(Piece::Media(media.into()));
    }
    if piece.value("PAUSE").is_some() {
        let ms = number_of(piece, "PAUSE", 0)?;
        return Ok(Piece::Pause(Duration::from_millis(u64::from(ms))));
    }
    if piece.value("BEEP").is_some() {
        return Ok(Piece::Beep);
    }
    Err(invalid(&format!("PROMPT/{name} in treatment_parms has none of TEXT, ID, PAUSE and BEEP")))
}

fn key_entry(parms: &KvList) -> Result<KeyEntry, Refusal> {
    let usual = KeyEntry::default();
    let keys_max = number_of(parms, "MAX_DIGITS", u32::from(usual.keys_max))?;
    let keys_max = u8::try_from(keys_max).ok().filter(|keys| (1..=KEYS_MAX).contains(keys));
    Ok(KeyEntry {
        keys_max: keys_max.ok_or_else(|| {
            invalid(&format!("MAX_DIGITS in treatment_parms is no number of 1 to {KEYS_MAX}"))
        })?,
        first_s: number_of(parms, "START_TIMEOUT", usual.first_s)?,
        next_s: number_of(parms, "DIGIT_TIMEOUT", usual.next_s)?,
        ends_with: parms.text("TERM_DIGITS").map_or(usual.ends_with, str::to_owned),
        barge_in: number_of(parms, "INTERRUPTABLE", 1)? != 0,
    })
}

/// As a number or as its digits.
fn number_of(list: &KvList, key: &str, usual: u32) -> Result<u32, Refusal> {
    let number = match list.value(key) {
        None => Some(usual),
        Some(KvValue::Int(number)) => u32::try_from(*number).ok(),
        Some(KvValue::Str(text)) => text.trim().parse().ok(),
        Some(KvValue::List(_)) => None,
    };
    number.ok_or_else(|| invalid(&format!("{key} in treatment_parms is no whole number")))
}

/// The usual limit of a message.
const MESSAGE_S: u32 = 180;
