//! Who may do what: what each kind of person may do anyway, and roles that grant more.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    UserName,
    config::{Configuration, ObjectKind, Person, Role},
};

/// CfgRole: privileges for its members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessRole {
    /// For people.
    pub description: String,
    /// Who has it.
    pub members: BTreeSet<UserName>,
    /// What they may do.
    pub privileges: BTreeSet<Privilege>,
}

/// One thing that somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Privilege {
    /// Changes persons, agent logins, groups and skills.
    ChangePersons,
    /// Gives and takes privileges.
    ChangeRoles,
    /// Changes strategies, route points, calendars, action codes and sounds.
    ChangeRouting,
    /// Changes phones, places, trunks, the dial plan, the switch and programs' options.
    ChangeTelephony,
    /// Joins agents' calls and speaks to them alone or to everybody.
    Coach,
    /// Takes history and recordings out.
    Export,
    /// Listens to agents' calls.
    Listen,
    /// Sees the dashboard and the wallboard.
    Monitor,
    /// Sees the configuration and who changed what.
    ReadConfiguration,
    /// Changes agents' states and logs them out.
    SetAgentState,
}

impl Privilege {
    /// What it takes to change an object.
    #[must_use]
    pub fn to_change(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::AgentGroup
            | ObjectKind::AgentLogin
            | ObjectKind::Customer
            | ObjectKind::Person
            | ObjectKind::Skill => Self::ChangePersons,
            ObjectKind::Role => Self::ChangeRoles,
            ObjectKind::ActionCode
            | ObjectKind::Calendar
            | ObjectKind::MediaFile
            | ObjectKind::Strategy => Self::ChangeRouting,
            ObjectKind::Application
            | ObjectKind::DialRule
            | ObjectKind::Dn
            | ObjectKind::Place
            | ObjectKind::Resource
            | ObjectKind::Switch
            | ObjectKind::Tenant
            | ObjectKind::Trunk => Self::ChangeTelephony,
        }
    }

    /// The word in files, e.g. `change-persons`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ChangePersons => "change-persons",
            Self::ChangeRoles => "change-roles",
            Self::ChangeRouting => "change-routing",
            Self::ChangeTelephony => "change-telephony",
            Self::Coach => "coach",
            Self::Export => "export",
            Self::Listen => "listen",
            Self::Monitor => "monitor",
            Self::ReadConfiguration => "read-configuration",
            Self::SetAgentState => "set-agent-state",
        }
    }

    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ChangePersons,
        Self::ChangeRoles,
        Self::ChangeRouting,
        Self::ChangeTelephony,
        Self::Coach,
        Self::Export,
        Self::Listen,
        Self::Monitor,
        Self::ReadConfiguration,
        Self::SetAgentState,
    ];

    /// Whether everybody of that role has it.
    fn comes_with(self, role: Role) -> bool {
        match role {
            Role::Admin => true,
            Role::Agent => false,
            Role::Supervisor => match self {
                Self::Coach
                | Self::Export
                | Self::Listen
                | Self::Monitor
                | Self::ReadConfiguration
                | Self::SetAgentState => true,
                Self::ChangePersons
                | Self::ChangeRoles
                | Self::ChangeRouting
                | Self::ChangeTelephony => false,
            },
        }
    }
}

impl Configuration {
    /// Whether a person may do this.
    #[must_use]
    pub fn may(&self, person: &Person, privilege: Privilege) -> bool {
        person.roles.iter().any(|role| privilege.comes_with(*role))
            || self.roles.values().any(|role| {
                role.privileges.contains(&privilege) && role.members.contains(&person.user_name)
            })
    }
}
