//! Typed reads of a message's headers, each on demand.
//!
//! A header that is needed and absent is [`Fault::Missing`]; one that can't be read is
//! [`Fault::Malformed`]. Optional headers read as `None` when they are absent *or* malformed:
//! RFC 3261 8.2 has a UAS ignore a malformed header that it doesn't need.

use crate::address::NameAddr;
use crate::auth::{Challenge, Credentials};
use crate::date::{Date, parse_date};
use crate::fault::Fault;
use crate::message::Message;
use crate::name::HeaderName;
use crate::text::number;
use crate::values::{
    MediaType, RAck, Reason, Replaces, SessionExpires, TokenParams, Warning, call_id_text, expires,
    retry_after,
};
use crate::via::Via;

/// What the Contact headers of a message say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts<'a> {
    /// `Contact: *`, which asks a registrar to remove every binding.
    All,
    /// The addresses, none when the header is absent.
    List(Vec<NameAddr<'a>>),
}

impl Message {
    /// The topmost Via.
    pub fn via(&self) -> Result<Via<'_>, Fault> {
        let value = self.list(HeaderName::Via).next().ok_or(Fault::Missing(HeaderName::Via))?;
        Via::parse(value).ok_or(Fault::Malformed(HeaderName::Via))
    }

    /// All Via values, topmost first; those that can't be read are left out.
    pub fn vias(&self) -> impl Iterator<Item = Via<'_>> {
        self.list(HeaderName::Via).filter_map(Via::parse)
    }

    /// From.
    pub fn from(&self) -> Result<NameAddr<'_>, Fault> {
        self.address(HeaderName::From)
    }

    /// To.
    pub fn to(&self) -> Result<NameAddr<'_>, Fault> {
        self.address(HeaderName::To)
    }

    /// The From tag, `None` when there is none (RFC 2543 peers).
    #[must_use]
    pub fn from_tag(&self) -> Option<&str> {
        self.from().ok()?.tag()
    }

    /// The To tag.
    #[must_use]
    pub fn to_tag(&self) -> Option<&str> {
        self.to().ok()?.tag()
    }

    /// Call-ID; empty when missing or malformed, which [`crate::receive`] refuses.
    #[must_use]
    pub fn call_id(&self) -> &str {
        self.header(HeaderName::CallId).and_then(call_id_text).unwrap_or_default()
    }

    /// One mandatory address header.
    pub fn address(&self, name: HeaderName) -> Result<NameAddr<'_>, Fault> {
        let value = self.header(name).ok_or(Fault::Missing(name))?;
        NameAddr::parse(value).ok_or(Fault::Malformed(name))
    }

    /// All addresses of a list header such as Route, Record-Route, Path, P-Asserted-Identity.
    pub fn addresses(&self, name: HeaderName) -> Result<Vec<NameAddr<'_>>, Fault> {
        let parse = |value| NameAddr::parse(value).ok_or(Fault::Malformed(name));
        self.list(name).map(parse).collect()
    }

    /// Contact, `*` included.
    pub fn contacts(&self) -> Result<Contacts<'_>, Fault> {
        let malformed = Fault::Malformed(HeaderName::Contact);
        let mut list = Vec::new();
        let mut all = false;
        for line in self.header_lines(HeaderName::Contact) {
            for value in crate::text::List::new(line) {
                if value == b"*" {
                    all = true;
                } else {
                    list.push(NameAddr::parse(value).ok_or(malformed)?);
                }
            }
        }
        match (all, list.is_empty()) {
            (true, true) => Ok(Contacts::All),
            (true, false) => Err(malformed),
            (false, _) => Ok(Contacts::List(list)),
        }
    }

    /// The first Contact address.
    #[must_use]
    pub fn contact(&self) -> Option<NameAddr<'_>> {
        self.list(HeaderName::Contact).next().and_then(NameAddr::parse)
    }

    /// Route, topmost first.
    pub fn routes(&self) -> Result<Vec<NameAddr<'_>>, Fault> {
        self.addresses(HeaderName::Route)
    }

    /// Record-Route, topmost first.
    pub fn record_routes(&self) -> Result<Vec<NameAddr<'_>>, Fault> {
        self.addresses(HeaderName::RecordRoute)
    }

    /// P-Asserted-Identity (RFC 3325), one or two values.
    pub fn asserted_identities(&self) -> Result<Vec<NameAddr<'_>>, Fault> {
        self.addresses(HeaderName::PAssertedIdentity)
    }

    /// Refer-To (RFC 3515).
    pub fn refer_to(&self) -> Result<NameAddr<'_>, Fault> {
        self.address(HeaderName::ReferTo)
    }

    /// Referred-By (RFC 3892).
    #[must_use]
    pub fn referred_by(&self) -> Option<NameAddr<'_>> {
        self.address(HeaderName::ReferredBy).ok()
    }

    /// Max-Forwards. RFC 4475 3.1.2.4: a value beyond 255 counts as absent.
    #[must_use]
    pub fn max_forwards(&self) -> Option<u8> {
        self.count(HeaderName::MaxForwards).and_then(|hops| u8::try_from(hops).ok())
    }

    /// Content-Length; `Err` when it is no number.
    pub fn content_length(&self) -> Result<Option<usize>, Fault> {
        let Some(value) = self.header(HeaderName::ContentLength) else { return Ok(None) };
        let length = number(value).ok_or(Fault::Malformed(HeaderName::ContentLength))?;
        Ok(Some(usize::try_from(length).unwrap_or(usize::MAX)))
    }

    /// Content-Type.
    #[must_use]
    pub fn content_type(&self) -> Option<MediaType<'_>> {
        self.header(HeaderName::ContentType).and_then(MediaType::parse)
    }

    /// The Expires header in seconds.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        self.header(HeaderName::Expires).and_then(expires)
    }

    /// Min-Expires in seconds.
    #[must_use]
    pub fn min_expires(&self) -> Option<u32> {
        self.header(HeaderName::MinExpires).and_then(expires)
    }

    /// How long a binding of this REGISTER (or its 200) lasts: the Contact's own `expires`,
    /// then the header, then the default (RFC 3261 10.2.1.1).
    #[must_use]
    pub fn contact_expires(&self, contact: &NameAddr<'_>) -> u32 {
        let said = contact.expires().or_else(|| self.expires());
        said.unwrap_or(crate::values::EXPIRES_DEFAULT_S)
    }

    /// Retry-After in seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        self.header(HeaderName::RetryAfter).and_then(retry_after)
    }

    /// RSeq (RFC 3262).
    #[must_use]
    pub fn rseq(&self) -> Option<u32> {
        self.count(HeaderName::RSeq).and_then(|rseq| u32::try_from(rseq).ok())
    }

    /// RAck (RFC 3262).
    #[must_use]
    pub fn rack(&self) -> Option<RAck> {
        self.header(HeaderName::RAck).and_then(RAck::parse)
    }

    /// Session-Expires (RFC 4028).
    #[must_use]
    pub fn session_expires(&self) -> Option<SessionExpires> {
        self.header(HeaderName::SessionExpires).and_then(SessionExpires::parse)
    }

    /// Min-SE in seconds (RFC 4028).
    #[must_use]
    pub fn min_se(&self) -> Option<u32> {
        let value = self.header(HeaderName::MinSe)?;
        SessionExpires::parse(value).map(|min_se| min_se.seconds)
    }

    /// Event (RFC 6665): the package with its parameters.
    #[must_use]
    pub fn event(&self) -> Option<TokenParams<'_>> {
        self.header(HeaderName::Event).and_then(TokenParams::parse)
    }

    /// Subscription-State (RFC 6665).
    #[must_use]
    pub fn subscription_state(&self) -> Option<TokenParams<'_>> {
        self.header(HeaderName::SubscriptionState).and_then(TokenParams::parse)
    }

    /// Replaces (RFC 3891).
    pub fn replaces(&self) -> Result<Option<Replaces<'_>>, Fault> {
        let Some(value) = self.header(HeaderName::Replaces) else { return Ok(None) };
        let malformed = Fault::Malformed(HeaderName::Replaces);
        Replaces::parse(value).map(Some).ok_or(malformed)
    }

    /// The Reason values (RFC 3326).
    pub fn reasons(&self) -> impl Iterator<Item = Reason<'_>> {
        self.list(HeaderName::Reason).filter_map(Reason::parse)
    }

    /// The Warning values.
    pub fn warnings(&self) -> impl Iterator<Item = Warning<'_>> {
        self.list(HeaderName::Warning).filter_map(Warning::parse)
    }

    /// Date, which is always in GMT.
    #[must_use]
    pub fn date(&self) -> Option<Date> {
        self.header(HeaderName::Date).and_then(parse_date)
    }

    /// The digest credentials of all Authorization or Proxy-Authorization headers; other
    /// schemes are left out.
    pub fn credentials(&self, name: HeaderName) -> impl Iterator<Item = Credentials<'_>> {
        self.header_lines(name).filter_map(Credentials::parse)
    }

    /// The digest challenges of all WWW-Authenticate or Proxy-Authenticate headers.
    pub fn challenges(&self, name: HeaderName) -> impl Iterator<Item = Challenge<'_>> {
        self.header_lines(name).filter_map(Challenge::parse)
    }

    /// The required extensions that are not among `known`, as written.
    pub fn unsupported(&self, known: &[&str]) -> Vec<&str> {
        self.list(HeaderName::Require)
            .filter_map(|tag| std::str::from_utf8(tag).ok())
            .filter(|tag| !known.iter().any(|known| known.eq_ignore_ascii_case(tag)))
            .collect()
    }

    fn count(&self, name: HeaderName) -> Option<u64> {
        self.header(name).and_then(number)
    }
}
