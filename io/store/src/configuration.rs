//! The configuration as rows.

use std::{collections::BTreeMap, net::IpAddr};

use model::{
    Configuration,
    config::{
        Customer, DnKind, DnObject, DnRecord, PastContact, Person, Place, Role, Skill, Strategy,
        Switch, Trunk,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{Store, StoreError, objects};

/// See [`Store::load`]. One transaction, so that a save in between is seen whole or not at all.
pub async fn load(store: &Store) -> Result<Option<Configuration>, StoreError> {
    let failed = |source| store.query_error(READ, source);
    let mut transaction = store.pool.begin().await.map_err(failed)?;
    let switch = sqlx::query("SELECT version, name, server, domain FROM switch")
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
    let Some(switch) = switch else { return Ok(None) };
    let mut reader = Reader { store, connection: &mut transaction };
    let row = Fields { store, table: "switch", key: "1".into(), row: &switch };
    let mut site = Configuration {
        version: row.number("version")?,
        switch: Switch {
            name: row.text("name")?,
            server: row.number("server")?,
            domain: row.text("domain")?,
        },
        ..Configuration::default()
    };
    reader.skills(&mut site).await?;
    reader.strategies(&mut site).await?;
    reader.dns(&mut site).await?;
    reader.places(&mut site).await?;
    reader.persons(&mut site).await?;
    reader.trunks(&mut site).await?;
    reader.customers(&mut site).await?;
    objects::read(store, &mut transaction, &mut site).await?;
    Ok(Some(site))
}

/// See [`Store::save`].
pub async fn save(store: &Store, site: &Configuration) -> Result<(), StoreError> {
    let failed = |source| store.query_error(SAVE, source);
    let mut transaction = store.pool.begin().await.map_err(failed)?;
    write(&mut transaction, site).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

struct Reader<'a> {
    store: &'a Store,
    connection: &'a mut SqliteConnection,
}

impl<'a> Reader<'a> {
    async fn rows(&mut self, sql: &'static str) -> Result<Vec<SqliteRow>, StoreError> {
        sqlx::query(sql)
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|source| self.store.query_error(READ, source))
    }

    /// A row whose first column is its key.
    fn fields<'r>(&self, table: &'static str, row: &'r SqliteRow) -> Fields<'r>
    where
        'a: 'r,
    {
        Fields { store: self.store, table, key: row.try_get(0).unwrap_or_default(), row }
    }

    async fn skills(&mut self, site: &mut Configuration) -> Result<(), StoreError> {
        for row in self.rows("SELECT name, description FROM skills").await? {
            let row = self.fields("skills", &row);
            let skill = Skill { description: row.text("description")? };
            site.skills.objects_mut().insert(row.text("name")?.into(), skill);
        }
        Ok(())
    }

    async fn strategies(&mut self, site: &mut Configuration) -> Result<(), StoreError> {
        for row in self.rows("SELECT * FROM strategies").await? {
            let row = self.fields("strategies", &row);
            let strategy = Strategy {
                skills: row.text("skills")?,
                virtual_queue: row.optional("virtual_queue")?.map(Into::into),
                attach_customer: row.flag("attach_customer")?,
                no_answer_s: row.number("no_answer_s")?,
                record: row.maybe_flag("record")?,
                steps: row.json("steps")?,
                default: row
                    .optional("default_goal")?
                    .map(|_| row.json("default_goal"))
                    .transpose()?,
            };
            site.strategies.insert(row.text("name")?.into(), strategy);
        }
        Ok(())
    }

    async fn dns(&mut self, site: &mut Configuration) -> Result<(), StoreError> {
        let mut dnis: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let sql = "SELECT dnis, route_point FROM route_point_dnis ORDER BY route_point, position";
        for row in self.rows(sql).await? {
            let row = self.fields("route_point_dnis", &row);
            dnis.entry(row.text("route_point")?).or_default().push(row.text("dnis")?);
        }
        for row in self.rows("SELECT * FROM dns").await? {
            let row = self.fields("dns", &row);
            let dn = row.text("dn")?;
            let kind = match row.text("kind")?.as_str() {
                EXTENSION => DnKind::Extension {
                    password: row.optional("password")?,
                    cti_control: row.flag("cti_control")?,
                    reject_not_ready: row.flag("reject_not_ready")?,
                    record: row.record()?,
                },
                ROUTE_POINT => DnKind::RoutePoint {
                    dnis: dnis.remove(&dn).unwrap_or_default(),
                    strategy: row.text("strategy")?.into(),
                },
                VIRTUAL_QUEUE => DnKind::VirtualQueue,
                other => return Err(row.problem(format!("there is no kind `{other}`"))),
            };
            let object = DnObject {
                kind,
                alias: row.optional("alias")?,
                default_dn: row.optional("default_dn")?.map(Into::into),
                position: row.flag("position")?,
                options: row.json("options")?,
            };
            site.dns.insert(dn.into(), object);
        }
        Ok(())
    }

    async fn places(&mut self, site: &mut Configuration) -> Result<(), StoreError> {
        for row in self.rows("SELECT name FROM places").await? {
            let name = self.fields("places", &row).text("name")?;
            site.places.insert(name.into(), Place { dns: Vec::new() });
        }
        for row in self.rows("SELECT place, dn FROM place_dns ORDER BY place, position").await? {
            let row = self.fields("place_dns", &row);
            let place = site.places.get_mut(row.text("place")?.as_str());
            place.ok_or_else(|| row.orphan())?.dns.push(row.text("dn")?.into());
        }
        Ok(())
    }

    async fn persons(&mut self, site: &mut Configuration) -> Result<(), StoreError> {
        for row in self.rows("SELECT * FROM persons").await? {
            let row = self.fields("persons", &row);
            let person = Person {
                user_name: row.text("user_name")?.into(),
                first_name: row.text("first_name")?,
                last_name: row.text("last_name")?,
                employee_id: row.text("employee_id")?.into(),
                password_hash: row.text("password_hash")?,
                roles: [].into(),
                place: row.optional("place")?.map(Into::into),
                skills: BTreeMap::new(),
                wrap_up_s: row.number("wrap_up_s")?,
                auto_answer: row.flag("auto_answer")?,
            };
            site.persons.insert(person.user_name.clone(), person);
        }
        for row in self.rows("SELECT user_name, role FROM person_roles").await? {
            let row = self.fields("person_roles", &row);
            let role = match row.text("role")?.as_str() {
                "Admin" => Role::Admin,
                "Agent" => Role::Agent,
                "Supervisor" => Role::Supervisor,
                other => return Err(row.problem(format!("there is no role `{other}`"))),
            };
            let person = site.persons.get_mut(row.text("user_name")?.as_str());
            person.ok_or_else(|| row.orphan())?.roles.insert(role);
        }
        for row in self.rows("SELECT user_name, skill, level FROM person_skills").await? {
            let row = self.fields("person_skills", &row);
            let person = site.persons.get_mut(row.text("user_name")?.as_str());
            let skills = &mut person.ok_or_else(|| row.orphan())?.skills;
            skills.insert(row.text("skill")?.into(), row.number("level")?);
        }
        Ok(())
    }

    async fn trunks(&mut self, site: &mut Configuration) -> Result<(), StoreError> {
        for row in self.rows("SELECT * FROM trunks").await? {
            let row = self.fields("trunks", &row);
            let trunk = Trunk {
                accept_from: Vec::new(),
                contact: row.text("contact")?,
                domain: row.optional("domain")?,
                account: row.json("account")?,
                limits: row.json("limits")?,
                numbers: row.json("numbers")?,
                identity: row.json("identity")?,
                probe_s: row.number("probe_s")?,
                options: row.json("options")?,
            };
            site.trunks.insert(row.text("name")?.into(), trunk);
        }
        let sql = "SELECT trunk, address FROM trunk_sources ORDER BY trunk, position";
        for row in self.rows(sql).await? {
            let row = self.fields("trunk_sources", &row);
            let address = row.text("address")?;
            let address: IpAddr = address
                .parse()
                .map_err(|_| row.problem(format!("`{address}` is no IP address")))?;
            let trunk = site.trunks.get_mut(row.text("trunk")?.as_str());
            trunk.ok_or_else(|| row.orphan())?.accept_from.push(address);
        }
        Ok(())
    }

    async fn customers(&mut self, site: &mut Configuration) -> Result<(), StoreError> {
        for row in self.rows("SELECT * FROM customers").await? {
            let row = self.fields("customers", &row);
            let customer = Customer {
                id: row.text("id")?,
                name: row.text("name")?,
                account_type: row.text("account_type")?,
                reason: row.text("reason")?,
                contacts: Vec::new(),
            };
            site.customers.insert(row.text("number")?, customer);
        }
        for row in self.rows("SELECT * FROM past_contacts ORDER BY number, position").await? {
            let row = self.fields("past_contacts", &row);
            let customer = site.customers.get_mut(&row.text("number")?);
            customer.ok_or_else(|| row.orphan())?.contacts.push(PastContact {
                at: row.text("at")?,
                channel: row.text("channel")?,
                subject: row.text("subject")?,
                agent: row.text("agent")?,
                outcome: row.text("outcome")?,
            });
        }
        Ok(())
    }
}

/// One row, read by column.
struct Fields<'r> {
    store: &'r Store,
    table: &'static str,
    key: String,
    row: &'r SqliteRow,
}

impl Fields<'_> {
    fn text(&self, column: &str) -> Result<String, StoreError> {
        self.row.try_get(column).map_err(|source| self.problem(source.to_string()))
    }

    fn optional(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.row.try_get(column).map_err(|source| self.problem(source.to_string()))
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        let wrong = |error: serde_json::Error| self.problem(format!("{column}: {error}"));
        serde_json::from_str(&self.text(column)?).map_err(wrong)
    }

    fn flag(&self, column: &str) -> Result<bool, StoreError> {
        self.number::<u8>(column).map(|flag| flag != 0)
    }

    fn record(&self) -> Result<DnRecord, StoreError> {
        let word = self.text("record")?;
        word.parse().map_err(|_| self.problem(format!("record can't be `{word}`")))
    }

    fn maybe_flag(&self, column: &str) -> Result<Option<bool>, StoreError> {
        let flag: Option<i64> =
            self.row.try_get(column).map_err(|source| self.problem(source.to_string()))?;
        Ok(flag.map(|flag| flag != 0))
    }

    fn number<N: TryFrom<i64>>(&self, column: &str) -> Result<N, StoreError> {
        let number: i64 =
            self.row.try_get(column).map_err(|source| self.problem(source.to_string()))?;
        N::try_from(number)
            .map_err(|_| self.problem(format!("{column} {number} is out of its range")))
    }

    fn orphan(&self) -> StoreError {
        self.problem("it belongs to nothing".to_owned())
    }

    fn problem(&self, problem: String) -> StoreError {
        let (file, key) = (self.store.file.clone(), self.key.clone());
        StoreError::Row { file, table: self.table, key, problem }
    }
}

/// Writes a configuration in place of the present one.
pub async fn write(to: &mut SqliteConnection, site: &Configuration) -> Result<(), sqlx::Error> {
    for sql in CLEAR {
        sqlx::query(sql).execute(&mut *to).await?;
    }
    sqlx::query("INSERT INTO switch (id, version, name, server, domain) VALUES (1, ?, ?, ?, ?)")
        .bind(i64::try_from(site.version).unwrap_or(i64::MAX))
        .bind(&site.switch.name)
        .bind(site.switch.server)
        .bind(&site.switch.domain)
        .execute(&mut *to)
        .await?;
    for (name, Skill { description }) in site.skills.objects() {
        let query = sqlx::query("INSERT INTO skills (name, description) VALUES (?, ?)");
        query.bind(name.as_str()).bind(description).execute(&mut *to).await?;
    }
    for (name, strategy) in &site.strategies {
        let Strategy {
            skills,
            virtual_queue,
            attach_customer,
            no_answer_s,
            record,
            steps,
            default,
        } = strategy;
        sqlx::query(
            "INSERT INTO strategies (name, skills, virtual_queue, attach_customer, no_answer_s,
                                     record, steps, default_goal)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(name.as_str())
        .bind(skills)
        .bind(virtual_queue.as_ref().map(|queue| queue.as_str()))
        .bind(attach_customer)
        .bind(no_answer_s)
        .bind(record)
        .bind(json(steps)?)
        .bind(default.as_ref().map(json).transpose()?)
        .execute(&mut *to)
        .await?;
    }
    write_dns(to, site).await?;
    write_places(to, site).await?;
    for person in site.persons.values() {
        write_person(to, person).await?;
    }
    write_trunks(to, site).await?;
    write_customers(to, site).await?;
    objects::write(to, site).await
}

fn json<T: Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

async fn write_dns(to: &mut SqliteConnection, site: &Configuration) -> Result<(), sqlx::Error> {
    for (dn, DnObject { kind, alias, default_dn, position, options }) in &site.dns {
        let (reject_not_ready, record) = match kind {
            DnKind::Extension { reject_not_ready, record, .. } => (*reject_not_ready, *record),
            DnKind::RoutePoint { .. } | DnKind::VirtualQueue => (true, DnRecord::default()),
        };
        let (kind, password, cti_control, strategy, numbers) = match kind {
            DnKind::Extension { password, cti_control, .. } => {
                (EXTENSION, password.as_deref(), Some(*cti_control), None, &[][..])
            }
            DnKind::RoutePoint { dnis, strategy } => {
                (ROUTE_POINT, None, None, Some(strategy.as_str()), dnis.as_slice())
            }
            DnKind::VirtualQueue => (VIRTUAL_QUEUE, None, None, None, &[][..]),
        };
        sqlx::query(
            "INSERT INTO dns
                 (dn, kind, alias, password, cti_control, strategy, reject_not_ready, record,
                  default_dn, position, options)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(dn.as_str())
        .bind(kind)
        .bind(alias)
        .bind(password)
        .bind(cti_control)
        .bind(strategy)
        .bind(reject_not_ready)
        .bind(record.as_str())
        .bind(default_dn.as_ref().map(|dn| dn.as_str()))
        .bind(position)
        .bind(json(options)?)
        .execute(&mut *to)
        .await?;
        for (position, number) in (0_i64..).zip(numbers) {
            let sql = "INSERT INTO route_point_dnis (dnis, route_point, position) VALUES (?, ?, ?)";
            let query = sqlx::query(sql).bind(number).bind(dn.as_str()).bind(position);
            query.execute(&mut *to).await?;
        }
    }
    Ok(())
}

async fn write_places(to: &mut SqliteConnection, site: &Configuration) -> Result<(), sqlx::Error> {
    for (name, place) in &site.places {
        let query = sqlx::query("INSERT INTO places (name) VALUES (?)");
        query.bind(name.as_str()).execute(&mut *to).await?;
        for (position, dn) in (0_i64..).zip(&place.dns) {
            let sql = "INSERT INTO place_dns (place, position, dn) VALUES (?, ?, ?)";
            let query = sqlx::query(sql).bind(name.as_str()).bind(position).bind(dn.as_str());
            query.execute(&mut *to).await?;
        }
    }
    Ok(())
}

async fn write_person(to: &mut SqliteConnection, person: &Person) -> Result<(), sqlx::Error> {
    let user = person.user_name.as_str();
    sqlx::query(
        "INSERT INTO persons
             (user_name, first_name, last_name, employee_id, password_hash, place, wrap_up_s,
              auto_answer)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(user)
    .bind(&person.first_name)
    .bind(&person.last_name)
    .bind(person.employee_id.as_str())
    .bind(&person.password_hash)
    .bind(person.place.as_ref().map(|place| place.as_str()))
    .bind(person.wrap_up_s)
    .bind(person.auto_answer)
    .execute(&mut *to)
    .await?;
    for role in &person.roles {
        let role = match role {
            Role::Admin => "Admin",
            Role::Agent => "Agent",
            Role::Supervisor => "Supervisor",
        };
        let query = sqlx::query("INSERT INTO person_roles (user_name, role) VALUES (?, ?)");
        query.bind(user).bind(role).execute(&mut *to).await?;
    }
    for (skill, level) in &person.skills {
        let sql = "INSERT INTO person_skills (user_name, skill, level) VALUES (?, ?, ?)";
        let query = sqlx::query(sql).bind(user).bind(skill.as_str()).bind(level);
        query.execute(&mut *to).await?;
    }
    Ok(())
}

async fn write_trunks(to: &mut SqliteConnection, site: &Configuration) -> Result<(), sqlx::Error> {
    for (name, trunk) in &site.trunks {
        let Trunk {
            accept_from,
            contact,
            domain,
            account,
            limits,
            numbers,
            identity,
            probe_s,
            options,
        } = trunk;
        let sql = "INSERT INTO trunks (name, contact, domain, account, limits, numbers, identity, \
                   probe_s, options) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let query = sqlx::query(sql).bind(name.as_str()).bind(contact).bind(domain);
        let query = query.bind(json(account)?).bind(json(limits)?).bind(json(numbers)?);
        let query = query.bind(json(identity)?).bind(probe_s).bind(json(options)?);
        query.execute(&mut *to).await?;
        for (position, address) in (0_i64..).zip(accept_from) {
            let sql = "INSERT INTO trunk_sources (trunk, position, address) VALUES (?, ?, ?)";
            let query = sqlx::query(sql).bind(name.as_str()).bind(position);
            query.bind(address.to_string()).execute(&mut *to).await?;
        }
    }
    Ok(())
}

async fn write_customers(
    to: &mut SqliteConnection,
    site: &Configuration,
) -> Result<(), sqlx::Error> {
    for (number, customer) in &site.customers {
        let Customer { id, name, account_type, reason, contacts } = customer;
        sqlx::query(
            "INSERT INTO customers (number, id, name, account_type, reason)
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(number)
        .bind(id)
        .bind(name)
        .bind(account_type)
        .bind(reason)
        .execute(&mut *to)
        .await?;
        for (position, contact) in (0_i64..).zip(contacts) {
            let PastContact { at, channel, subject, agent, outcome } = contact;
            sqlx::query(
                "INSERT INTO past_contacts
                     (number, position, at, channel, subject, agent, outcome)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(number)
            .bind(position)
            .bind(at)
            .bind(channel)
            .bind(subject)
            .bind(agent)
            .bind(outcome)
            .execute(&mut *to)
            .await?;
        }
    }
    Ok(())
}

const CLEAR: [&str; 14] = [
    "DELETE FROM past_contacts",
    "DELETE FROM customers",
    "DELETE FROM trunk_sources",
    "DELETE FROM trunks",
    "DELETE FROM person_skills",
    "DELETE FROM person_roles",
    "DELETE FROM persons",
    "DELETE FROM place_dns",
    "DELETE FROM places",
    "DELETE FROM route_point_dnis",
    "DELETE FROM dns",
    "DELETE FROM strategies",
    "DELETE FROM skills",
    "DELETE FROM switch",
];

const EXTENSION: &str = "extension";
const ROUTE_POINT: &str = "route point";
const VIRTUAL_QUEUE: &str = "virtual queue";
const READ: &str = "read the configuration";
const SAVE: &str = "save the configuration";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use model::config::{
        Account, AssertedIdentity, NumberForm, Numbers, Object, ObjectKind, Options, TrunkLimits,
    };

    use super::*;

    /// One of everything, with what is optional once there and once not.
    fn site() -> Configuration {
        let extension = |password: Option<&str>, cti_control| {
            DnObject::new(DnKind::Extension {
                password: password.map(Into::into),
                cti_control,
                reject_not_ready: cti_control,
                record: if cti_control { DnRecord::Always } else { DnRecord::Never },
            })
        };
        let options = [("TServer".to_owned(), [("my-option".to_owned(), "1".to_owned())].into())];
        let route_point = DnObject {
            alias: Some("Support; \"the' line".into()),
            default_dn: Some("5002".into()),
            options: options.into(),
            ..DnObject::new(DnKind::RoutePoint {
                dnis: vec!["+18005551234".into(), "+15550000001".into()],
                strategy: "Support".into(),
            })
        };
        let strategy = Strategy {
            skills: "Support > 0".into(),
            virtual_queue: Some("VQ".into()),
            attach_customer: true,
            no_answer_s: 15,
            record: None,
            steps: Vec::new(),
            default: None,
        };
        let person = |user: &str, roles: &[Role], place: Option<&str>| Person {
            user_name: user.into(),
            first_name: "Żaneta".into(),
            last_name: "O'Hara".into(),
            employee_id: user.into(),
            password_hash: "$argon2id$".into(),
            roles: roles.iter().copied().collect(),
            place: place.map(Into::into),
            skills: [("Support".into(), 3)].into(),
            wrap_up_s: 20,
            auto_answer: roles.contains(&Role::Agent),
        };
        let contact = |at: &str| PastContact {
            at: at.into(),
            channel: "voice".into(),
            subject: "a".into(),
            agent: "b".into(),
            outcome: "c".into(),
        };
        let customer = Customer {
            id: "98765".into(),
            name: "Sample Customer".into(),
            account_type: "premium".into(),
            reason: "support".into(),
            contacts: vec![contact("2026-02-01T00:00:00Z"), contact("2026-01-01T00:00:00Z")],
        };
        let mut site = Configuration {
            version: 12,
            customers: [("5551234567".into(), customer)].into(),
            dns: [
                ("5000".into(), route_point),
                ("5001".into(), extension(Some("secret"), true)),
                ("5002".into(), extension(None, false)),
                ("VQ".into(), DnObject::new(DnKind::VirtualQueue)),
            ]
            .into(),
            persons: [
                ("a".into(), person("a", &[Role::Agent, Role::Supervisor], Some("desk"))),
                ("b".into(), person("b", &[Role::Admin], None)),
            ]
            .into(),
            places: [("desk".into(), Place { dns: vec!["5002".into(), "5001".into()] })].into(),
            skills: ["Support".into(), "English".into()].into(),
            strategies: [("Support".into(), strategy)].into(),
            switch: Switch { name: "S".into(), server: 65_535, domain: "example.test".into() },
            trunks: [(
                "pstn".into(),
                Trunk {
                    accept_from: vec!["192.0.2.9".parse().unwrap(), "2001:db8::1".parse().unwrap()],
                    contact: "192.0.2.9:5060".into(),
                    domain: Some("carrier.example".into()),
                    account: Some(Account {
                        user: "4930123".into(),
                        password: Some("word".into()),
                        register_s: 600,
                    }),
                    limits: TrunkLimits { calls: 30, dials_per_minute: 60 },
                    numbers: Numbers {
                        form: NumberForm::National,
                        country: "49".into(),
                        international: "00".into(),
                        national: "0".into(),
                        caller: Some("+4930123450".into()),
                    },
                    identity: AssertedIdentity::Untrusted,
                    probe_s: 30,
                    options: Options::default(),
                },
            )]
            .into(),
            ..Configuration::default()
        };
        put_later_objects(&mut site);
        site
    }

    /// One of each object that has no table of its own, and what was added to those that have.
    fn put_later_objects(site: &mut Configuration) {
        let objects = [
            ("action-code", r#"{"kind": "not-ready", "code": "101", "description": "Lunch"}"#),
            ("agent-group", r#"{"members": ["agent5001"], "skills": "Support > 2"}"#),
            ("agent-login", r#"{"person": "agent5001", "wrap_up_s": 5}"#),
            ("application", r#"{"options": {"log": {"level": "info"}}}"#),
            (
                "calendar",
                r#"{"time_zone": "UTC", "hours": {"monday": ["08:00-18:00"]},
                             "holidays": {"12-25": {"name": "Christmas"}}}"#,
            ),
            ("dial-rule", r#"{"match": "9", "strip": 1, "trunk": "pstn"}"#),
            ("media-file", r#"{"files": {"en": "en/hello.wav"}}"#),
            ("resource", r#"{"kind": {"acd-queue": {"default_dn": "5000"}}}"#),
            ("role", r#"{"members": ["agent5001"], "privileges": ["listen"]}"#),
            ("skill", r#"{"description": "helps"}"#),
            (
                "strategy",
                r#"{"steps": [{"target": {"to": [{"group": "one"}], "timeout_s": 5}}],
                             "default": {"number": "+15550000009"}}"#,
            ),
            ("tenant", r#"{"time_zone": "Europe/Berlin"}"#),
        ];
        for (word, body) in objects {
            let kind = ObjectKind::ALL.iter().find(|kind| kind.as_str() == word).unwrap();
            let mut body = serde_json::Deserializer::from_str(body);
            site.put(Object::read(*kind, "one", &mut body).unwrap());
        }
    }

    #[tokio::test]
    async fn what_is_saved_is_loaded_again_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store.save(&site()).await.unwrap();
        assert_eq!(store.load().await.unwrap(), Some(site()));
        store.close().await;
        let store = Store::open(folder.path()).await.unwrap();
        assert_eq!(store.load().await.unwrap(), Some(site()));
    }

    #[tokio::test]
    async fn a_save_takes_the_place_of_everything_before() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store.save(&site()).await.unwrap();
        let small = Configuration { version: 13, ..Configuration::default() };
        store.save(&small).await.unwrap();
        assert_eq!(store.load().await.unwrap(), Some(small));
    }

    #[tokio::test]
    async fn a_save_that_fails_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store.save(&site()).await.unwrap();
        let mut broken = site();
        broken.skills.clear();
        let error = store.save(&broken).await.unwrap_err();
        assert!(matches!(error, StoreError::Query { .. }), "{error:?}");
        assert_eq!(store.load().await.unwrap(), Some(site()));
    }

    #[tokio::test]
    async fn rows_of_before_answer_nothing_by_themselves_and_turn_away_when_not_ready() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store.save(&Configuration::default()).await.unwrap();
        for sql in [
            "INSERT INTO dns (dn, kind, cti_control) VALUES ('5001', 'extension', 0)",
            "INSERT INTO persons (user_name, first_name, last_name, employee_id, password_hash,
                 wrap_up_s) VALUES ('a', '', '', 'a', '', 0)",
        ] {
            sqlx::query(sql).execute(&store.pool).await.unwrap();
        }
        let site = store.load().await.unwrap().unwrap();
        assert!(!site.persons["a"].auto_answer);
        let kind = &site.dns["5001"].kind;
        assert!(matches!(kind, DnKind::Extension { reject_not_ready: true, .. }), "{kind:?}");
    }

    #[tokio::test]
    async fn a_row_that_nobody_understands_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store.save(&site()).await.unwrap();
        let sql = "UPDATE trunk_sources SET address = 'carrier.example' WHERE position = 1";
        sqlx::query(sql).execute(&store.pool).await.unwrap();
        let error = store.load().await.unwrap_err().to_string();
        assert!(error.contains("table trunk_sources, `pstn`: `carrier.example` is no IP address"));
        let sql = "UPDATE switch SET server = 70000";
        sqlx::query(sql).execute(&store.pool).await.unwrap();
        let error = store.load().await.unwrap_err().to_string();
        assert!(error.contains("server 70000 is out of its range"), "{error}");
    }
}
