//! `cordboard import agents|dns FILE.csv`: agents and DNs from a table.
//!
//! The first line names the columns, in any order. Each further line is one object, put in or
//! changed; a field that is empty leaves what is there. Every line gets a line of report, and
//! unless bad lines are to be skipped, one bad line keeps the whole file out.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    str::FromStr,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use io_store::{hash_password, verify_password};
use model::{
    Configuration, Dn, PlaceName, SkillName, UserName,
    config::{DnKind, DnObject, DnRecord, Person, Place, Role},
};

use crate::{
    apply::DataFolder,
    remote::{self, ServerOptions},
    say,
};

/// What `cordboard import` takes.
#[derive(Args)]
pub struct ImportOptions {
    /// What the lines are.
    what: What,
    /// The file, in UTF-8, fields parted by commas.
    file: PathBuf,
    /// The data folder.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    #[command(flatten)]
    server: ServerOptions,
    /// Don't ask.
    #[arg(long)]
    yes: bool,
    /// Take the good lines although there are bad ones.
    #[arg(long)]
    skip_bad: bool,
}

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Persons with the role Agent.
    Agents,
    /// Extensions, route points and virtual queues.
    Dns,
}

impl What {
    /// The columns there may be; the first must be there.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Agents => &[
                "user_name",
                "first_name",
                "last_name",
                "employee_id",
                "password",
                "dn",
                "place",
                "skills",
                "wrap_up_s",
            ],
            Self::Dns => &[
                "dn",
                "type",
                "alias",
                "password",
                "record",
                "cti_control",
                "reject_not_ready",
                "strategy",
                "dnis",
                "default_dn",
            ],
        }
    }
}

/// Shows what the file would change, asks, and carries it out.
///
/// # Errors
/// When the file has bad lines that are not to be skipped, or makes a site that can't work.
pub async fn import(options: &ImportOptions) -> anyhow::Result<()> {
    let text = std::fs::read(&options.file)
        .with_context(|| format!("{} can't be read", options.file.display()))?;
    if let Some(remote) = options.server.remote()? {
        let path = match options.what {
            What::Agents => "configuration/import/agents",
            What::Dns => "configuration/import/dns",
        };
        let text = String::from_utf8(text)
            .with_context(|| format!("{} is no text in UTF-8", options.file.display()))?;
        let partial = if options.skip_bad { "true" } else { "false" };
        return remote::change(&remote, path, &[("partial", partial)], &text, options.yes);
    }
    let data = DataFolder::open(&options.data).await?;
    let mut imported = read(options.what, &text, &data.site)?;
    imported.report().iter().for_each(|line| say(line));
    anyhow::ensure!(
        imported.bad.is_empty() || options.skip_bad,
        "nothing was changed: correct the bad lines, or leave them out with --skip-bad"
    );
    directory::complete(&mut imported.site);
    let problems = directory::problems(&imported.site);
    anyhow::ensure!(
        problems.is_empty(),
        "the site that this makes can't work, nothing was changed:\n{}",
        problems.join("\n")
    );
    data.change(imported.site, "cordboard import", options.yes).await
}

/// What a table makes of a site, line by line.
#[derive(Debug)]
pub struct Lines {
    /// With the good lines put in.
    pub site: Configuration,
    /// `{"line","outcome","message"}` of each; at most [`REPORT_LINES_MAX`].
    pub lines: Vec<serde_json::Value>,
    /// Lines that can't be taken.
    pub bad: usize,
}

/// Puts the lines of a table into a site: `agents` or `dns`.
///
/// # Errors
/// When the first line does not name the columns.
pub fn lines(what: &str, text: &str, site: &Configuration) -> anyhow::Result<Lines> {
    let what = if what == "dns" { What::Dns } else { What::Agents };
    let mut imported = read(what, text.as_bytes(), site)?;
    directory::complete(&mut imported.site);
    let report = |said: &String, is_bad: bool| {
        let (line, message) = said
            .strip_prefix("line ")
            .and_then(|rest| rest.split_once(": "))
            .unwrap_or(("0", said.as_str()));
        let outcome = match (is_bad, message.ends_with(IS_NEW)) {
            (true, _) => "refused",
            (false, true) => "added",
            (false, false) => "changed",
        };
        let line: u64 = line.parse().unwrap_or_default();
        serde_json::json!({ "line": line, "outcome": outcome, "message": message })
    };
    let mut lines: Vec<serde_json::Value> = Vec::new();
    lines.extend(imported.bad.iter().map(|said| report(said, true)));
    lines.extend(imported.good.iter().map(|said| report(said, false)));
    lines.truncate(REPORT_LINES_MAX);
    lines.sort_by_key(|line| line.get("line").and_then(serde_json::Value::as_u64));
    Ok(Lines { site: imported.site, lines, bad: imported.bad.len() })
}

/// What a file makes of a site.
#[derive(Debug)]
struct Imported {
    site: Configuration,
    good: Vec<String>,
    bad: Vec<String>,
}

impl Imported {
    /// A line for each line of the file, bad ones first, as far as anybody reads, and their sum.
    fn report(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (said, all) in [("bad", &self.bad), ("good", &self.good)] {
            lines.extend(all.iter().take(REPORT_LINES_MAX).cloned());
            let more = all.len().saturating_sub(REPORT_LINES_MAX);
            if more > 0 {
                lines.push(format!("… and {more} more {said} lines"));
            }
        }
        lines.push(format!("{} good lines, {} bad ones", self.good.len(), self.bad.len()));
        lines
    }
}

fn read(what: What, text: &[u8], site: &Configuration) -> anyhow::Result<Imported> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text);
    let header = reader.headers().context("line 1: the columns' names can't be read")?.clone();
    check_header(what, &header)?;
    let mut imported = Imported { site: site.clone(), good: Vec::new(), bad: Vec::new() };
    let mut seen = BTreeSet::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                imported.bad.push(format!("line {line}: it can't be read; write it in UTF-8"));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let row = Row { fields: header.iter().zip(record.iter()).collect() };
        let taken = if record.len() == header.len() {
            row.put(what, &mut imported.site, &mut seen)
        } else {
            Err(format!("it has {} fields, but line 1 names {}", record.len(), header.len()))
        };
        match taken {
            Ok(done) => imported.good.push(format!("line {line}: {done}")),
            Err(problem) => imported.bad.push(format!("line {line}: {problem}")),
        }
    }
    Ok(imported)
}

fn check_header(what: What, header: &csv::StringRecord) -> anyhow::Result<()> {
    let columns = what.columns();
    for name in header {
        if !columns.contains(&name) {
            let hint = directory::nearest(name, columns.iter().copied());
            let hint = hint.map_or(String::new(), |name| format!("perhaps `{name}` is meant; "));
            anyhow::bail!(
                "line 1: there is no column `{name}`; {hint}columns: {}",
                columns.join(", ")
            );
        }
        anyhow::ensure!(
            header.iter().filter(|other| *other == name).count() == 1,
            "line 1: the column `{name}` is there twice"
        );
    }
    let key = columns.first().copied().unwrap_or_default();
    anyhow::ensure!(header.iter().any(|name| name == key), "line 1: the column `{key}` is missing");
    Ok(())
}

/// One line, by column.
struct Row<'a> {
    fields: BTreeMap<&'a str, &'a str>,
}

impl Row<'_> {
    /// A field that is there and not empty.
    fn text(&self, column: &str) -> Option<&str> {
        self.fields.get(column).copied().filter(|text| !text.is_empty())
    }

    fn parsed<T: FromStr>(&self, column: &str, wanted: &str) -> Result<Option<T>, String> {
        let read =
            |text: &str| text.parse().map_err(|_| format!("{column}: `{text}` is not {wanted}"));
        self.text(column).map(read).transpose()
    }

    fn put(
        &self,
        what: What,
        site: &mut Configuration,
        seen: &mut BTreeSet<String>,
    ) -> Result<String, String> {
        let key = what.columns().first().copied().unwrap_or_default();
        let name = self.text(key).ok_or_else(|| format!("{key}: it is empty"))?;
        if !seen.insert(name.to_owned()) {
            return Err(format!("{key}: {name} was on an earlier line already"));
        }
        let before = match what {
            What::Agents => site.persons.contains_key(name),
            What::Dns => site.dns.contains_key(name),
        };
        match what {
            What::Agents => self.put_agent(name.into(), site)?,
            What::Dns => self.put_dn(name.into(), site)?,
        }
        Ok(format!("{name} {}", if before { "is there already" } else { IS_NEW }))
    }

    fn put_agent(&self, user: UserName, site: &mut Configuration) -> Result<(), String> {
        let known = site.persons.get(&user).cloned();
        let mut person = known.unwrap_or_else(|| Person {
            user_name: user.clone(),
            first_name: String::new(),
            last_name: String::new(),
            employee_id: user.as_str().into(),
            password_hash: String::new(),
            roles: [Role::Agent].into(),
            place: None,
            skills: BTreeMap::new(),
            wrap_up_s: 0,
            auto_answer: false,
        });
        person.roles.insert(Role::Agent);
        let set = |field: &mut String, column| {
            if let Some(text) = self.text(column) {
                text.clone_into(field);
            }
        };
        set(&mut person.first_name, "first_name");
        set(&mut person.last_name, "last_name");
        if let Some(id) = self.text("employee_id") {
            person.employee_id = id.into();
        }
        if let Some(other) = site.agent(&person.employee_id).filter(|other| other.user_name != user)
        {
            return Err(format!("employee_id: {} is {}'s", person.employee_id, other.user_name));
        }
        if let Some(seconds) = self.parsed("wrap_up_s", "a number of seconds")? {
            person.wrap_up_s = seconds;
        }
        if let Some(text) = self.text("skills") {
            person.skills = skills(text, site)?;
        }
        let seat = self.seat(site)?;
        if let Some(Seat { place, new }) = seat {
            let mut others = site.persons.values().filter(|other| other.user_name != user);
            if let Some(other) = others.find(|other| other.place.as_ref() == Some(&place)) {
                return Err(format!("place: {} sits at {place} already", other.user_name));
            }
            if let Some(new) = new {
                site.places.insert(place.clone(), new);
            }
            person.place = Some(place);
        }
        // The same password keeps its hash, so that the same file changes nothing again.
        if let Some(password) = self.text("password")
            && (person.password_hash.is_empty()
                || !verify_password(Some(&person.password_hash), password))
        {
            person.password_hash = hash_password(password);
        }
        site.persons.insert(user, person);
        Ok(())
    }

    /// Where an agent sits: a place that is there, or a new one that is named like its DN.
    fn seat(&self, site: &Configuration) -> Result<Option<Seat>, String> {
        let dn = self.text("dn").map(Dn::from);
        if let Some(dn) = &dn
            && !matches!(site.dns.get(dn).map(|dn| &dn.kind), Some(DnKind::Extension { .. }))
        {
            return Err(format!("dn: there is no extension {dn}; import it with the dns first"));
        }
        let with = |dn: Dn| Some(Place { dns: vec![dn] });
        let Some(place) = self.text("place").map(PlaceName::from) else {
            let Some(dn) = dn else { return Ok(None) };
            if let Some((place, _)) = site.places.iter().find(|(_, place)| place.dns.contains(&dn))
            {
                return Ok(Some(Seat { place: place.clone(), new: None }));
            }
            let place = PlaceName::from(dn.as_str());
            if site.places.contains_key(&place) {
                return Err(format!("place: there is a place {place} without {dn}; name another"));
            }
            return Ok(Some(Seat { place, new: with(dn) }));
        };
        match (site.places.get(&place), dn) {
            (Some(known), Some(dn)) if !known.dns.contains(&dn) => {
                Err(format!("place: {place} has another DN than {dn}"))
            }
            (Some(_), _) => Ok(Some(Seat { place, new: None })),
            (None, Some(dn)) => Ok(Some(Seat { place, new: with(dn) })),
            (None, None) => Err(format!("place: there is no place {place}; name its dn, too")),
        }
    }

    fn put_dn(&self, dn: Dn, site: &mut Configuration) -> Result<(), String> {
        let known = site.dns.get(&dn).cloned();
        let mut object = match (known, self.text("type")) {
            (Some(known), None) => known,
            (known, Some(word)) => {
                let fresh = self.kind(word)?;
                let same = |known: &DnObject| {
                    std::mem::discriminant(&known.kind) == std::mem::discriminant(&fresh)
                };
                // A DN keeps its type for good; what refers to it relies on that.
                match known {
                    Some(known) if same(&known) => known,
                    Some(_) => return Err(format!("type: {dn} has another type already")),
                    None => DnObject::new(fresh),
                }
            }
            (None, None) => {
                return Err("type: write extension, route-point or virtual-queue".into());
            }
        };
        if let Some(alias) = self.text("alias") {
            object.alias = Some(alias.to_owned());
        }
        if let Some(default_dn) = self.text("default_dn") {
            object.default_dn = Some(default_dn.into());
        }
        match &mut object.kind {
            DnKind::Extension { password, cti_control, reject_not_ready, record } => {
                if let Some(text) = self.text("password") {
                    *password = Some(text.to_owned());
                }
                let truth = "true or false";
                *cti_control = self.parsed("cti_control", truth)?.unwrap_or(*cti_control);
                *reject_not_ready =
                    self.parsed("reject_not_ready", truth)?.unwrap_or(*reject_not_ready);
                *record = self.parsed("record", "always, never or on-demand")?.unwrap_or(*record);
            }
            DnKind::RoutePoint { dnis, strategy } => {
                if let Some(name) = self.text("strategy") {
                    *strategy = name.into();
                }
                if !site.strategies.contains_key(strategy) {
                    return Err(format!("strategy: there is no strategy `{strategy}`"));
                }
                if let Some(text) = self.text("dnis") {
                    *dnis = listed(text).map(str::to_owned).collect();
                }
            }
            DnKind::VirtualQueue => {}
        }
        site.dns.insert(dn, object);
        Ok(())
    }

    fn kind(&self, word: &str) -> Result<DnKind, String> {
        match word {
            "extension" => Ok(DnKind::Extension {
                password: None,
                cti_control: false,
                reject_not_ready: true,
                record: DnRecord::default(),
            }),
            "route-point" => Ok(DnKind::RoutePoint {
                dnis: Vec::new(),
                strategy: self.text("strategy").unwrap_or_default().into(),
            }),
            "virtual-queue" => Ok(DnKind::VirtualQueue),
            other => Err(format!(
                "type: there is no type `{other}`; write extension, route-point or virtual-queue"
            )),
        }
    }
}

/// Where an agent sits.
struct Seat {
    place: PlaceName,
    /// The place itself, where there is none yet.
    new: Option<Place>,
}

/// `Support:5; Sales:3`.
fn skills(text: &str, site: &Configuration) -> Result<BTreeMap<SkillName, u32>, String> {
    let mut skills = BTreeMap::new();
    for part in listed(text) {
        let read = part.rsplit_once(':').and_then(|(name, level)| {
            Some((SkillName::from(name.trim()), level.trim().parse::<u32>().ok()?))
        });
        let Some((name, level)) = read else {
            return Err(format!("skills: `{part}` is no skill with its level; write e.g. Sales:3"));
        };
        if !site.skills.contains(name.as_str()) {
            return Err(format!("skills: there is no skill `{name}`"));
        }
        skills.insert(name, level);
    }
    Ok(skills)
}

/// The parts of a field that holds several, parted by semicolons.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// What is said of an object that a line adds.
const IS_NEW: &str = "is new";
/// Good or bad lines that are told one by one.
const REPORT_LINES_MAX: usize = 50;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn taken(what: What, text: &str) -> Imported {
        read(what, text.as_bytes(), &directory::demo("")).unwrap()
    }

    #[test]
    fn agents_and_their_phones_are_put_in_and_the_same_file_changes_nothing_again() {
        let dns = "\u{feff}dn,type,alias,password,record\n\
                   5100,extension,\"Zoe, desk\",hush,always\n\
                   VQ2,virtual-queue,,,\n";
        let first = taken(What::Dns, dns);
        assert_eq!(
            first.report(),
            ["line 2: 5100 is new", "line 3: VQ2 is new", "2 good lines, 0 bad ones"]
        );
        assert_eq!(first.site.dns["5100"].alias.as_deref(), Some("Zoe, desk"));
        let agents = "user_name,first_name,dn,skills,wrap_up_s,password\n\
                      zoe,Zoe,5100,Support:5; Sales:3,30,secret\nagent5001,,,,,\n";
        let second = read(What::Agents, agents.as_bytes(), &first.site).unwrap();
        assert_eq!((second.good.len(), second.bad.len()), (2, 0));
        let zoe = &second.site.persons["zoe"];
        assert_eq!((zoe.wrap_up_s, zoe.skills["Sales"]), (30, 3));
        assert_eq!(second.site.dn_of(zoe).unwrap().as_str(), "5100");
        assert!(verify_password(Some(&zoe.password_hash), "secret"));
        assert_eq!(directory::problems(&second.site), Vec::<String>::new());
        let again = read(What::Agents, agents.as_bytes(), &second.site).unwrap();
        assert_eq!(again.site, second.site);
        let again = read(What::Dns, dns.as_bytes(), &second.site).unwrap();
        assert_eq!(again.site, second.site);
    }

    #[test]
    fn a_bad_line_says_which_field_is_wrong_and_changes_nothing_by_itself() {
        let text = "user_name,employee_id,dn,place,skills,wrap_up_s\n\
                    ,,,,,\n\
                    a,5001,,,,\n\
                    b,,5000,,,\n\
                    c,,,nowhere,,\n\
                    d,,,,Suport:1,\n\
                    e,,,,Support,\n\
                    f,,,,,soon\n\
                    g,,5001,,,\n\
                    h,,,\n\
                    i,,,,,\n\
                    i,,,,,\n";
        let imported = taken(What::Agents, text);
        let expected = [
            "line 2: user_name: it is empty",
            "line 3: employee_id: 5001 is agent5001's",
            "line 4: dn: there is no extension 5000; import it with the dns first",
            "line 5: place: there is no place nowhere; name its dn, too",
            "line 6: skills: there is no skill `Suport`",
            "line 7: skills: `Support` is no skill with its level; write e.g. Sales:3",
            "line 8: wrap_up_s: `soon` is not a number of seconds",
            "line 9: place: agent5001 sits at 5001 already",
            "line 10: it has 4 fields, but line 1 names 6",
            "line 12: user_name: i was on an earlier line already",
        ];
        assert_eq!(imported.bad, expected);
        assert_eq!(imported.good, ["line 11: i is new"]);
        assert_eq!(imported.site.persons.len(), directory::demo("").persons.len() + 1);
    }

    #[test]
    fn a_thousand_bad_lines_make_a_report_that_can_be_read() {
        let mut text = String::from("dn,type\n");
        (0..1_000).for_each(|number| text.push_str(&format!("{},nonsense\n", 6_000 + number)));
        let imported = taken(What::Dns, &text);
        assert_eq!(imported.bad.len(), 1_000);
        let report = imported.report();
        assert_eq!(report.len(), REPORT_LINES_MAX + 2);
        assert_eq!(report[REPORT_LINES_MAX], "… and 950 more bad lines");
        assert_eq!(imported.site, directory::demo(""));
    }

    #[test]
    fn the_first_line_is_checked_before_anything_else() {
        for (header, expected) in [
            ("user,first_name", "there is no column `user`"),
            ("user_name,frist_name", "perhaps `first_name` is meant"),
            ("first_name", "the column `user_name` is missing"),
            ("user_name,user_name", "there twice"),
        ] {
            let error = read(What::Agents, header.as_bytes(), &directory::demo("")).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        let not_text = read(What::Dns, b"dn,type\n\xff\xfe,extension\n", &directory::demo(""));
        assert_eq!(not_text.unwrap().bad.len(), 1);
    }
}
