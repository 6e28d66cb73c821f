//! Objects that are little more than their fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Dn, UserName, config::Options};

/// CfgActionCode: a reason that an agent gives, or what became of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionCode {
    /// What it is given for.
    pub kind: ActionCodeKind,
    /// What events and tables carry; unique within its kind.
    pub code: String,
    /// For people.
    #[serde(default)]
    pub description: String,
}

/// What an action code is given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionCodeKind {
    /// Working on after a call.
    AfterCallWork,
    /// What became of a call.
    Disposition,
    /// Logging in.
    Login,
    /// Logging out.
    Logout,
    /// Not taking calls.
    NotReady,
}

/// CfgAgentLogin: the code by which an agent logs in at the switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentLogin {
    /// Whose code it is; `None`: nobody's yet.
    pub person: Option<UserName>,
    /// Seconds of after-call work, instead of the person's.
    pub wrap_up_s: Option<u32>,
}

/// CfgApplication: options of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Application {
    /// For people.
    pub description: String,
    /// By section.
    pub options: Options,
}

/// A sound in the languages that there are of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaFile {
    /// What is said or played.
    pub description: String,
    /// Language (e.g. `en`, `pt-BR`) to path below the folder of sounds.
    pub files: BTreeMap<String, String>,
}

/// CfgTenant: an organisation or a department.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tenant {
    /// For people.
    pub description: String,
    /// Where its day begins and ends, e.g. `Europe/Berlin`.
    pub time_zone: Option<String>,
}

/// CfgDN of a type that is neither an agent's phone nor runs a strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// For people.
    #[serde(default)]
    pub alias: Option<String>,
    /// Options without a field of their own, by section (e.g. `TServer`).
    #[serde(default)]
    pub options: Options,
}

/// What such a DN is, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum ResourceKind {
    /// Agents log in to it and calls are distributed among them.
    AcdQueue {
        /// Where calls go that find nobody logged in.
        #[serde(default)]
        default_dn: Option<Dn>,
    },
    /// Of use to programs, without a phone.
    CommunicationDn,
    /// Where calls to another site wait for their number there.
    ExternalRoutePoint {
        /// Where calls go that can't be handed over.
        #[serde(default)]
        default_dn: Option<Dn>,
    },
    /// Ports of a dialler or voice-response system in bulk.
    TrunkGroup {
        /// `host:port`.
        contact: String,
    },
    /// A media service.
    VoiceOverIpService {
        /// Option `service-type`.
        service_type: ServiceType,
        /// `host:port`; `None`: the one inside.
        #[serde(default)]
        contact: Option<String>,
    },
    /// One port that plays and listens.
    VoiceTreatmentPort,
}

impl ResourceKind {
    /// Where calls go that can't be handled there.
    #[must_use]
    pub fn default_dn(&self) -> Option<&Dn> {
        match self {
            Self::AcdQueue { default_dn } | Self::ExternalRoutePoint { default_dn } => {
                default_dn.as_ref()
            }
            Self::CommunicationDn
            | Self::TrunkGroup { .. }
            | Self::VoiceOverIpService { .. }
            | Self::VoiceTreatmentPort => None,
        }
    }

    /// Where SIP for it goes.
    #[must_use]
    pub fn contact(&self) -> Option<&str> {
        match self {
            Self::TrunkGroup { contact } => Some(contact),
            Self::VoiceOverIpService { contact, .. } => contact.as_deref(),
            Self::AcdQueue { .. }
            | Self::CommunicationDn
            | Self::ExternalRoutePoint { .. }
            | Self::VoiceTreatmentPort => None,
        }
    }
}

/// Which service a Voice over IP Service DN offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the option's own words")]
pub enum ServiceType {
    Moh,
    Msml,
    Music,
    Recorder,
    Softswitch,
    Treatment,
}
