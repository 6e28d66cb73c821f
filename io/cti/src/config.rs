//! `cordboard.config.v1.ConfigurationServer`: the site's objects, without passwords.

use std::sync::Arc;

use model::{
    Configuration, Dn,
    config::{DnKind, DnObject, Person, Role},
};
use proto::config::v1 as pb;
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use crate::watching::{Versions, versions};

/// The service on 5000.
#[derive(Debug)]
pub struct Config {
    configuration: watch::Receiver<Arc<Configuration>>,
    stop: watch::Receiver<bool>,
}

impl Config {
    /// A service that reads what is published.
    pub fn new(
        configuration: watch::Receiver<Arc<Configuration>>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self { configuration, stop }
    }
}

#[tonic::async_trait]
impl pb::configuration_server_server::ConfigurationServer for Config {
    type WatchConfigurationStream = Versions<pb::Configuration>;

    async fn read_configuration(
        &self,
        _: Request<pb::ReadConfigurationRequest>,
    ) -> Result<Response<pb::Configuration>, Status> {
        let configuration = Arc::clone(&self.configuration.borrow());
        Ok(Response::new(message(&configuration)))
    }

    async fn watch_configuration(
        &self,
        _: Request<pb::ReadConfigurationRequest>,
    ) -> Result<Response<Self::WatchConfigurationStream>, Status> {
        let (source, stop) = (self.configuration.clone(), self.stop.clone());
        Ok(Response::new(versions(source, stop, message)))
    }
}

fn message(configuration: &Configuration) -> pb::Configuration {
    let switch = &configuration.switch;
    let places = configuration.places.iter().map(|(name, place)| pb::Place {
        name: name.to_string(),
        dns: place.dns.iter().map(Dn::to_string).collect(),
    });
    let strategies = configuration.strategies.iter().map(|(name, strategy)| pb::Strategy {
        name: name.to_string(),
        skills: strategy.skills.clone(),
        virtual_queue: strategy.virtual_queue.as_ref().map(Dn::to_string).unwrap_or_default(),
        attach_customer: strategy.attach_customer,
        no_answer_timeout: strategy.no_answer_s,
        record: strategy.record,
    });
    let trunks = configuration.trunks.iter().map(|(name, trunk)| pb::Trunk {
        name: name.to_string(),
        accept_from: trunk.accept_from.iter().map(ToString::to_string).collect(),
        contact: trunk.contact.clone(),
        probe_seconds: trunk.probe_s,
    });
    pb::Configuration {
        version: configuration.version,
        switch: Some(pb::Switch {
            name: switch.name.clone(),
            server: u32::from(switch.server),
            domain: switch.domain.clone(),
        }),
        persons: configuration.persons.values().map(person_message).collect(),
        places: places.collect(),
        dns: configuration.dns.iter().map(|(dn, object)| dn_message(dn, object)).collect(),
        skills: configuration.skills.iter().map(ToString::to_string).collect(),
        strategies: strategies.collect(),
        trunks: trunks.collect(),
    }
}

fn person_message(person: &Person) -> pb::Person {
    let role_name = |role: &Role| match role {
        Role::Admin => "Admin".to_owned(),
        Role::Agent => "Agent".to_owned(),
        Role::Supervisor => "Supervisor".to_owned(),
    };
    let levels = person.skills.iter();
    pb::Person {
        user_name: person.user_name.to_string(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        employee_id: person.employee_id.to_string(),
        roles: person.roles.iter().map(role_name).collect(),
        place: person.place.as_ref().map(ToString::to_string).unwrap_or_default(),
        skill_levels: levels
            .map(|(skill, level)| pb::SkillLevel { skill: skill.to_string(), level: *level })
            .collect(),
        wrapup_time: person.wrap_up_s,
        auto_answer: person.auto_answer,
    }
}

fn dn_message(dn: &Dn, object: &DnObject) -> pb::Dn {
    let kind = match &object.kind {
        DnKind::Extension { password, cti_control, reject_not_ready, record } => {
            pb::dn::Type::Extension(pb::Extension {
                has_password: password.is_some(),
                sip_cti_control: *cti_control,
                reject_call_notready: *reject_not_ready,
                record: record.as_str().into(),
            })
        }
        DnKind::RoutePoint { dnis, strategy } => pb::dn::Type::RoutePoint(pb::RoutePoint {
            dnis: dnis.clone(),
            strategy: strategy.to_string(),
        }),
        DnKind::VirtualQueue => pb::dn::Type::VirtualQueue(pb::VirtualQueue {}),
    };
    pb::Dn {
        number: dn.to_string(),
        alias: object.alias.clone().unwrap_or_default(),
        r#type: Some(kind),
    }
}
