//! Who may use whom, read from every Cargo.toml.
//!
//! Dependencies of tests (`[dev-dependencies]`) may be any crate of others, since they never
//! reach the product; among ours the law holds there too, so that no test couples two systems.

use toml::{Table, Value};

use super::Finding;
use super::laws::Law;
use super::tree::SourceFile;

/// Checks every manifest below the root.
pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests: Vec<&SourceFile> =
        files.iter().filter(|file| file.path.ends_with("/Cargo.toml")).collect();
    let ours: Vec<&str> = manifests.iter().filter_map(|file| folder_of(file)).collect();
    for manifest in &manifests {
        match manifest.text.parse::<Table>() {
            Ok(table) => Manifest { file: manifest, table, ours: &ours }.check(&mut findings),
            Err(error) => {
                findings.push(Finding::new(&manifest.path, 0, error.message().to_owned()));
            }
        }
    }
    findings
}

/// `wire/sip` is the crate `wire-sip` and `io/sip` is `io-sip`; elsewhere the name is the
/// folder's last part.
fn crate_name(folder: &str) -> String {
    match folder.split_once('/') {
        Some((parent @ ("wire" | "io"), name)) => format!("{parent}-{name}"),
        Some((_, name)) => name.to_owned(),
        None => folder.to_owned(),
    }
}

fn folder_of(file: &SourceFile) -> Option<&str> {
    file.path.strip_suffix("/Cargo.toml")
}

struct Manifest<'a> {
    file: &'a SourceFile,
    table: Table,
    ours: &'a [&'a str],
}

impl Manifest<'_> {
    fn check(&self, findings: &mut Vec<Finding>) {
        let Some(folder) = folder_of(self.file) else { return };
        let Some(law) = Law::of(folder) else {
            findings
                .push(self.finding("", "no law speaks of this folder (xtask/src/tidy/laws.rs)"));
            return;
        };
        let name = self.text_at("package", "name").unwrap_or_default();
        if name != crate_name(folder) {
            let message = format!("the crate here is called `{}`", crate_name(folder));
            findings.push(self.finding("name", &message));
        }
        let lints = self.table.get("lints").and_then(|lints| lints.get("workspace"));
        let stands_alone = self.table.contains_key("workspace");
        if lints.and_then(Value::as_bool) != Some(true) && !stands_alone {
            findings.push(self.finding("", "`[lints] workspace = true` is missing"));
        }
        for dependency in self.names("dependencies") {
            self.check_dependency(law, folder, &dependency, findings);
        }
        for dependency in self.names("dev-dependencies") {
            if self.folder_of_ours(&dependency).is_some() {
                self.check_dependency(law, folder, &dependency, findings);
            }
        }
    }

    fn check_dependency(&self, law: &Law, folder: &str, name: &str, out: &mut Vec<Finding>) {
        match self.folder_of_ours(name) {
            Some(used) if !law.allows_ours(used) && used != folder => {
                let message = format!("{folder} may not use {used} (ARCHITECTURE.md)");
                out.push(self.finding(name, &message));
            }
            None if !law.allows_outside(name) => {
                let message = format!(
                    "{folder} may not use `{name}`; if it is pure, xtask/src/tidy/laws.rs says so"
                );
                out.push(self.finding(name, &message));
            }
            Some(_) | None => {}
        }
    }

    fn folder_of_ours(&self, name: &str) -> Option<&str> {
        self.ours.iter().copied().find(|folder| crate_name(folder) == name)
    }

    /// The names under `[section]` and under `[target.….section]`.
    fn names(&self, section: &str) -> Vec<String> {
        let targets = self.table.get("target").and_then(Value::as_table);
        let nested = targets.into_iter().flat_map(|targets| targets.iter().map(|(_, table)| table));
        let tables = self
            .table
            .get(section)
            .into_iter()
            .chain(nested.filter_map(|table| table.get(section)));
        tables.filter_map(Value::as_table).flat_map(|table| table.keys().cloned()).collect()
    }

    fn text_at(&self, section: &str, key: &str) -> Option<&str> {
        self.table.get(section)?.get(key)?.as_str()
    }

    /// A finding on the line that starts with `word`.
    fn finding(&self, word: &str, message: &str) -> Finding {
        let found = self.file.text.lines().position(|line| line.trim_start().starts_with(word));
        let line = if word.is_empty() { 0 } else { found.map_or(0, |index| index + 1) };
        Finding::new(&self.file.path, line, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(folder: &str, name: &str, dependencies: &str) -> SourceFile {
        let text =
            format!("[package]\nname = \"{name}\"\n[lints]\nworkspace = true\n{dependencies}");
        SourceFile { path: format!("{folder}/Cargo.toml"), text }
    }

    fn messages(files: &[SourceFile]) -> Vec<String> {
        check(files).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_system_may_not_use_another_system() {
        let files = [
            manifest("systems/switch", "switch", ""),
            manifest("systems/routing", "routing", "[dependencies]\nswitch.workspace = true\n"),
        ];
        assert_eq!(
            messages(&files),
            ["systems/routing/Cargo.toml:6: systems/routing may not use systems/switch \
              (ARCHITECTURE.md)"]
        );
    }

    #[test]
    fn a_test_of_a_system_may_not_use_another_system_either() {
        let files = [
            manifest("systems/switch", "switch", ""),
            manifest("systems/desk", "desk", "[dev-dependencies]\nswitch = { path = \"x\" }\n"),
        ];
        assert_eq!(messages(&files).len(), 1);
    }

    #[test]
    fn a_pure_crate_may_not_use_tokio_except_in_its_tests() {
        let inside = manifest("model", "model", "[dependencies]\ntokio = \"1\"\n");
        let in_tests = manifest("model", "model", "[dev-dependencies]\ntokio = \"1\"\n");
        assert_eq!(messages(&[inside]).len(), 1);
        assert!(messages(&[in_tests]).is_empty());
    }

    #[test]
    fn only_the_gateway_may_use_opus() {
        let allowed = manifest("systems/gateway", "gateway", "[dependencies]\nopus = \"1\"\n");
        let refused = manifest("systems/signaling", "signaling", "[dependencies]\nopus = \"1\"\n");
        assert!(messages(&[allowed]).is_empty());
        assert_eq!(messages(&[refused]).len(), 1);
    }

    #[test]
    fn a_crate_is_called_after_its_folder() {
        let files = [manifest("wire/sip", "sip", ""), manifest("io/edge", "io-edge", "")];
        assert_eq!(
            messages(&files),
            ["wire/sip/Cargo.toml:2: the crate here is called `wire-sip`"]
        );
    }

    #[test]
    fn a_folder_without_a_law_is_a_finding() {
        let files = [manifest("attic", "attic", "")];
        assert_eq!(messages(&files).len(), 1);
    }
}
