//! Who names whom: what keeps an object from being taken out, and where overflow leads.

use model::{
    Configuration,
    condition::{Condition, Fact},
    config::{DnKind, ObjectKind},
    skill::SkillExpression,
    strategy::{Goal, Say, Step, Target, Who},
};

/// One object names another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What names.
    pub from: (ObjectKind, String),
    /// In which field.
    pub field: &'static str,
    /// What is named. A DN may be a [`ObjectKind::Resource`] as well.
    pub to: (ObjectKind, String),
}

impl Reference {
    /// Whether there is what is named.
    pub fn is_met(&self, site: &Configuration) -> bool {
        let (kind, name) = &self.to;
        let is_resource = *kind == ObjectKind::Dn && site.resources.contains_key(name.as_str());
        is_resource || site.object(*kind, name).is_some()
    }
}

/// All of a site's.
pub fn references(site: &Configuration) -> Vec<Reference> {
    let mut found = Vec::new();
    for (user, person) in &site.persons {
        let mut from = From::new(&mut found, ObjectKind::Person, user.as_str());
        from.names("place", ObjectKind::Place, &person.place);
        from.names("skills", ObjectKind::Skill, person.skills.keys());
    }
    for (name, place) in &site.places {
        From::new(&mut found, ObjectKind::Place, name.as_str()).names(
            "dns",
            ObjectKind::Dn,
            &place.dns,
        );
    }
    for (dn, object) in &site.dns {
        let mut from = From::new(&mut found, ObjectKind::Dn, dn.as_str());
        from.names("default_dn", ObjectKind::Dn, &object.default_dn);
        if let DnKind::RoutePoint { strategy, .. } = &object.kind {
            from.names("strategy", ObjectKind::Strategy, [strategy]);
        }
    }
    for (dn, resource) in &site.resources {
        let mut from = From::new(&mut found, ObjectKind::Resource, dn.as_str());
        from.names("default_dn", ObjectKind::Dn, resource.kind.default_dn());
    }
    for (name, group) in &site.agent_groups {
        let mut from = From::new(&mut found, ObjectKind::AgentGroup, name.as_str());
        from.names("members", ObjectKind::Person, &group.members);
        from.names("supervisors", ObjectKind::Person, &group.supervisors);
        from.expression("skills", group.skills.as_deref().unwrap_or_default());
    }
    for (code, login) in &site.agent_logins {
        let mut from = From::new(&mut found, ObjectKind::AgentLogin, code);
        from.names("person", ObjectKind::Person, &login.person);
    }
    for (name, role) in &site.roles {
        let mut from = From::new(&mut found, ObjectKind::Role, name);
        from.names("members", ObjectKind::Person, &role.members);
    }
    for (name, rule) in &site.dial_plan {
        let mut from = From::new(&mut found, ObjectKind::DialRule, name);
        from.names("trunk", ObjectKind::Trunk, [&rule.trunk]);
        from.names("then", ObjectKind::Trunk, &rule.then);
    }
    for (name, strategy) in &site.strategies {
        let mut from = From::new(&mut found, ObjectKind::Strategy, name.as_str());
        from.names("virtual_queue", ObjectKind::Dn, &strategy.virtual_queue);
        from.expression("skills", &strategy.skills);
        from.steps(site, &strategy.steps);
        if let Some(goal) = &strategy.default {
            from.goal(site, "default", goal);
        }
    }
    found
}

/// Where a DN's calls may go on to by themselves.
pub fn overflows<'a>(site: &'a Configuration, dn: &str) -> Vec<&'a str> {
    let mut onward = Vec::new();
    if let Some(object) = site.dns.get(dn) {
        onward.extend(object.default_dn.as_ref().map(AsRef::as_ref));
        if let DnKind::RoutePoint { strategy, .. } = &object.kind
            && let Some(strategy) = site.strategies.get(strategy)
        {
            doors(&strategy.steps, &mut onward);
            onward.extend(strategy.default.as_ref().and_then(door));
        }
    }
    if let Some(resource) = site.resources.get(dn) {
        onward.extend(resource.kind.default_dn().map(AsRef::as_ref));
    }
    onward
}

/// The route points that steps send calls on to.
fn doors<'a>(steps: &'a [Step], found: &mut Vec<&'a str>) {
    Step::each(steps, &mut |step| {
        if let Step::Route(goal) = step {
            found.extend(door(goal));
        }
    });
}

fn door(goal: &Goal) -> Option<&str> {
    match goal {
        Goal::RoutePoint(dn) | Goal::Dn(dn) => Some(dn.as_str()),
        Goal::Agent(_) | Goal::Number(_) => None,
    }
}

/// Collects what one object names.
struct From<'a> {
    found: &'a mut Vec<Reference>,
    kind: ObjectKind,
    name: &'a str,
}

impl<'a> From<'a> {
    fn new(found: &'a mut Vec<Reference>, kind: ObjectKind, name: &'a str) -> Self {
        Self { found, kind, name }
    }

    fn names<T: AsRef<str>>(
        &mut self,
        field: &'static str,
        kind: ObjectKind,
        named: impl IntoIterator<Item = T>,
    ) {
        for name in named {
            let (from, to) = ((self.kind, self.name.to_owned()), (kind, name.as_ref().to_owned()));
            self.found.push(Reference { from, field, to });
        }
    }

    /// What can't be read is told elsewhere.
    fn expression(&mut self, field: &'static str, text: &str) {
        if let Ok(expression) = SkillExpression::parse(text) {
            self.names(field, ObjectKind::Skill, expression.skills());
        }
    }

    fn steps(&mut self, site: &Configuration, steps: &[Step]) {
        Step::each(steps, &mut |step| {
            match step {
                Step::Branch { when, .. } => self.condition(when),
                Step::Hours { calendar, .. } => {
                    self.names("steps, hours", ObjectKind::Calendar, [calendar]);
                }
                Step::Route(goal) => self.goal(site, "steps, route", goal),
                Step::Target { to, .. } => to.iter().for_each(|target| self.target(site, target)),
                Step::Attach { .. }
                | Step::Callback(_)
                | Step::Collect(_)
                | Step::Menu(_)
                | Step::Play { .. }
                | Step::Priority { .. }
                | Step::Release
                | Step::Voicemail(_)
                | Step::Webhook(_) => {}
            }
            let sounds = step.says().into_iter().filter_map(|say| match say {
                Say::Media(name) => Some(name),
                Say::Beep | Say::PauseMs(_) | Say::Text(_) | Say::Texts(_) => None,
            });
            self.names("steps, media", ObjectKind::MediaFile, sounds);
        });
    }

    fn condition(&mut self, text: &str) {
        let Ok(condition) = Condition::parse(text) else { return };
        for fact in condition.facts() {
            match fact {
                Fact::AgentsLoggedIn(skills) | Fact::AgentsReady(skills) => {
                    self.expression("steps, branch", skills);
                }
                Fact::Open(calendar) => {
                    self.names("steps, branch", ObjectKind::Calendar, [calendar]);
                }
                Fact::Ani
                | Fact::CallsWaiting
                | Fact::Data(_)
                | Fact::Dnis
                | Fact::ExpectedWait
                | Fact::Position
                | Fact::Priority
                | Fact::Wait => {}
            }
        }
    }

    fn target(&mut self, site: &Configuration, target: &Target) {
        match &target.who {
            Who::Agent(agent) => self.agent(site, "steps, target", agent),
            Who::Group(group) => self.names("steps, target", ObjectKind::AgentGroup, [group]),
            Who::LastAgent { .. } => {}
            Who::Skills(text) => self.expression("steps, target", text),
        }
    }

    fn goal(&mut self, site: &Configuration, field: &'static str, goal: &Goal) {
        match goal {
            Goal::Agent(agent) => self.agent(site, field, agent),
            Goal::Dn(dn) | Goal::RoutePoint(dn) => self.names(field, ObjectKind::Dn, [dn]),
            Goal::Number(_) => {}
        }
    }

    /// Agents are named by employee id, persons are kept by log-in name.
    fn agent(&mut self, site: &Configuration, field: &'static str, agent: &model::AgentId) {
        let user = site.agent(agent).map_or(agent.as_str(), |person| person.user_name.as_str());
        self.names(field, ObjectKind::Person, [user]);
    }
}
