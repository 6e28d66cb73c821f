//! `cordboard apply`: makes the site of a data folder what a file says, after showing what that
//! would change.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use io_store::Store;
use model::{
    Configuration,
    config::{Audit, Difference, DifferenceSort, Edit, ObjectKind},
};

use crate::{
    lock::DataLock,
    remote::{self, ServerOptions},
    say,
    site_file::SiteFile,
};

/// What `cordboard apply` takes.
#[derive(Args)]
pub struct ApplyOptions {
    /// The file, TOML or YAML.
    #[arg(short, long)]
    file: PathBuf,
    /// The data folder.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    #[command(flatten)]
    server: ServerOptions,
    /// Don't ask.
    #[arg(long)]
    yes: bool,
    /// Delete what is not in the file.
    #[arg(long)]
    prune: bool,
}

/// Shows the plan, asks, and carries it out.
///
/// # Errors
/// When the file or the site that it makes is wrong, or a server runs on the folder.
pub async fn apply(options: &ApplyOptions) -> anyhow::Result<()> {
    let file = SiteFile::read(&options.file)?;
    if let Some(remote) = options.server.remote()? {
        let text = std::fs::read_to_string(&options.file)?;
        let prune = if options.prune { "true" } else { "false" };
        return remote::change(
            &remote,
            "configuration/apply",
            &[("prune", prune)],
            &text,
            options.yes,
        );
    }
    let data = DataFolder::open(&options.data).await?;
    let edits = edits(&data.site, &file, options.prune);
    let new = directory::edited(&data.site, edits).map_err(|problems| {
        let name = options.file.display();
        anyhow::anyhow!("{name} can't be applied, nothing was changed:\n{}", problems.join("\n"))
    })?;
    data.change(new, "cordboard apply", options.yes).await
}

/// A data folder that no server works on, and its site.
pub struct DataFolder {
    /// The site that holds.
    pub site: Configuration,
    store: Store,
    _lock: DataLock,
}

impl DataFolder {
    /// Opens a folder, or makes it with an empty site.
    ///
    /// # Errors
    /// When a server runs on it, or its database is unusable.
    pub async fn open(folder: &Path) -> anyhow::Result<Self> {
        let store = Store::open(folder).await?;
        let lock = DataLock::take(folder)?;
        let site = store.load().await?.unwrap_or_default();
        Ok(Self { site, store, _lock: lock })
    }

    /// Shows what a new site changes, asks unless told not to, and saves it.
    ///
    /// # Errors
    /// When saving fails.
    pub async fn change(self, new: Configuration, by: &str, yes: bool) -> anyhow::Result<()> {
        let differences = self.site.differences(&new);
        if !agrees(&differences, yes)? {
            return Ok(());
        }
        let version = self.site.version + 1;
        let who =
            std::env::var("USER").map_or_else(|_| by.to_owned(), |user| format!("{user} ({by})"));
        let at_ms = crate::now().unix_ms();
        let new = Configuration { version, ..new };
        self.store.save_change(&new, &Audit { who, at_ms, version, differences }).await?;
        self.store.close().await;
        say(&format!("Done; the site has version {version} now."));
        Ok(())
    }
}

/// What makes a site what a file says; what is alike is left out.
pub fn edits(site: &Configuration, file: &SiteFile, prune: bool) -> Vec<Edit> {
    let is_meant = |kind: ObjectKind| kind != ObjectKind::Switch || file.has_switch;
    let kinds = ObjectKind::ALL.iter().copied().filter(|kind| is_meant(*kind));
    let mut edits = Vec::new();
    for kind in kinds {
        for name in site.differing(&file.site, kind) {
            match file.site.object(kind, name) {
                Some(object) => edits.push(Edit::Put(object)),
                None if prune => edits.push(Edit::Delete(kind, name.to_owned())),
                None => {}
            }
        }
    }
    edits
}

/// The plan's lines and their sum.
fn plan(differences: &[Difference]) -> Vec<String> {
    let mut lines: Vec<String> =
        differences.iter().take(PLAN_OBJECTS_MAX).map(ToString::to_string).collect();
    let more = differences.len().saturating_sub(PLAN_OBJECTS_MAX);
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    let count = |sort| differences.iter().filter(|difference| difference.sort == sort).count();
    lines.push(format!(
        "{} to add, {} to change, {} to remove",
        count(DifferenceSort::Added),
        count(DifferenceSort::Changed),
        count(DifferenceSort::Removed)
    ));
    lines
}

/// Shows a plan and asks unless told not to; whether it is to be carried out.
///
/// # Errors
/// When the terminal is gone.
pub fn agrees(differences: &[Difference], yes: bool) -> anyhow::Result<bool> {
    if differences.is_empty() {
        say("No changes: the site is as the file says.");
        return Ok(false);
    }
    plan(differences).iter().for_each(|line| say(line));
    if yes || agreed()? {
        return Ok(true);
    }
    say("Nothing was changed.");
    Ok(false)
}

/// Asks the person at the terminal; without one nobody agrees.
fn agreed() -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        say("Nobody is there to be asked; add --yes to carry this out.");
        return Ok(false);
    }
    say("Carry this out? Write yes:");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "yes"))
}

/// Further objects are counted, not shown.
const PLAN_OBJECTS_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
    use model::{config::Object, random::Random, stat::ready_made::Catalogue};
    use serde_json::json;

    use super::*;
    use crate::site_file::{Format, write};

    const FORMATS: [Format; 2] = [Format::Toml, Format::Yaml];

    fn applied(site: &Configuration, text: &str, format: Format, prune: bool) -> Configuration {
        let file = SiteFile::parse(text, format).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        directory::edited(site, edits(site, &file, prune)).unwrap_or_else(|e| panic!("{e:?}"))
    }

    /// Texts that files quote in every way there is.
    fn text(random: &mut Random) -> String {
        let pieces = [
            "a", "Ż", "\"", "'", "\\", "#", ": ", "- ", "{", "]", "\n", "\t", "1", "true", "null",
            "~", "=", "%", "é", " ",
        ];
        let length = random.below(6);
        (0..length).map(|_| pieces[usize::try_from(random.below(20)).unwrap()]).collect()
    }

    fn random_site(random: &mut Random) -> Configuration {
        let mut site = directory::demo("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA");
        let put = |site: &mut Configuration, kind, name: &str, body: serde_json::Value| {
            site.put(Object::read(kind, name, body).unwrap());
        };
        for number in 0..random.below(4) {
            let name =
                format!("{} {number}", text(random).replace(['\n', '\t'], "")).trim().to_owned();
            let words = text(random);
            let group = json!({ "description": words, "members": ["agent5001"],
                "skills": if random.below(2) == 0 { None } else { Some("Sales > 1") } });
            put(&mut site, ObjectKind::AgentGroup, &name, group);
            put(
                &mut site,
                ObjectKind::Skill,
                &format!("Skill {number}"),
                json!({ "description": text(random) }),
            );
            let code = json!({ "kind": "not-ready", "code": number.to_string() });
            put(&mut site, ObjectKind::ActionCode, &name, code);
            let calendar = json!({ "time_zone": "Europe/Berlin", "hours": {
                "monday": ["08:00-12:00", "13:00-24:00"], "sunday": [] },
                "holidays": { "12-25": { "name": text(random) }, "2026-04-03": {} } });
            put(&mut site, ObjectKind::Calendar, &name, calendar);
            let section = json!({ text(random): { text(random): text(random) } });
            put(&mut site, ObjectKind::Application, &name, json!({ "options": section }));
            let kind = match random.below(3) {
                0 => json!("communication-dn"),
                1 => json!({ "acd-queue": {} }),
                _ => json!({ "acd-queue": { "default_dn": "5000" } }),
            };
            put(
                &mut site,
                ObjectKind::Resource,
                &format!("60{number}"),
                json!({ "kind": kind, "alias": text(random) }),
            );
            put(
                &mut site,
                ObjectKind::DialRule,
                &name,
                json!({ "match": "9", "strip": 1, "trunk": "pstn" }),
            );
            let steps = json!({ "default": { "number": "+1555" }, "steps": [
                { "attach": { "user_data": { text(random): text(random) } } },
                { "hours": { "calendar": name, "closed": [{ "priority": { "base": -5 } }] } },
                { "branch": { "when": "wait > 30" } },
                { "target": { "to": [{ "group": name, "weight": 3 }], "timeout_s": 5 } } ] });
            put(&mut site, ObjectKind::Strategy, &name, steps);
        }
        site.version = random.below(1_000);
        directory::complete(&mut site);
        assert_eq!(directory::problems(&site), Vec::<String>::new());
        site
    }

    #[test]
    fn the_strategy_of_the_manual_is_one() {
        let manual = include_str!("../../docs/routing.md");
        let (_, example) = manual.split_once("```toml\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let file = SiteFile::parse(example, Format::Toml).unwrap();
        assert_eq!(directory::problems(&file.site), Vec::<String>::new());
        assert_eq!(file.site.strategies["Care"].steps.len(), 7);
        let again = write(&file.site, Format::Yaml).unwrap();
        assert_eq!(SiteFile::parse(&again, Format::Yaml).unwrap().site, file.site);
    }

    #[test]
    fn the_statistics_of_the_manual_are_some() {
        let manual = include_str!("../../docs/statistics.md");
        let (_, example) = manual.split_once("```toml\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let file = SiteFile::parse(example, Format::Toml).unwrap();
        assert_eq!(directory::problems(&file.site), Vec::<String>::new());
        let (catalogue, _) = Catalogue::of(&file.site);
        for name in ["LongTalks", "SpanishCalls"] {
            assert!(catalogue.types.contains_key(name), "{name}");
        }
        assert!(catalogue.profiles.contains_key("Shift"));
        for (name, one) in catalogue.types.iter().filter(|(name, _)| !example.contains(*name)) {
            let row = format!("| {name} | ");
            let row = manual.lines().find(|line| line.starts_with(&row));
            let row = row.unwrap_or_else(|| panic!("the manual has no {name}"));
            assert!(row.contains(&format!("| {} |", one.category)), "{row}");
            assert!(row.contains(&format!("| {} |", one.subject)), "{row}");
        }
    }

    #[test]
    fn what_is_exported_changes_nothing_when_applied_and_makes_the_site_anew() {
        let mut random = Random::from_number(4);
        for round in 0..100 {
            let site = random_site(&mut random);
            for format in FORMATS {
                let text = write(&site, format).unwrap();
                let file = SiteFile::parse(&text, format)
                    .unwrap_or_else(|e| panic!("{round} {format:?} {e:?}\n{text}"));
                assert_eq!(edits(&site, &file, true), [], "{round} {format:?}\n{text}");
                let anew = applied(&Configuration::default(), &text, format, false);
                let version = site.version;
                assert_eq!(Configuration { version, ..anew }, site, "{round} {format:?}");
            }
        }
    }

    #[test]
    fn only_pruning_deletes_what_a_file_does_not_name() {
        let site = directory::demo("");
        let text =
            "[skills.Billing]\n[switch]\nname = \"Other\"\nserver = 2\ndomain = \"x.example\"";
        let kept = applied(&site, text, Format::Toml, false);
        assert_eq!((kept.skills.len(), kept.switch.name.as_str()), (5, "Other"));
        assert_eq!(kept.persons.len(), site.persons.len());
        let pruned = applied(&site, text, Format::Toml, true);
        assert_eq!((pruned.skills.len(), pruned.persons.len()), (1, 0));
        let without_switch = applied(&kept, "[skills.Billing]", Format::Toml, true);
        assert_eq!(without_switch.switch.name, "Other");
    }

    #[test]
    fn applying_twice_changes_nothing_the_second_time() {
        let toml = "[dns.5950.kind.extension]\n[dns.5950.options.TServer]\nrecord = \"true\"\n\
                    [persons.zoe]\nfirst_name = \"Zoe\"";
        let yaml = "dns:\n  5950:\n    kind:\n      extension: {}\n    options:\n      \
                    TServer:\n        record: 'true'\npersons:\n  zoe:\n    first_name: Zoe\n";
        let by_toml = applied(&Configuration::default(), toml, Format::Toml, false);
        let by_yaml = applied(&Configuration::default(), yaml, Format::Yaml, false);
        assert_eq!(by_toml, by_yaml);
        let file = SiteFile::parse(toml, Format::Toml).unwrap();
        assert_eq!(edits(&by_toml, &file, false), []);
    }

    #[test]
    fn a_wrong_key_is_named_with_its_line_and_the_nearest_right_one() {
        let (line, message) =
            SiteFile::parse("[persons.zoe]\nfirst_nam = \"Zoe\"\n", Format::Toml).unwrap_err();
        assert_eq!(line, 2);
        assert!(message.contains("did you mean `first_name`"), "{message}");
        let (line, message) =
            SiteFile::parse("persons:\n  zoe:\n    first_nam: Zoe\n", Format::Yaml).unwrap_err();
        assert_eq!(line, 3, "{message}");
        assert!(message.contains("did you mean `first_name`"), "{message}");
        let (line, message) = SiteFile::parse(
            "[calendars.Office]\ntime_zone = \"UTC\"\nhours.monday = [\"8-18\"]\n",
            Format::Toml,
        )
        .unwrap_err();
        assert_eq!(line, 3, "{message}");
        assert!(message.contains("08:00-18:30"), "{message}");
    }

    #[test]
    fn a_plan_of_a_large_change_is_cut_and_counted() {
        let mut large = Configuration::default();
        for number in 0..5_000 {
            large.skills.insert(format!("Skill {number}").into());
        }
        let lines = plan(&Configuration::default().differences(&large));
        assert_eq!(lines.len(), PLAN_OBJECTS_MAX + 2);
        assert_eq!(lines.last().unwrap(), "5000 to add, 0 to change, 0 to remove");
    }
}
