//! Header names: the ones we read have a name here, with their compact forms.

use std::fmt;

/// A header that this crate knows by name. Everything else is [`HeaderName::Other`], found and
/// kept by its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the headers")]
pub enum HeaderName {
    Accept,
    AcceptEncoding,
    AcceptLanguage,
    AlertInfo,
    Allow,
    AllowEvents,
    AuthenticationInfo,
    Authorization,
    CallId,
    CallInfo,
    Contact,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    ContentLength,
    ContentType,
    CSeq,
    Date,
    Diversion,
    ErrorInfo,
    Event,
    Expires,
    From,
    HistoryInfo,
    InReplyTo,
    InfoPackage,
    Join,
    MaxForwards,
    MimeVersion,
    MinExpires,
    MinSe,
    Organization,
    PAssertedIdentity,
    PPreferredIdentity,
    Path,
    Priority,
    Privacy,
    ProxyAuthenticate,
    ProxyAuthorization,
    ProxyRequire,
    RAck,
    Reason,
    RecordRoute,
    RecvInfo,
    ReferSub,
    ReferTo,
    ReferredBy,
    RemotePartyId,
    Replaces,
    ReplyTo,
    Require,
    RetryAfter,
    Route,
    RSeq,
    Server,
    ServiceRoute,
    SessionExpires,
    SipEtag,
    SipIfMatch,
    Subject,
    SubscriptionState,
    Supported,
    Timestamp,
    To,
    Unsupported,
    UserAgent,
    UserToUser,
    Via,
    Warning,
    WwwAuthenticate,
    /// A header without a name of its own here.
    Other,
}

impl HeaderName {
    /// The header of a name as written, long or compact, in any case.
    #[must_use]
    pub fn lookup(name: &[u8]) -> Self {
        if let [letter] = name {
            return Self::compact(letter.to_ascii_lowercase());
        }
        candidates(name.len())
            .iter()
            .copied()
            .find(|known| {
                let known = known.as_str().as_bytes();
                let is_near = known.first().map(u8::to_ascii_lowercase)
                    == name.first().map(u8::to_ascii_lowercase);
                is_near && known.eq_ignore_ascii_case(name)
            })
            .unwrap_or(Self::Other)
    }

    /// The name as it is written out; empty for [`HeaderName::Other`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::AcceptEncoding => "Accept-Encoding",
            Self::AcceptLanguage => "Accept-Language",
            Self::AlertInfo => "Alert-Info",
            Self::Allow => "Allow",
            Self::AllowEvents => "Allow-Events",
            Self::AuthenticationInfo => "Authentication-Info",
            Self::Authorization => "Authorization",
            Self::CallId => "Call-ID",
            Self::CallInfo => "Call-Info",
            Self::Contact => "Contact",
            Self::ContentDisposition => "Content-Disposition",
            Self::ContentEncoding => "Content-Encoding",
            Self::ContentLanguage => "Content-Language",
            Self::ContentLength => "Content-Length",
            Self::ContentType => "Content-Type",
            Self::CSeq => "CSeq",
            Self::Date => "Date",
            Self::Diversion => "Diversion",
            Self::ErrorInfo => "Error-Info",
            Self::Event => "Event",
            Self::Expires => "Expires",
            Self::From => "From",
            Self::HistoryInfo => "History-Info",
            Self::InReplyTo => "In-Reply-To",
            Self::InfoPackage => "Info-Package",
            Self::Join => "Join",
            Self::MaxForwards => "Max-Forwards",
            Self::MimeVersion => "MIME-Version",
            Self::MinExpires => "Min-Expires",
            Self::MinSe => "Min-SE",
            Self::Organization => "Organization",
            Self::PAssertedIdentity => "P-Asserted-Identity",
            Self::PPreferredIdentity => "P-Preferred-Identity",
            Self::Path => "Path",
            Self::Priority => "Priority",
            Self::Privacy => "Privacy",
            Self::ProxyAuthenticate => "Proxy-Authenticate",
            Self::ProxyAuthorization => "Proxy-Authorization",
            Self::ProxyRequire => "Proxy-Require",
            Self::RAck => "RAck",
            Self::Reason => "Reason",
            Self::RecordRoute => "Record-Route",
            Self::RecvInfo => "Recv-Info",
            Self::ReferSub => "Refer-Sub",
            Self::ReferTo => "Refer-To",
            Self::ReferredBy => "Referred-By",
            Self::RemotePartyId => "Remote-Party-ID",
            Self::Replaces => "Replaces",
            Self::ReplyTo => "Reply-To",
            Self::Require => "Require",
            Self::RetryAfter => "Retry-After",
            Self::Route => "Route",
            Self::RSeq => "RSeq",
            Self::Server => "Server",
            Self::ServiceRoute => "Service-Route",
            Self::SessionExpires => "Session-Expires",
            Self::SipEtag => "SIP-ETag",
            Self::SipIfMatch => "SIP-If-Match",
            Self::Subject => "Subject",
            Self::SubscriptionState => "Subscription-State",
            Self::Supported => "Supported",
            Self::Timestamp => "Timestamp",
            Self::To => "To",
            Self::Unsupported => "Unsupported",
            Self::UserAgent => "User-Agent",
            Self::UserToUser => "User-to-User",
            Self::Via => "Via",
            Self::Warning => "Warning",
            Self::WwwAuthenticate => "WWW-Authenticate",
            Self::Other => "",
        }
    }

    const fn compact(letter: u8) -> Self {
        match letter {
            b'b' => Self::ReferredBy,
            b'c' => Self::ContentType,
            b'e' => Self::ContentEncoding,
            b'f' => Self::From,
            b'i' => Self::CallId,
            b'k' => Self::Supported,
            b'l' => Self::ContentLength,
            b'm' => Self::Contact,
            b'o' => Self::Event,
            b'r' => Self::ReferTo,
            b's' => Self::Subject,
            b't' => Self::To,
            b'u' => Self::AllowEvents,
            b'v' => Self::Via,
            b'x' => Self::SessionExpires,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a header is named when it is looked up or written: by [`HeaderName`] or by text.
pub trait HeaderKey: Copy {
    /// The known name, or [`HeaderName::Other`].
    fn known(self) -> HeaderName;
    /// The text to write, and to compare with when the name is not known.
    fn label(&self) -> &str;
}

impl HeaderKey for HeaderName {
    fn known(self) -> HeaderName {
        self
    }

    fn label(&self) -> &str {
        self.as_str()
    }
}

impl HeaderKey for &str {
    fn known(self) -> HeaderName {
        HeaderName::lookup(self.as_bytes())
    }

    fn label(&self) -> &str {
        self
    }
}

/// The known names of one length, so that a lookup compares few.
const fn candidates(length: usize) -> &'static [HeaderName] {
    use HeaderName as H;
    match length {
        2 => &[H::To],
        3 => &[H::Via],
        4 => &[H::CSeq, H::Date, H::From, H::Join, H::Path, H::RAck, H::RSeq],
        5 => &[H::Allow, H::Event, H::Route],
        6 => &[H::Accept, H::MinSe, H::Reason, H::Server],
        7 => &[H::CallId, H::Contact, H::Expires, H::Privacy, H::Require, H::Subject, H::Warning],
        8 => &[H::Priority, H::ReferTo, H::Replaces, H::ReplyTo, H::SipEtag],
        9 => &[H::CallInfo, H::Diversion, H::RecvInfo, H::ReferSub, H::Supported, H::Timestamp],
        10 => &[H::AlertInfo, H::ErrorInfo, H::UserAgent],
        11 => &[H::InReplyTo, H::MinExpires, H::ReferredBy, H::RetryAfter, H::Unsupported],
        12 => &[
            H::AllowEvents,
            H::ContentType,
            H::HistoryInfo,
            H::InfoPackage,
            H::MaxForwards,
            H::MimeVersion,
            H::Organization,
            H::RecordRoute,
            H::SipIfMatch,
            H::UserToUser,
        ],
        13 => &[H::Authorization, H::ProxyRequire, H::ServiceRoute],
        14 => &[H::ContentLength],
        15 => &[H::AcceptEncoding, H::AcceptLanguage, H::RemotePartyId, H::SessionExpires],
        16 => &[H::ContentEncoding, H::ContentLanguage, H::WwwAuthenticate],
        18 => &[H::ProxyAuthenticate, H::SubscriptionState],
        19 => &[
            H::AuthenticationInfo,
            H::ContentDisposition,
            H::PAssertedIdentity,
            H::ProxyAuthorization,
        ],
        20 => &[H::PPreferredIdentity],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[HeaderName] = &[
        HeaderName::Accept,
        HeaderName::AcceptEncoding,
        HeaderName::AcceptLanguage,
        HeaderName::AlertInfo,
        HeaderName::Allow,
        HeaderName::AllowEvents,
        HeaderName::AuthenticationInfo,
        HeaderName::Authorization,
        HeaderName::CallId,
        HeaderName::CallInfo,
        HeaderName::Contact,
        HeaderName::ContentDisposition,
        HeaderName::ContentEncoding,
        HeaderName::ContentLanguage,
        HeaderName::ContentLength,
        HeaderName::ContentType,
        HeaderName::CSeq,
        HeaderName::Date,
        HeaderName::Diversion,
        HeaderName::ErrorInfo,
        HeaderName::Event,
        HeaderName::Expires,
        HeaderName::From,
        HeaderName::HistoryInfo,
        HeaderName::InReplyTo,
        HeaderName::InfoPackage,
        HeaderName::Join,
        HeaderName::MaxForwards,
        HeaderName::MimeVersion,
        HeaderName::MinExpires,
        HeaderName::MinSe,
        HeaderName::Organization,
        HeaderName::PAssertedIdentity,
        HeaderName::PPreferredIdentity,
        HeaderName::Path,
        HeaderName::Priority,
        HeaderName::Privacy,
        HeaderName::ProxyAuthenticate,
        HeaderName::ProxyAuthorization,
        HeaderName::ProxyRequire,
        HeaderName::RAck,
        HeaderName::Reason,
        HeaderName::RecordRoute,
        HeaderName::RecvInfo,
        HeaderName::ReferSub,
        HeaderName::ReferTo,
        HeaderName::ReferredBy,
        HeaderName::RemotePartyId,
        HeaderName::Replaces,
        HeaderName::ReplyTo,
        HeaderName::Require,
        HeaderName::RetryAfter,
        HeaderName::Route,
        HeaderName::RSeq,
        HeaderName::Server,
        HeaderName::ServiceRoute,
        HeaderName::SessionExpires,
        HeaderName::SipEtag,
        HeaderName::SipIfMatch,
        HeaderName::Subject,
        HeaderName::SubscriptionState,
        HeaderName::Supported,
        HeaderName::Timestamp,
        HeaderName::To,
        HeaderName::Unsupported,
        HeaderName::UserAgent,
        HeaderName::UserToUser,
        HeaderName::Via,
        HeaderName::Warning,
        HeaderName::WwwAuthenticate,
    ];

    #[test]
    fn every_name_is_found_in_any_case() {
        for name in ALL {
            assert_eq!(HeaderName::lookup(name.as_str().as_bytes()), *name);
            assert_eq!(HeaderName::lookup(name.as_str().to_uppercase().as_bytes()), *name);
        }
    }

    #[test]
    fn compact_forms_are_the_long_names() {
        let table: &[(&[u8], HeaderName)] = &[
            (b"u", HeaderName::AllowEvents),
            (b"i", HeaderName::CallId),
            (b"m", HeaderName::Contact),
            (b"e", HeaderName::ContentEncoding),
            (b"l", HeaderName::ContentLength),
            (b"c", HeaderName::ContentType),
            (b"o", HeaderName::Event),
            (b"f", HeaderName::From),
            (b"r", HeaderName::ReferTo),
            (b"b", HeaderName::ReferredBy),
            (b"x", HeaderName::SessionExpires),
            (b"s", HeaderName::Subject),
            (b"k", HeaderName::Supported),
            (b"t", HeaderName::To),
            (b"v", HeaderName::Via),
            (b"V", HeaderName::Via),
            (b"y", HeaderName::Other),
            (b"X-Genesys-CallUUID", HeaderName::Other),
        ];
        for (text, name) in table {
            assert_eq!(HeaderName::lookup(text), *name);
        }
    }
}
