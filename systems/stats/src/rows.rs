//! The tables of agents and skills.

use std::collections::BTreeMap;

use model::{
    Configuration, UserName,
    config::Role,
    id::GroupName,
    monitor::{AgentRow, AgentStatus, SkillRow},
};

use crate::Stats;

/// Who is in which agent group; asked every second, so worked out once.
#[derive(Debug, Default)]
pub struct Teams(BTreeMap<UserName, Vec<GroupName>>);

impl Teams {
    pub fn of(site: &Configuration) -> Self {
        let mut teams: BTreeMap<UserName, Vec<GroupName>> = BTreeMap::new();
        for (name, group) in &site.agent_groups {
            let Ok(membership) = group.membership() else { continue };
            for (user, _) in site.persons.iter().filter(|(_, person)| membership.has(person)) {
                teams.entry(user.clone()).or_default().push(name.clone());
            }
        }
        Self(teams)
    }
}

impl Stats {
    /// Every agent, by name of the user.
    pub(crate) fn agent_rows(&self) -> Vec<AgentRow> {
        let agents = self.configuration.persons.iter();
        let agents = agents.filter(|(_, person)| person.roles.contains(&Role::Agent));
        agents
            .map(|(user, person)| {
                let sight = self.agents.sight(&person.employee_id);
                let call = sight.as_ref().and_then(|here| Some((here.call?, here.dn)));
                let call = call.and_then(|(conn, dn)| self.live.seen_from(conn, dn));
                let (call, customer) = call.map_or((None, None), |(id, who)| (Some(id), who));
                AgentRow {
                    user: user.clone(),
                    name: person.full_name(),
                    agent: person.employee_id.clone(),
                    dn: sight.as_ref().map(|here| here.dn.clone()),
                    state: sight.as_ref().map_or(AgentStatus::LoggedOut, |here| here.status),
                    reason: sight
                        .as_ref()
                        .filter(|here| here.status == AgentStatus::NotReady)
                        .and_then(|here| here.reason.map(str::to_owned)),
                    since_ms: sight.as_ref().map(|here| here.since_ms),
                    call,
                    customer,
                    skills: person
                        .skills
                        .iter()
                        .filter(|(_, level)| **level > 0)
                        .map(|(skill, _)| skill.clone())
                        .collect(),
                    teams: self.teams.0.get(user).cloned().unwrap_or_default(),
                }
            })
            .collect()
    }

    /// Every skill with the agents who have it.
    pub(crate) fn skill_rows(&self) -> Vec<SkillRow> {
        let empty = |name: &model::SkillName| SkillRow {
            name: name.clone(),
            logged_in: 0,
            ready: 0,
            on_call: 0,
            after_call_work: 0,
            not_ready: 0,
            reasons: BTreeMap::new(),
        };
        let skills = self.configuration.skills.iter();
        let mut rows: BTreeMap<_, _> = skills.map(|name| (name.clone(), empty(name))).collect();
        for person in self.configuration.persons.values() {
            let Some(here) = self.agents.sight(&person.employee_id) else { continue };
            for skill in person.skills.iter().filter(|(_, level)| **level > 0).map(|(s, _)| s) {
                let Some(row) = rows.get_mut(skill) else { continue };
                let count = match here.status {
                    AgentStatus::AfterCallWork => &mut row.after_call_work,
                    AgentStatus::LoggedOut => continue,
                    AgentStatus::NotReady => {
                        let reason = here.reason.unwrap_or_default().to_owned();
                        *row.reasons.entry(reason).or_default() += 1;
                        &mut row.not_ready
                    }
                    AgentStatus::OnCall => &mut row.on_call,
                    AgentStatus::Ready => &mut row.ready,
                };
                *count += 1;
                row.logged_in += 1;
            }
        }
        rows.into_values().collect()
    }
}
