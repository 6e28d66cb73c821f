//! Statistics that are counted although nobody has them open: every type of the catalogue that
//! looks back, over its usual time, for every object that it is about. Who asks at three in the
//! afternoon for the calls of the day gets those of the morning too.

use std::collections::BTreeSet;

use model::{
    Configuration, Now,
    config::{DnKind, Role},
    stat::{Definition, Metric, ObjectType, StatWish, ready_made::Catalogue},
};

use crate::statistics::{Statistics, counter::is_current};

impl Statistics {
    /// Most statistics that are counted without being open. Types about queues and groups come
    /// first; what is beyond is counted from its first opening on.
    pub const STANDING_MAX: usize = 20_000;

    /// Counts from now on what the site's catalogue offers, and no longer what it does not.
    pub fn stand(&mut self, now: Now) {
        let (at, _) = self.clock.tell(now);
        let mut standing = BTreeSet::new();
        let wanted = definitions(&self.configuration, &self.catalogue);
        let wanted: Vec<Definition> = wanted.take(Self::STANDING_MAX).collect();
        for definition in wanted {
            if let Ok(id) = self.counter(at, definition)
                && standing.insert(id)
                && !self.standing.remove(&id)
            {
                self.hold(id);
            }
        }
        for id in std::mem::replace(&mut self.standing, standing) {
            self.let_go(at, id);
        }
    }
}

/// What is counted at a site, the most useful first.
fn definitions<'a>(
    site: &'a Configuration,
    catalogue: &'a Catalogue,
) -> impl Iterator<Item = Definition> + 'a {
    let kinds = [
        ObjectType::Queue,
        ObjectType::RoutePoint,
        ObjectType::GroupAgents,
        ObjectType::Agent,
        ObjectType::Place,
        ObjectType::RegDN,
    ];
    kinds.into_iter().flat_map(move |kind| {
        let looks_back = |name: &&String| {
            let stat_type = catalogue.types.get(*name);
            stat_type
                .is_some_and(|found| found.objects.contains(&kind) && !is_current(found.category))
        };
        let names: Vec<&String> = catalogue.types.keys().filter(looks_back).collect();
        objects(site, kind).into_iter().flat_map(move |object| {
            let wish = |name: &&String| StatWish {
                object_type: kind.as_str().into(),
                object_id: object.clone(),
                metric: Metric::Named((*name).clone()),
                ..StatWish::default()
            };
            let found = |name| catalogue.definition(&wish(name)).ok();
            names.iter().filter_map(found).collect::<Vec<_>>()
        })
    })
}

/// The names of all objects of a kind.
fn objects(site: &Configuration, kind: ObjectType) -> Vec<String> {
    let dns = |fits: fn(&DnKind) -> bool| {
        let found = site.dns.iter().filter(|(_, dn)| fits(&dn.kind));
        found.map(|(dn, _)| dn.to_string()).collect()
    };
    match kind {
        ObjectType::Agent => {
            let agents = site.persons.values().filter(|one| one.roles.contains(&Role::Agent));
            agents.map(|person| person.employee_id.to_string()).collect()
        }
        ObjectType::GroupAgents => site.agent_groups.keys().map(ToString::to_string).collect(),
        ObjectType::Place => site.places.keys().map(ToString::to_string).collect(),
        ObjectType::Queue => dns(|kind| matches!(kind, DnKind::VirtualQueue)),
        ObjectType::RegDN => dns(|kind| matches!(kind, DnKind::Extension { .. })),
        ObjectType::RoutePoint => dns(|kind| matches!(kind, DnKind::RoutePoint { .. })),
    }
}
