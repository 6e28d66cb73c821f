//! `cordboard.config.v1.ConfigurationServer`: the site's objects, without passwords.

use std::sync::Arc;

use model::{
    Configuration, Dn,
    config::{Audit, DnKind, DnObject, Person, Role},
};
use proto::config::v1 as pb;
use tokio::sync::{broadcast, watch};
use tonic::{Request, Response, Status};

use crate::{
    config_objects::{self as objects, AskDesk, Call, Caller, Changes, ask, ask_json},
    watching::{Versions, versions},
};

/// The service on 5000.
pub struct Config {
    /// The configuration as published.
    pub configuration: watch::Receiver<Arc<Configuration>>,
    /// Who answers for objects.
    pub desk: AskDesk,
    /// Who changed what.
    pub changes: broadcast::Sender<Arc<Audit>>,
    /// The server ends.
    pub stop: watch::Receiver<bool>,
}

#[tonic::async_trait]
impl pb::configuration_server_server::ConfigurationServer for Config {
    type WatchChangesStream = Changes;
    type WatchConfigurationStream = Versions<pb::Configuration>;

    async fn list_objects(
        &self,
        request: Request<pb::ListObjectsRequest>,
    ) -> Result<Response<pb::ListObjectsResponse>, Status> {
        let caller = Caller::of(&request);
        let wish = request.into_inner();
        let mut call = Call::get(&wish.kind)
            .with_number("offset", wish.offset)
            .with_number("limit", wish.limit)
            .with("search", &wish.search)
            .with("sort", &wish.sort);
        for (field, value) in &wish.filters {
            call = call.with(field, value);
        }
        let body = ask_json(&self.desk, &caller, call).await?;
        Ok(Response::new(objects::objects(&wish.kind, &body)))
    }

    async fn get_object(
        &self,
        request: Request<pb::GetObjectRequest>,
    ) -> Result<Response<pb::GetObjectResponse>, Status> {
        let caller = Caller::of(&request);
        let pb::GetObjectRequest { kind, key } = request.into_inner();
        let body = ask_json(&self.desk, &caller, Call::get(&format!("{kind}/{key}"))).await?;
        let object = objects::object(&kind, &body);
        let version = objects::version(&body);
        Ok(Response::new(pb::GetObjectResponse { version, object: Some(object) }))
    }

    async fn change_objects(
        &self,
        request: Request<pb::ChangeObjectsRequest>,
    ) -> Result<Response<pb::ChangeResponse>, Status> {
        let caller = Caller::of(&request);
        let call = Call::post("changes", objects::edits(request.get_ref())?);
        Ok(Response::new(objects::changed(&ask_json(&self.desk, &caller, call).await?)))
    }

    async fn apply_file(
        &self,
        request: Request<pb::ApplyFileRequest>,
    ) -> Result<Response<pb::ChangeResponse>, Status> {
        let caller = Caller::of(&request);
        let pb::ApplyFileRequest { text, plan, prune } = request.into_inner();
        let call = Call::post("apply", text).with_flag("plan", plan).with_flag("prune", prune);
        Ok(Response::new(objects::changed(&ask_json(&self.desk, &caller, call).await?)))
    }

    async fn export_file(
        &self,
        request: Request<pb::ExportFileRequest>,
    ) -> Result<Response<pb::ExportFileResponse>, Status> {
        let caller = Caller::of(&request);
        let call = Call::get("export").with("format", &request.get_ref().format);
        let body = ask(&self.desk, &caller, call).await?;
        let text = String::from_utf8(body);
        let text = text.map_err(|_| Status::internal("The file is no text."))?;
        Ok(Response::new(pb::ExportFileResponse { text }))
    }

    async fn import_table(
        &self,
        request: Request<pb::ImportTableRequest>,
    ) -> Result<Response<pb::ChangeResponse>, Status> {
        let caller = Caller::of(&request);
        let pb::ImportTableRequest { table, csv, plan, partial } = request.into_inner();
        let call = Call::post(&format!("import/{table}"), csv)
            .with_flag("plan", plan)
            .with_flag("partial", partial);
        Ok(Response::new(objects::changed(&ask_json(&self.desk, &caller, call).await?)))
    }

    async fn read_audit(
        &self,
        request: Request<pb::ReadAuditRequest>,
    ) -> Result<Response<pb::ReadAuditResponse>, Status> {
        let caller = Caller::of(&request);
        let pb::ReadAuditRequest { kind, key, who, offset, limit } = request.into_inner();
        let call = Call::get("audit")
            .with("kind", &kind)
            .with("key", &key)
            .with("who", &who)
            .with_number("offset", offset)
            .with_number("limit", limit);
        Ok(Response::new(objects::audit(&ask_json(&self.desk, &caller, call).await?)))
    }

    async fn watch_changes(
        &self,
        request: Request<pb::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        // Subscribed before it is asked whether this may be, so that nothing is missed between.
        let changes = self.changes.subscribe();
        ask(&self.desk, &Caller::of(&request), Call::get("")).await?;
        Ok(Response::new(objects::watch(changes, self.stop.clone())))
    }

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
