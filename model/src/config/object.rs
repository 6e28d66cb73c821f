//! Every object of the site in one shape: for change sets, lists, files and the audit log.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Dn, PlaceName, SkillName, StrategyName, TrunkName, UserName,
    config::{
        AccessRole, ActionCode, AgentGroup, AgentLogin, Application, Calendar, Configuration,
        Customer, DialRule, DnObject, MediaFile, Person, Place, Resource, Skill, Strategy, Switch,
        Tenant, Trunk,
    },
    id::{CalendarName, GroupName, MediaName},
};

/// One row for each table of the configuration: how its objects are called, its key in files, its
/// field, and the types of its keys and values.
macro_rules! tables {
    ($($kind:ident $word:literal $title:literal $field:ident: $key:ty => $value:ty,)+) => {
        /// What an object is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each is told in `Configuration`")]
        pub enum ObjectKind {
            $(#[serde(rename = $word)] $kind,)+
            #[serde(rename = "switch")]
            Switch,
        }

        impl ObjectKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind,)+ Self::Switch];

            /// The word in messages and tables, e.g. `agent-group`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)+
                    Self::Switch => "switch",
                }
            }

            /// What people call it, e.g. `Agent group`.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$kind => $title,)+
                    Self::Switch => "Switch",
                }
            }

            /// The table's key in files, e.g. `agent_groups`.
            #[must_use]
            pub fn table(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($field),)+
                    Self::Switch => "switch",
                }
            }
        }

        /// An object with its name.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each is told in `Configuration`")]
        pub enum Object {
            $(#[serde(rename = $word)] $kind($key, $value),)+
            #[serde(rename = "switch")]
            Switch(Switch),
        }

        impl Object {
            /// What it is.
            #[must_use]
            pub fn kind(&self) -> ObjectKind {
                match self {
                    $(Self::$kind(..) => ObjectKind::$kind,)+
                    Self::Switch(_) => ObjectKind::Switch,
                }
            }

            /// Its key in its table; the one switch goes by the kind's word.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$kind(name, _) => name.as_ref(),)+
                    Self::Switch(_) => ObjectKind::Switch.as_str(),
                }
            }

            /// Reads an object whose kind and name are known.
            ///
            /// # Errors
            /// When its fields are not those of its kind.
            pub fn read<'de, D: Deserializer<'de>>(
                kind: ObjectKind,
                name: &str,
                from: D,
            ) -> Result<Self, D::Error> {
                match kind {
                    $(ObjectKind::$kind => {
                        <$value>::deserialize(from).map(|value| Self::$kind(name.into(), value))
                    })+
                    ObjectKind::Switch => Switch::deserialize(from).map(Self::Switch),
                }
            }

            /// Its fields, without its name.
            ///
            /// # Errors
            /// Never in practice: every object is made of texts, numbers, lists and maps.
            pub fn body(&self) -> Result<serde_json::Value, serde_json::Error> {
                match self {
                    $(Self::$kind(_, value) => serde_json::to_value(value),)+
                    Self::Switch(switch) => serde_json::to_value(switch),
                }
            }
        }

        impl Configuration {
            /// Adds an object, or puts it in place of the one of that name.
            pub fn put(&mut self, object: Object) {
                match object {
                    $(Object::$kind(name, value) => {
                        self.$field.map_mut().insert(name, value);
                    })+
                    Object::Switch(switch) => self.switch = switch,
                }
            }

            /// Takes an object out; false when there is none. The switch stays.
            pub fn delete(&mut self, kind: ObjectKind, name: &str) -> bool {
                match kind {
                    $(ObjectKind::$kind => self.$field.map_mut().remove(name).is_some(),)+
                    ObjectKind::Switch => false,
                }
            }

            /// An object by kind and name.
            #[must_use]
            pub fn object(&self, kind: ObjectKind, name: &str) -> Option<Object> {
                match kind {
                    $(ObjectKind::$kind => {
                        let (name, value) = self.$field.map().get_key_value(name)?;
                        Some(Object::$kind(name.clone(), value.clone()))
                    })+
                    ObjectKind::Switch => Some(Object::Switch(self.switch.clone())),
                }
            }

            /// The names of all objects of a kind, in order.
            #[must_use]
            pub fn names(&self, kind: ObjectKind) -> Vec<&str> {
                match kind {
                    $(ObjectKind::$kind => {
                        self.$field.map().keys().map(|name| name.as_ref()).collect()
                    })+
                    ObjectKind::Switch => vec![ObjectKind::Switch.as_str()],
                }
            }

            /// The objects of a kind whose value differs from another configuration's, those that
            /// are only in one included, in order.
            #[must_use]
            pub fn differing<'a>(&'a self, other: &'a Self, kind: ObjectKind) -> Vec<&'a str> {
                match kind {
                    $(ObjectKind::$kind => differing(self.$field.map(), other.$field.map()),)+
                    ObjectKind::Switch if self.switch == other.switch => Vec::new(),
                    ObjectKind::Switch => vec![ObjectKind::Switch.as_str()],
                }
            }
        }
    };
}

tables! {
    ActionCode "action-code" "Action code" action_codes: String => ActionCode,
    AgentGroup "agent-group" "Agent group" agent_groups: GroupName => AgentGroup,
    AgentLogin "agent-login" "Agent login" agent_logins: String => AgentLogin,
    Application "application" "Application" applications: String => Application,
    Calendar "calendar" "Calendar" calendars: CalendarName => Calendar,
    Customer "customer" "Customer" customers: String => Customer,
    DialRule "dial-rule" "Dial rule" dial_plan: String => DialRule,
    Dn "dn" "DN" dns: Dn => DnObject,
    MediaFile "media-file" "Media file" media: MediaName => MediaFile,
    Person "person" "Person" persons: UserName => Person,
    Place "place" "Place" places: PlaceName => Place,
    Resource "resource" "Resource" resources: Dn => Resource,
    Role "role" "Role" roles: String => AccessRole,
    Skill "skill" "Skill" skills: SkillName => Skill,
    Strategy "strategy" "Strategy" strategies: StrategyName => Strategy,
    Tenant "tenant" "Tenant" tenants: String => Tenant,
    Trunk "trunk" "Trunk" trunks: TrunkName => Trunk,
}

impl Configuration {
    /// Every object of the site.
    pub fn objects(&self) -> impl Iterator<Item = Object> {
        ObjectKind::ALL.iter().flat_map(|kind| {
            self.names(*kind).into_iter().filter_map(|name| self.object(*kind, name))
        })
    }
}

fn differing<'a, K: Ord + AsRef<str>, V: PartialEq>(
    a: &'a BTreeMap<K, V>,
    b: &'a BTreeMap<K, V>,
) -> Vec<&'a str> {
    let changed = a.iter().filter(|(name, value)| b.get(name) != Some(*value));
    let gone = b.keys().filter(|name| !a.contains_key(name));
    let mut names: Vec<&str> =
        changed.map(|(name, _)| name.as_ref()).chain(gone.map(AsRef::as_ref)).collect();
    names.sort_unstable();
    names
}

/// What holds objects by name.
trait Table<K, V> {
    fn map(&self) -> &BTreeMap<K, V>;
    fn map_mut(&mut self) -> &mut BTreeMap<K, V>;
}

impl<K, V> Table<K, V> for BTreeMap<K, V> {
    fn map(&self) -> &Self {
        self
    }

    fn map_mut(&mut self) -> &mut Self {
        self
    }
}

impl Table<SkillName, Skill> for super::Skills {
    fn map(&self) -> &BTreeMap<SkillName, Skill> {
        self.objects()
    }

    fn map_mut(&mut self) -> &mut BTreeMap<SkillName, Skill> {
        self.objects_mut()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_object_that_is_put_is_there_until_it_is_deleted() {
        let mut site = Configuration::default();
        let group = AgentGroup { skills: Some("Support > 2".into()), ..AgentGroup::default() };
        let object = Object::AgentGroup("Experts".into(), group);
        site.put(object.clone());
        assert_eq!(site.object(ObjectKind::AgentGroup, "Experts"), Some(object.clone()));
        assert_eq!(site.names(ObjectKind::AgentGroup), ["Experts"]);
        let empty = Configuration::default();
        assert_eq!(site.differing(&empty, ObjectKind::AgentGroup), ["Experts"]);
        assert_eq!(empty.differing(&site, ObjectKind::AgentGroup), ["Experts"]);
        let read = Object::read(ObjectKind::AgentGroup, "Experts", object.body().unwrap());
        assert_eq!(read.unwrap(), object);
        assert!(site.delete(ObjectKind::AgentGroup, "Experts"));
        assert!(!site.delete(ObjectKind::AgentGroup, "Experts"));
        assert_eq!(site, empty);
    }

    #[test]
    fn all_objects_of_a_site_put_into_an_empty_one_make_the_same_site() {
        let mut site = Configuration::default();
        site.skills.objects_mut().insert("Sales".into(), Skill { description: "sells".into() });
        site.switch.domain = "example.org".into();
        site.tenants.insert("North".into(), Tenant::default());
        let mut copy = Configuration::default();
        site.objects().for_each(|object| copy.put(object));
        assert_eq!(copy, site);
        assert_eq!(site.objects().count(), 3);
    }
}
