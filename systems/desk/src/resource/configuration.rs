//! `/api/v2/configuration`: every object of the site, by its table and its key.
//!
//! Reading is answered here, from the configuration in force. A change goes to the directory with
//! the version that whoever asks has seen; passwords are hashed on the way. What is secret is never
//! shown: persons' password hashes and phones' passwords. Left out of a change, they stay.

use model::{
    Now,
    api::{ApiId, ApiOutput, AuditPage, FileWork, SoundWork},
    config::{
        Audit, Change, ChangeRefusal, Conflict, Difference, DnKind, Edit, Object, ObjectKind,
        Privilege,
    },
};
use serde_json::{Map, Value, json};
use wire_rest::{Problem, StatusCode};

use crate::{
    Desk, Output,
    dispatch::{Ask, unknown},
    http::{Caller, ReplyTo},
    router::Op,
};

/// A change whose answer or whose passwords are awaited.
#[derive(Debug)]
pub(crate) struct Changing {
    reply: ReplyTo,
    who: String,
    change: Change,
    is_plan: bool,
    /// Persons whose hashes are awaited, by their place among the edits.
    hashes_for: Vec<usize>,
}

/// Edits as they were sent, with what is not yet as it is kept.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub edits: Vec<Edit>,
    passwords: Vec<String>,
    hashes_for: Vec<usize>,
}

impl Desk {
    pub(crate) fn configuration(&mut self, op: Op, caller: Caller, ask: &Ask) {
        let answer = match op {
            Op::ConfigurationKinds => self.kinds(&caller),
            Op::ConfigurationRead => self.read_objects(&caller, ask),
            Op::ConfigurationAudit => return self.audit_log(caller, ask),
            Op::ConfigurationApply | Op::ConfigurationExport | Op::ConfigurationImport => {
                return self.configuration_file(op, caller, ask);
            }
            Op::ConfigurationSoundDelete | Op::ConfigurationSoundPut | Op::ConfigurationSounds => {
                return self.sounds(op, caller, ask);
            }
            _ => match self.draft(op, &caller, ask) {
                Ok((version, draft, is_plan)) => {
                    return self.change(caller, version, draft, is_plan);
                }
                Err(problem) => Err(problem),
            },
        };
        match answer {
            Ok(body) => self.succeed(caller.reply, &body),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    /// The passwords of a change are hashed.
    pub(crate) fn passwords_hashed(&mut self, id: ApiId, hashes: Vec<String>) {
        let Some(changing) = self.changing.get_mut(&id) else { return };
        let places = std::mem::take(&mut changing.hashes_for);
        for (at, hash) in places.into_iter().zip(hashes) {
            if let Some(Edit::Put(Object::Person(_, person))) = changing.change.edits.get_mut(at) {
                person.password_hash = hash;
            }
        }
        let (who, change) = (changing.who.clone(), changing.change.clone());
        let is_plan = changing.is_plan;
        self.out.push_back(Output::Change { id, who, change, is_plan });
    }

    /// What became of a change.
    pub(crate) fn changed(
        &mut self,
        id: ApiId,
        outcome: Result<(u64, Vec<Difference>), ChangeRefusal>,
    ) {
        let Some(changing) = self.changing.remove(&id) else { return };
        match outcome {
            Ok((version, differences)) => {
                let body = json!({
                    "statusCode": 0,
                    "version": version,
                    "changes": differences.iter().map(told).collect::<Vec<_>>(),
                });
                self.succeed(changing.reply, &body);
            }
            Err(ChangeRefusal::Conflict(conflict)) => {
                let body = self.conflict(&changing.change, &conflict);
                self.respond(changing.reply, 409, body.to_string());
            }
            Err(ChangeRefusal::Problems(problems)) => {
                let mut body = Problem::new(
                    422,
                    StatusCode::OutOfRange,
                    "configuration_invalid",
                    problems.first().cloned().unwrap_or_default(),
                )
                .to_json();
                set(&mut body, "problems", json!(problems));
                self.respond(changing.reply, 422, body.to_string());
            }
        }
    }

    /// Somebody changed something: everybody who may see it is told.
    pub(crate) fn configuration_changed(&mut self, now: Now, audit: &Audit) {
        let told = json!({
            "version": audit.version,
            "who": audit.who,
            "changes": audit.differences.iter().map(|one| json!({
                "kind": one.kind.table(), "key": one.name, "sort": one.sort,
            })).collect::<Vec<_>>(),
        });
        let may = |desk: &Self, user: &model::UserName| {
            let person = desk.configuration.persons.get(user);
            person
                .is_some_and(|person| desk.configuration.may(person, Privilege::ReadConfiguration))
        };
        let users: Vec<model::UserName> =
            self.configuration.persons.keys().filter(|user| may(self, user)).cloned().collect();
        for user in users {
            self.push(now, &user, CHANNEL, |_| told.clone());
        }
    }

    fn kinds(&self, caller: &Caller) -> Result<Value, Problem> {
        self.require(caller, Privilege::ReadConfiguration)?;
        let kind = |kind: &ObjectKind| {
            json!({
                "kind": kind.table(),
                "name": kind.title(),
                "count": self.configuration.names(*kind).len(),
                "mayChange": self.may(caller, Privilege::to_change(*kind)),
            })
        };
        let kinds: Vec<Value> = ObjectKind::ALL.iter().map(kind).collect();
        Ok(json!({ "statusCode": 0, "version": self.configuration.version, "kinds": kinds }))
    }

    /// A page of a table, or one object.
    fn read_objects(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        self.require(caller, Privilege::ReadConfiguration)?;
        let (kind, key) = address(&ask.param)?;
        let version = self.configuration.version;
        let Some(key) = key else { return self.page(kind, ask) };
        let object = self.configuration.object(kind, key).ok_or_else(|| {
            unknown(&kind.title().to_lowercase())
                .hint(format!("GET {ROOT}/{} lists them.", kind.table()))
        })?;
        Ok(json!({ "statusCode": 0, "version": version, "key": key, "object": shown(&object) }))
    }

    fn page(&self, kind: ObjectKind, ask: &Ask) -> Result<Value, Problem> {
        let number = |name: &str, usual: usize| match ask.query.value(name) {
            None | Some("") => Ok(usual),
            Some(text) => text.parse().map_err(|_| Problem::out_of_range(name, "is no number")),
        };
        let (offset, limit) = (number("offset", 0)?, number("limit", PAGE)?.min(PAGE_MAX));
        let search = ask.query.value("search").unwrap_or_default().to_lowercase();
        let mut items: Vec<(&str, Value)> = Vec::new();
        for name in self.configuration.names(kind) {
            let Some(object) = self.configuration.object(kind, name) else { continue };
            let body = shown(&object);
            let fits = search.is_empty()
                || name.to_lowercase().contains(&search)
                || body.to_string().to_lowercase().contains(&search);
            if fits && self.passes(&body, ask) {
                items.push((name, body));
            }
        }
        if let Some(field) = ask.query.value("sort").filter(|field| !field.is_empty()) {
            let (field, falls) = match field.strip_prefix('-') {
                Some(field) => (field, true),
                None => (field, false),
            };
            items.sort_by_cached_key(|(_, body)| at(body, field).map(text_of).unwrap_or_default());
            if falls {
                items.reverse();
            }
        }
        let total = items.len();
        let page: Vec<Value> = items
            .into_iter()
            .skip(offset)
            .take(limit)
            .map(|(key, object)| json!({ "key": key, "object": object }))
            .collect();
        Ok(json!({
            "statusCode": 0, "version": self.configuration.version, "total": total,
            "offset": offset, "items": page,
        }))
    }

    /// Whether an object has what the query's other parameters name: `place=5001`.
    fn passes(&self, body: &Value, ask: &Ask) -> bool {
        let own = ["offset", "limit", "search", "sort"];
        ask.query.pairs().filter(|(name, _)| !own.contains(name)).all(|(name, wanted)| {
            match at(body, name) {
                Some(Value::Array(values)) => values.iter().any(|one| text_of(one) == wanted),
                Some(value) => text_of(value) == wanted,
                None => wanted.is_empty(),
            }
        })
    }

    /// What is to be changed, and on which version.
    fn draft(&self, op: Op, caller: &Caller, ask: &Ask) -> Result<(u64, Draft, bool), Problem> {
        let mut draft = Draft::default();
        let (version, is_plan) = match op {
            Op::ConfigurationDelete => {
                let (kind, key) = address(&ask.param)?;
                let key = key.ok_or_else(|| unknown("resource"))?;
                draft.edits.push(Edit::Delete(kind, key.to_owned()));
                let version =
                    ask.query.value("version").ok_or_else(|| Problem::missing("version"))?;
                let version = version.parse();
                (version.map_err(|_| Problem::out_of_range("version", "is no number"))?, false)
            }
            Op::ConfigurationPut => {
                let (kind, key) = address(&ask.param)?;
                let key = key.ok_or_else(|| unknown("resource"))?;
                let body = body(ask)?;
                self.put(&mut draft, kind, key, body.get("object"))?;
                (version_of(&body)?, false)
            }
            _ => {
                let body = body(ask)?;
                let edits = body.get("edits").and_then(Value::as_array);
                for edit in edits.ok_or_else(|| Problem::missing("edits"))? {
                    self.edit(&mut draft, edit)?;
                }
                let is_plan = body.get("plan").and_then(Value::as_bool).unwrap_or(false);
                (version_of(&body)?, is_plan)
            }
        };
        for edit in &draft.edits {
            self.require(caller, self.privilege_for(edit))?;
        }
        Ok((version, draft, is_plan))
    }

    pub(super) fn edit(&self, draft: &mut Draft, edit: &Value) -> Result<(), Problem> {
        let named = |what: &Value| -> Result<(ObjectKind, String), Problem> {
            let text = |name: &str| what.get(name).and_then(Value::as_str);
            let kind = text("kind").ok_or_else(|| Problem::missing("kind"))?;
            let key = text("key").ok_or_else(|| Problem::missing("key"))?;
            Ok((kind_of(kind)?, key.to_owned()))
        };
        if let Some(put) = edit.get("put") {
            let (kind, key) = named(put)?;
            return self.put(draft, kind, &key, put.get("object"));
        }
        let delete = edit.get("delete").ok_or_else(|| Problem::missing("put"))?;
        let (kind, key) = named(delete)?;
        draft.edits.push(Edit::Delete(kind, key));
        Ok(())
    }

    fn put(
        &self,
        draft: &mut Draft,
        kind: ObjectKind,
        key: &str,
        object: Option<&Value>,
    ) -> Result<(), Problem> {
        let mut body = object.cloned().ok_or_else(|| Problem::missing("object"))?;
        if !body.is_object() {
            return Err(Problem::out_of_range("object", "is no object"));
        }
        let password = match kind {
            ObjectKind::Person => take(&mut body, "password"),
            _ => None,
        };
        let before = self.configuration.object(kind, key);
        keep_secrets(before.as_ref(), &mut body);
        let object = Object::read(kind, key, body).map_err(|error| {
            let title = kind.title();
            Problem::new(
                422,
                StatusCode::OutOfRange,
                "configuration_invalid",
                format!("{title} {key}: {error}."),
            )
        })?;
        if let Some(Value::String(password)) = password
            && !password.is_empty()
        {
            draft.hashes_for.push(draft.edits.len());
            draft.passwords.push(password);
        }
        draft.edits.push(Edit::Put(object));
        Ok(())
    }

    fn change(&mut self, caller: Caller, base_version: u64, draft: Draft, is_plan: bool) {
        let id = caller.reply.id;
        let Draft { edits, passwords, hashes_for } = draft;
        let change = Change { base_version, edits };
        let who = caller.user.to_string();
        let changing = Changing {
            reply: caller.reply,
            who: who.clone(),
            change: change.clone(),
            is_plan,
            hashes_for,
        };
        self.changing.insert(id, changing);
        if passwords.is_empty() {
            self.out.push_back(Output::Change { id, who, change, is_plan });
        } else {
            self.say(ApiOutput::HashPasswords { id, passwords });
        }
    }

    /// Both versions of what two have changed.
    fn conflict(&self, change: &Change, conflict: &Conflict) -> Value {
        let mut body = Problem::new(
            409,
            StatusCode::NotValidNow,
            "configuration_changed",
            conflict.to_string(),
        )
        .hint("Read the objects again, change them, and send the version that you read.")
        .to_json();
        let touched = |edit: &&Edit| {
            let (kind, name) = edit.about();
            let changed = conflict.changed.as_ref();
            changed.is_none_or(|changed| changed.contains(&(kind, name.to_owned())))
        };
        let both = |edit: &Edit| {
            let (kind, name) = edit.about();
            let yours = match edit {
                Edit::Delete(..) => Value::Null,
                Edit::Put(object) => shown(object),
            };
            let current = self.configuration.object(kind, name);
            json!({
                "kind": kind.table(), "key": name, "yours": yours,
                "current": current.as_ref().map(shown),
            })
        };
        let objects: Vec<Value> = change.edits.iter().filter(touched).map(both).collect();
        set(&mut body, "version", json!(conflict.version));
        set(&mut body, "yourVersion", json!(conflict.base_version));
        let current = objects.first().and_then(|one| one.get("current")).cloned();
        set(&mut body, "current", current.unwrap_or_default());
        set(&mut body, "objects", json!(objects));
        body
    }

    fn audit_log(&mut self, caller: Caller, ask: &Ask) {
        let query = self.require(&caller, Privilege::ReadConfiguration).and_then(|()| {
            let text = |name: &str| ask.query.value(name).filter(|text| !text.is_empty());
            let number = |name: &str, usual: u32| match text(name) {
                None => Ok(usual),
                Some(text) => text.parse().map_err(|_| Problem::out_of_range(name, "is no number")),
            };
            Ok(AuditPage {
                kind: text("kind").map(kind_of).transpose()?,
                name: text("key").map(str::to_owned),
                who: text("who").map(str::to_owned),
                offset: number("offset", 0)?,
                limit: number("limit", AUDIT_PAGE)?.min(AUDIT_PAGE_MAX),
            })
        });
        match query {
            Ok(query) => self.say(ApiOutput::Audit { id: caller.reply.id, query }),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    fn configuration_file(&mut self, op: Op, caller: Caller, ask: &Ask) {
        let is_so = |name: &str| ask.query.value(name).is_some_and(|text| text == "true");
        let text = || {
            let text = String::from_utf8(ask.body.clone());
            text.map_err(|_| Problem::out_of_range("body", "is no text in UTF-8"))
        };
        let work = match (op, ask.param.as_str()) {
            (Op::ConfigurationApply, _) => {
                let (is_plan, prunes) = (is_so("plan"), is_so("prune"));
                text().map(|text| FileWork::Apply { text, is_plan, prunes })
            }
            (Op::ConfigurationImport, what @ ("agents" | "dns")) => {
                text().map(|text| FileWork::Import {
                    what: what.to_owned(),
                    text,
                    is_plan: is_so("plan"),
                    skips_bad: is_so("partial"),
                })
            }
            (Op::ConfigurationExport, _) => {
                let format = ask.query.value("format").unwrap_or("toml").to_owned();
                Ok(FileWork::Export { format })
            }
            _ => Err(unknown("kind of file").hint("There are agents and dns.")),
        };
        let work = work.and_then(|work| {
            // A file can hold anything; one that is taken out holds phones' passwords.
            let needed = [
                Privilege::ChangePersons,
                Privilege::ChangeRoles,
                Privilege::ChangeRouting,
                Privilege::ChangeTelephony,
            ];
            needed.iter().try_for_each(|privilege| self.require(&caller, *privilege))?;
            Ok(work)
        });
        match work {
            Ok(work) => {
                let (id, asked_by) = (caller.reply.id, caller.user);
                self.say(ApiOutput::ConfigurationFile { id, asked_by, work });
            }
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    /// Sound files are no objects, but what objects of media name.
    fn sounds(&mut self, op: Op, caller: Caller, ask: &Ask) {
        let path = || match ask.query.value("path").unwrap_or_default() {
            "" => {
                Err(Problem::out_of_range("path", "is missing").hint("Add ?path=en/welcome.wav."))
            }
            path => Ok(path.to_owned()),
        };
        let (needed, work) = match op {
            Op::ConfigurationSoundDelete => {
                (Privilege::ChangeRouting, path().map(|path| SoundWork::Remove { path }))
            }
            Op::ConfigurationSoundPut => {
                let bytes = || ask.body.clone();
                let work = path().map(|path| SoundWork::Write { path, bytes: bytes() });
                (Privilege::ChangeRouting, work)
            }
            _ if ask.query.value("path").is_some() => {
                (Privilege::ReadConfiguration, path().map(|path| SoundWork::Read { path }))
            }
            _ => (Privilege::ReadConfiguration, Ok(SoundWork::List)),
        };
        match self.require(&caller, needed).and(work) {
            Ok(work) => {
                let (id, asked_by) = (caller.reply.id, caller.user);
                self.say(ApiOutput::SoundFile { id, asked_by, work });
            }
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    /// What an edit takes. Whoever gives a person another kind gives privileges.
    fn privilege_for(&self, edit: &Edit) -> Privilege {
        let (kind, name) = edit.about();
        match edit {
            Edit::Put(Object::Person(user, person)) => {
                let before = self.configuration.persons.get(user).map(|person| &person.roles);
                let is_same =
                    before.map_or(person.roles.is_empty(), |before| *before == person.roles);
                let is_agent = person.roles.iter().all(|role| *role == model::config::Role::Agent);
                match is_same || before.is_none() && is_agent {
                    true => Privilege::ChangePersons,
                    false => Privilege::ChangeRoles,
                }
            }
            Edit::Put(Object::Dn(_, dn)) => match dn.kind {
                DnKind::RoutePoint { .. } | DnKind::VirtualQueue => Privilege::ChangeRouting,
                DnKind::Extension { .. } => Privilege::ChangeTelephony,
            },
            Edit::Delete(ObjectKind::Dn, _) => {
                match self.configuration.dns.get(name).map(|dn| &dn.kind) {
                    Some(DnKind::RoutePoint { .. } | DnKind::VirtualQueue) => {
                        Privilege::ChangeRouting
                    }
                    Some(DnKind::Extension { .. }) | None => Privilege::ChangeTelephony,
                }
            }
            Edit::Delete(..) | Edit::Put(_) => Privilege::to_change(kind),
        }
    }

    fn may(&self, caller: &Caller, privilege: Privilege) -> bool {
        let person = self.configuration.persons.get(&caller.user);
        person.is_some_and(|person| self.configuration.may(person, privilege))
    }

    pub(super) fn require(&self, caller: &Caller, privilege: Privilege) -> Result<(), Problem> {
        let refused = || {
            let message = format!("This needs the privilege {}.", privilege.as_str());
            Problem::new(403, StatusCode::NoPermission, "PrivilegeMissing", message)
                .hint("An administrator can give it by a role.")
        };
        self.may(caller, privilege).then_some(()).ok_or_else(refused)
    }
}

/// The table and the key of a path's end.
fn address(path: &str) -> Result<(ObjectKind, Option<&str>), Problem> {
    match path.split_once('/') {
        Some((kind, key)) => Ok((kind_of(kind)?, Some(key))),
        None => Ok((kind_of(path)?, None)),
    }
}

fn kind_of(word: &str) -> Result<ObjectKind, Problem> {
    let known = ObjectKind::ALL.iter();
    let found = known.copied().find(|kind| kind.table() == word || kind.as_str() == word);
    found.ok_or_else(|| {
        let tables: Vec<&str> = ObjectKind::ALL.iter().map(|kind| kind.table()).collect();
        unknown("kind of object").hint(format!("There are {}.", tables.join(", ")))
    })
}

pub(super) fn body(ask: &Ask) -> Result<Value, Problem> {
    serde_json::from_slice(&ask.body).map_err(|_| Problem::malformed())
}

fn version_of(body: &Value) -> Result<u64, Problem> {
    let version = body.get("version").and_then(Value::as_u64);
    version.ok_or_else(|| {
        Problem::missing("version").hint("Send the version that you read the object under.")
    })
}

fn told(difference: &Difference) -> Value {
    json!({
        "kind": difference.kind.table(),
        "key": difference.name,
        "sort": difference.sort,
        "fields": difference.fields,
    })
}

/// An object's fields without what is secret.
fn shown(object: &Object) -> Value {
    let mut body = object.body().unwrap_or_else(|_| Value::Object(Map::new()));
    match object {
        Object::Person(_, person) => {
            take(&mut body, "password_hash");
            set(&mut body, "has_password", json!(!person.password_hash.is_empty()));
        }
        Object::Dn(..) => {
            if let Some(extension) = body.pointer_mut("/kind/extension") {
                take(extension, "password");
            }
        }
        Object::Trunk(..) => {
            if let Some(account) = body.get_mut("account") {
                take(account, "password");
            }
        }
        _ => {}
    }
    body
}

/// What is never shown and was not sent again stays as it is.
fn keep_secrets(before: Option<&Object>, body: &mut Value) {
    take(body, "has_password");
    match before {
        Some(Object::Person(_, person)) => {
            if body.get("password_hash").is_none() {
                set(body, "password_hash", json!(person.password_hash));
            }
        }
        Some(Object::Dn(_, dn)) => {
            if let DnKind::Extension { password: Some(password), .. } = &dn.kind
                && let Some(extension) = body.pointer_mut("/kind/extension")
                && extension.get("password").is_none()
            {
                set(extension, "password", json!(password));
            }
        }
        Some(Object::Trunk(_, trunk)) => {
            let known = trunk.account.as_ref().and_then(|account| account.password.as_ref());
            if let Some(password) = known
                && let Some(account) = body.get_mut("account").filter(|account| account.is_object())
                && account.get("password").is_none()
            {
                set(account, "password", json!(password));
            }
        }
        Some(_) | None => {}
    }
}

fn set(body: &mut Value, field: &str, value: Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

fn take(body: &mut Value, field: &str) -> Option<Value> {
    body.as_object_mut()?.shift_remove(field)
}

/// A field by its way: `skills.Support`.
fn at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(body, |value, name| value.get(name))
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

const CHANNEL: &str = "/v2/configuration";
const ROOT: &str = "/api/v2/configuration";
/// Objects of one page.
const PAGE: usize = 100;
const PAGE_MAX: usize = 10_000;
const AUDIT_PAGE: u32 = 50;
const AUDIT_PAGE_MAX: u32 = 1_000;
