//! The configuration as one immutable value: what the Configuration Server holds and every system
//! reads. The directory validates it as a whole and publishes it; nobody changes it in place.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Dn, PlaceName, SkillName, StrategyName, TrunkName, UserName,
    id::{CalendarName, GroupName, MediaName, NotAnId},
    strategy::{Goal, Step},
};

pub use crate::config::{
    access::{AccessRole, Privilege},
    calendar::{Calendar, Holiday, HolidayDate, OpenHours, Span, UnknownTimeZone, Weekday},
    change::{Change, ChangeRefusal, Conflict, Edit},
    dial_plan::{DialRule, Dialled},
    difference::{Audit, Difference, DifferenceSort, FieldDifference},
    group::{AgentGroup, Membership},
    object::{Object, ObjectKind},
    options::{Options, TSERVER},
    other::{
        ActionCode, ActionCodeKind, AgentLogin, Application, MediaFile, Resource, ResourceKind,
        ServiceType, Tenant,
    },
    skills::{Skill, Skills},
    trunk::{
        Account, AssertedIdentity, Contact, NumberForm, Numbers, Trunk, TrunkLimits, default_port,
    },
};

mod access;
mod calendar;
mod change;
mod dial_plan;
mod difference;
mod group;
mod object;
pub mod options;
mod other;
mod skills;
mod trunk;

/// Every object of the site, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// Grows by one with every published change.
    pub version: u64,
    /// Not-ready reasons, dispositions and the like, by name.
    pub action_codes: BTreeMap<String, ActionCode>,
    /// Groups of agents.
    pub agent_groups: BTreeMap<GroupName, AgentGroup>,
    /// Login codes.
    pub agent_logins: BTreeMap<String, AgentLogin>,
    /// Options of programs, by the program's name.
    pub applications: BTreeMap<String, Application>,
    /// Business hours.
    pub calendars: BTreeMap<CalendarName, Calendar>,
    /// Callers that are known, by number.
    pub customers: BTreeMap<String, Customer>,
    /// How outside numbers are dialled, by the rule's name.
    pub dial_plan: BTreeMap<String, DialRule>,
    /// Extensions, route points, virtual queues.
    pub dns: BTreeMap<Dn, DnObject>,
    /// Sound files.
    pub media: BTreeMap<MediaName, MediaFile>,
    /// People who can log in.
    pub persons: BTreeMap<UserName, Person>,
    /// Desks.
    pub places: BTreeMap<PlaceName, Place>,
    /// DNs that are neither an agent's phone nor run a strategy.
    pub resources: BTreeMap<Dn, Resource>,
    /// Roles that grant more than [`Role`] does, by name.
    pub roles: BTreeMap<String, AccessRole>,
    /// Skills.
    pub skills: Skills,
    /// Strategies.
    pub strategies: BTreeMap<StrategyName, Strategy>,
    /// The switch.
    pub switch: Switch,
    /// Organisations or departments, by name.
    pub tenants: BTreeMap<String, Tenant>,
    /// Trunks to carriers.
    pub trunks: BTreeMap<TrunkName, Trunk>,
}

/// CfgSwitch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// E.g. `SIP_Switch`.
    pub name: String,
    /// The T-Server's id: the first four digits of every ConnID.
    pub server: u16,
    /// Digest realm and SIP domain.
    pub domain: String,
}

impl Default for Switch {
    fn default() -> Self {
        Self { name: "SIP_Switch".into(), server: 1, domain: "cordboard".into() }
    }
}

/// CfgPerson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Log-in name; also the key. Left out of a file, it is filled in from the key.
    #[serde(default = "no_user_name")]
    pub user_name: UserName,
    /// First name.
    #[serde(default)]
    pub first_name: String,
    /// Last name.
    #[serde(default)]
    pub last_name: String,
    /// employeeID; agents are known to the switch by it.
    #[serde(default = "no_agent_id")]
    pub employee_id: AgentId,
    /// PHC string (argon2id); empty for a person who may not log in.
    #[serde(default)]
    pub password_hash: String,
    /// What the person may do.
    #[serde(default)]
    pub roles: BTreeSet<Role>,
    /// The desk where an agent sits.
    #[serde(default)]
    pub place: Option<PlaceName>,
    /// Skill levels.
    #[serde(default)]
    pub skills: BTreeMap<SkillName, u32>,
    /// Seconds of after-call work after each routed call; 0: none.
    #[serde(default)]
    pub wrap_up_s: u32,
    /// Whether routed calls are answered by themselves at this agent's phone.
    #[serde(default)]
    pub auto_answer: bool,
}

impl Person {
    /// First and last name.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Changes the configuration.
    Admin,
    /// Takes calls.
    Agent,
    /// Sees and helps agents.
    Supervisor,
}

/// CfgPlace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its DNs; the first is the one that an agent logs in at.
    pub dns: Vec<Dn>,
}

/// CfgDN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnObject {
    /// What it is.
    pub kind: DnKind,
    /// For people.
    #[serde(default)]
    pub alias: Option<String>,
    /// Where calls go that can't be handled here: of route points and queues.
    #[serde(default)]
    pub default_dn: Option<Dn>,
    /// Whether an extension is an ACD position, of use to logged-in agents alone.
    #[serde(default)]
    pub position: bool,
    /// Options without a field of their own, by section (e.g. `TServer`).
    #[serde(default)]
    pub options: Options,
}

impl DnObject {
    /// A DN of this kind without an alias and options.
    #[must_use]
    pub fn new(kind: DnKind) -> Self {
        Self { kind, alias: None, default_dn: None, position: false, options: Options::new() }
    }
}

/// What a DN is, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum DnKind {
    /// An agent's phone.
    Extension {
        /// SIP password; `None`: REGISTER is taken without a challenge.
        #[serde(default)]
        password: Option<String>,
        /// Whether the phone takes NOTIFY `Event: talk` (option `sip-cti-control`).
        #[serde(default)]
        cti_control: bool,
        /// Whether an outside call for this number itself is turned away as busy while its agent
        /// is not ready (option `reject-call-notready`).
        #[serde(default = "yes")]
        reject_not_ready: bool,
        /// Whether its calls are recorded (option `record`).
        #[serde(default)]
        record: DnRecord,
    },
    /// Where a strategy runs.
    RoutePoint {
        /// The numbers dialled that lead here.
        #[serde(default)]
        dnis: Vec<String>,
        /// What runs.
        strategy: StrategyName,
    },
    /// A queue that only routing and statistics know.
    VirtualQueue,
}

/// Whether a phone's calls are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DnRecord {
    /// From the answer on; the agent may pause, not stop.
    Always,
    /// Not even when somebody asks.
    Never,
    /// When somebody asks.
    #[default]
    OnDemand,
}

impl DnRecord {
    /// The word in configuration, tables and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::OnDemand => "on-demand",
        }
    }
}

impl FromStr for DnRecord {
    type Err = NotAnId;

    fn from_str(word: &str) -> Result<Self, NotAnId> {
        let all = [Self::Always, Self::Never, Self::OnDemand];
        all.into_iter().find(|mode| mode.as_str() == word).ok_or(NotAnId)
    }
}

/// A strategy: what becomes of the calls at its route points. Without steps it is one skill
/// expression, the longest-idle agent, and music meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    /// E.g. `Support > 0`; not asked for where there are steps.
    #[serde(default)]
    pub skills: String,
    /// Counted as waiting here too.
    #[serde(default)]
    pub virtual_queue: Option<Dn>,
    /// Whether the customer's record is attached to the call.
    #[serde(default = "yes")]
    pub attach_customer: bool,
    /// Seconds an agent's phone rings before the call goes back to the queue.
    #[serde(default = "no_answer_s")]
    pub no_answer_s: u32,
    /// Whether its calls are recorded at the agent's phone; `None`: as the phone's DN says.
    #[serde(default)]
    pub record: Option<bool>,
    /// What calls go through, one after the other; none: wait for `skills`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Where calls go that have been through all steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Goal>,
}

/// A known caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// E.g. `98765`.
    pub id: String,
    /// Full name.
    pub name: String,
    /// E.g. `premium`.
    pub account_type: String,
    /// Why he or she usually calls.
    pub reason: String,
    /// Newest first.
    #[serde(default)]
    pub contacts: Vec<PastContact>,
}

/// One earlier contact of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastContact {
    /// RFC 3339.
    pub at: String,
    /// `voice`, `email`, …
    pub channel: String,
    /// What it was about.
    pub subject: String,
    /// Who handled it.
    pub agent: String,
    /// How it ended.
    pub outcome: String,
}

/// serde's default of what is on unless turned off.
fn yes() -> bool {
    true
}

/// Three or four rings.
fn no_answer_s() -> u32 {
    15
}

fn no_user_name() -> UserName {
    UserName::from("")
}

fn no_agent_id() -> AgentId {
    AgentId::from("")
}

impl Configuration {
    /// The agent's person by employee id.
    #[must_use]
    pub fn agent(&self, agent: &AgentId) -> Option<&Person> {
        self.persons.values().find(|person| person.employee_id == *agent)
    }

    /// Seconds of after-call work after a person's routed calls: what the person's agent login
    /// says, or else the person.
    #[must_use]
    pub fn wrap_up_s(&self, person: &Person) -> u32 {
        let logins = self.agent_logins.values();
        let mut own = logins.filter(|login| login.person.as_ref() == Some(&person.user_name));
        own.find_map(|login| login.wrap_up_s).unwrap_or(person.wrap_up_s)
    }

    /// The DN that a person logs in at.
    #[must_use]
    pub fn dn_of(&self, person: &Person) -> Option<&Dn> {
        self.places.get(person.place.as_ref()?)?.dns.first()
    }

    /// The route point that a dialled number leads to: by DNIS, or the route point's own DN.
    #[must_use]
    pub fn route_point(&self, dialled: &str) -> Option<&Dn> {
        self.dns
            .iter()
            .find(|(dn, object)| match &object.kind {
                DnKind::RoutePoint { dnis, .. } => {
                    dn.as_str() == dialled || dnis.iter().any(|d| d == dialled)
                }
                DnKind::Extension { .. } | DnKind::VirtualQueue => false,
            })
            .map(|(dn, _)| dn)
    }
}
