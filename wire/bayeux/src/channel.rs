//! Channel names and the patterns that clients subscribe to.

use std::{fmt, str::FromStr};

use crate::CHANNEL_BYTES_MAX;

/// A channel without wildcards, e.g. `/v2/me/calls`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel(String);

/// A channel, or channels by wildcard: `/v2/me/*` (one segment) or `/v2/**` (all that follows).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(String);

/// A text that names no channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAChannel;

impl Channel {
    /// As sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Pattern {
    /// As sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names more than one channel.
    #[must_use]
    pub fn is_wild(&self) -> bool {
        self.0.ends_with('*')
    }

    /// Whether a message on `channel` goes to whoever subscribed to this.
    #[must_use]
    pub fn matches(&self, channel: &str) -> bool {
        if let Some(prefix) = self.0.strip_suffix("**") {
            return channel.len() > prefix.len() && channel.starts_with(prefix);
        }
        match self.0.strip_suffix('*') {
            Some(prefix) => channel
                .strip_prefix(prefix)
                .is_some_and(|segment| !segment.is_empty() && !segment.contains('/')),
            None => self.0 == channel,
        }
    }
}

impl FromStr for Channel {
    type Err = NotAChannel;
    fn from_str(text: &str) -> Result<Self, NotAChannel> {
        segments(text)?.all(is_segment).then(|| Self(text.to_owned())).ok_or(NotAChannel)
    }
}

impl FromStr for Pattern {
    type Err = NotAChannel;
    fn from_str(text: &str) -> Result<Self, NotAChannel> {
        let mut segments = segments(text)?.peekable();
        while let Some(segment) = segments.next() {
            // A wildcard stands for the end of a name only.
            let wild = matches!(segment, "*" | "**") && segments.peek().is_none();
            if !wild && !is_segment(segment) {
                return Err(NotAChannel);
            }
        }
        Ok(Self(text.to_owned()))
    }
}

fn segments(text: &str) -> Result<std::str::Split<'_, char>, NotAChannel> {
    if text.len() > CHANNEL_BYTES_MAX {
        return Err(NotAChannel);
    }
    text.strip_prefix('/').map(|rest| rest.split('/')).ok_or(NotAChannel)
}

/// Bayeux 1.0, 2.2.1: letters, digits and `-_!~()$@` (and `.`, which CometD takes too).
fn is_segment(segment: &str) -> bool {
    !segment.is_empty()
        && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_!~()$@.".contains(&b))
}

macro_rules! shown_as_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}
shown_as_text!(Channel, Pattern);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn matches(pattern: &str, channel: &str) -> bool {
        pattern.parse::<Pattern>().unwrap().matches(channel)
    }

    #[test]
    fn one_star_is_one_segment_and_two_are_the_rest() {
        assert!(matches("/v2/me/*", "/v2/me/calls"));
        assert!(!matches("/v2/me/*", "/v2/me"));
        assert!(!matches("/v2/me/*", "/v2/me/calls/x"));
        assert!(matches("/v2/**", "/v2/me/calls"));
        assert!(!matches("/v2/**", "/v2"));
        assert!(matches("/**", "/v2/me"));
        assert!(matches("/v2/me", "/v2/me") && !matches("/v2/me", "/v2/me/calls"));
    }

    #[test]
    fn names_without_a_slash_with_gaps_or_odd_characters_are_no_channels() {
        for text in ["", "v2/me", "/", "//", "/v2//me", "/v2/me/", "/v2/m e", "/é", "/a*", "/*/b"]
        {
            assert_eq!(text.parse::<Pattern>(), Err(NotAChannel), "{text}");
        }
        assert_eq!("/v2/*".parse::<Channel>(), Err(NotAChannel));
        let long = format!("/{}", "a".repeat(CHANNEL_BYTES_MAX));
        assert_eq!(long.parse::<Channel>(), Err(NotAChannel));
    }
}
