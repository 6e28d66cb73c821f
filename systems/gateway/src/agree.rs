//! Offers and answers of both kinds of leg, applied: what the SDP settles goes to line, ear and
//! mouth, and our own SDP comes back.

use std::net::{IpAddr, SocketAddr};

use model::Now;
use model::random::Random;
use wire_sdp::{
    Agreement, BrowserAudio, Direction, Fault, Media, Origin, PlainAudio, SessionDescription,
};

use crate::browser::{BrowserLine, BrowserShared};
use crate::leg::{Leg, Line};
use crate::outbox::Outbox;
use crate::plain::PlainLine;
use crate::settings::ShardSettings;

/// What offers and answers need besides the leg.
pub struct Desk<'a> {
    /// The shard's settings.
    pub settings: &'a ShardSettings,
    /// What all browsers' lines share.
    pub shared: &'a BrowserShared,
    /// For credentials and stream numbers.
    pub random: &'a mut Random,
    /// For answers to early checks.
    pub outbox: &'a mut Outbox,
}

impl Leg {
    /// Our offer.
    ///
    /// # Errors
    /// Never in practice; see [`crate::describe::Dialog::offer`].
    pub fn make_offer(&mut self, desk: &Desk<'_>) -> Result<Vec<u8>, Fault> {
        let (ssrc, cname) = (self.mouth.ssrc(), self.cname.clone());
        let settings = desk.settings;
        match &self.line {
            Line::Browser(line) => self.dialog.offer(|origin, preferences| {
                browser_audio(line, desk, origin, ssrc, &cname).offer(preferences, MID)
            }),
            Line::Plain(line) => self.dialog.offer(|origin, preferences| {
                let address = settings.plain_address_for(line.rtp_to().map(|to| to.ip()));
                plain_audio(origin, address, line).offer(preferences)
            }),
        }
    }

    /// The far end's answer to our offer.
    ///
    /// # Errors
    /// When it can't be used; the leg stays as it was.
    pub fn take_answer(&mut self, now: Now, sdp: &[u8], desk: &mut Desk<'_>) -> Result<(), Fault> {
        let answer = SessionDescription::parse(sdp)?;
        let (terms, index) = self.dialog.answered(&answer)?;
        let media = answer.media.get(index).ok_or(Fault::AnswerMismatch)?;
        self.describe(now, media, true, desk)?;
        self.settle(now, terms, desk.random.draw_u32());
        Ok(())
    }

    /// The far end's offer, first or later; our answer comes back.
    ///
    /// # Errors
    /// When it can't be used; the leg stays as it was.
    pub fn take_offer(
        &mut self,
        now: Now,
        sdp: &[u8],
        desk: &mut Desk<'_>,
    ) -> Result<Vec<u8>, Fault> {
        let offer = SessionDescription::parse(sdp)?;
        let (terms, agreement) = self.dialog.offered(&offer)?;
        let media = offer.media.get(agreement.media_index).ok_or(Fault::NoAudio)?;
        self.describe(now, media, false, desk)?;
        let answer = self.write_answer(&offer, &agreement, media, desk)?;
        self.settle(now, terms, desk.random.draw_u32());
        Ok(answer)
    }

    fn write_answer(
        &mut self,
        offer: &SessionDescription,
        agreement: &Agreement,
        media: &Media,
        desk: &Desk<'_>,
    ) -> Result<Vec<u8>, Fault> {
        let (ssrc, cname) = (self.mouth.ssrc(), self.cname.clone());
        match &self.line {
            Line::Browser(line) => self.dialog.answer(|origin, preferences| {
                let audio = browser_audio(line, desk, origin, ssrc, &cname);
                audio.answer(offer, agreement, preferences)
            }),
            Line::Plain(line) => {
                let address = desk.settings.plain_address_for(media.address);
                self.dialog.answer(|origin, preferences| {
                    let audio = plain_audio(origin, address, line);
                    audio.answer(offer, agreement, preferences)
                })
            }
        }
    }

    /// Tells the line what the far end says about itself.
    fn describe(
        &mut self,
        now: Now,
        media: &Media,
        is_answer: bool,
        desk: &mut Desk<'_>,
    ) -> Result<(), Fault> {
        match &mut self.line {
            Line::Browser(line) => {
                let theirs = media.require_browser()?;
                let setup = media.setup;
                line.describe(now, theirs, setup, is_answer, desk.shared, desk.random);
                line.answer_early_checks(now, desk.outbox);
            }
            Line::Plain(line) => {
                let rtp = media.require_plain()?;
                if is_answer && line.crypto().is_some() && media.sdes().is_none() {
                    // Who was offered protection does not get to talk without it.
                    return Err(Fault::AnswerMismatch);
                }
                line.secure(media, desk.random);
                line.describe(rtp, media.rtcp_address());
            }
        }
        Ok(())
    }
}

/// Whether an offer for a plain leg can be used, before a port is taken for it.
///
/// # Errors
/// Why it can't.
pub fn check_plain_offer(leg: &Leg, sdp: &[u8]) -> Result<(), Fault> {
    let offer = SessionDescription::parse(sdp)?;
    let (_, agreement) = leg.dialog.offered(&offer)?;
    let media = offer.media.get(agreement.media_index).ok_or(Fault::NoAudio)?;
    media.require_plain()?;
    Ok(())
}

fn browser_audio(
    line: &BrowserLine,
    desk: &Desk<'_>,
    origin: Origin,
    ssrc: u32,
    cname: &str,
) -> BrowserAudio {
    BrowserAudio {
        origin,
        addresses: desk.settings.browser_addresses.clone(),
        ice: line.ice(),
        fingerprint: desk.shared.fingerprint(),
        setup: line.setup(),
        ssrc,
        cname: cname.to_owned(),
        direction: Direction::SendRecv,
    }
}

fn plain_audio(origin: Origin, address: IpAddr, line: &PlainLine) -> PlainAudio {
    PlainAudio {
        origin,
        address: SocketAddr::new(address, line.port),
        direction: Direction::SendRecv,
        ptime_ms: PTIME_MS,
        crypto: line.crypto(),
    }
}

/// The one section of our offers.
const MID: &str = "0";
const PTIME_MS: u32 = 20;
