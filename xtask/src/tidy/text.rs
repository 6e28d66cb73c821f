//! Rules for every text file: length of lines and files, nothing undone, nothing of one machine.

use super::Finding;
use super::code::blank_strings;
use super::tree::SourceFile;

/// Checks one file, whatever its language.
pub fn check(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    check_machine(file, &mut findings);
    if is_code(&file.path) && !file.is_generated() {
        check_lines(file, &mut findings);
        check_size(file, &mut findings);
    }
    findings
}

fn check_machine(file: &SourceFile, findings: &mut Vec<Finding>) {
    for (index, line) in file.text.lines().enumerate() {
        for folder in MACHINE_FOLDERS {
            // Written in two parts so that this table does not find itself.
            let needle = format!("/{folder}/");
            let found = line.match_indices(&needle).any(|(at, _)| starts_a_path(line, at));
            if found {
                let message = format!("`{needle}` is a path of one machine");
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    if file.path.ends_with("package-lock.json") {
        check_registry(file, findings);
    }
}

/// A path starts where no name, dot or slash stands before the slash.
fn starts_a_path(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|text| text.chars().next_back());
    !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '}' | ')'))
}

/// A lock file names the public registry or none: a mirror's address works on one machine only.
fn check_registry(file: &SourceFile, findings: &mut Vec<Finding>) {
    for (index, line) in file.text.lines().enumerate() {
        let is_address = line.trim_start().starts_with("\"resolved\": \"http");
        if is_address && !line.contains("\"https://registry.npmjs.org/") {
            let message = "a package from a registry that others cannot reach";
            findings.push(Finding::new(&file.path, index + 1, message));
        }
    }
}

fn check_lines(file: &SourceFile, findings: &mut Vec<Finding>) {
    let is_rust = file.path.ends_with(".rs");
    let outside_strings = if is_rust { blank_strings(&file.text) } else { file.text.clone() };
    for (index, (line, code)) in file.text.lines().zip(outside_strings.lines()).enumerate() {
        let width = line.chars().count();
        // An address cannot be folded, nor can a line of a ladder that a test expects.
        let may_be_long = line.contains("://") || code.trim().is_empty();
        if width > LINE_CHARS_MAX && !may_be_long {
            let message = format!("{width} characters, at most {LINE_CHARS_MAX}");
            findings.push(Finding::new(&file.path, index + 1, message));
        }
        for word in UNFINISHED_MARKS {
            let mark = format!("{word}:");
            if line.contains(&mark) || line.contains(&format!("// {word} ")) {
                let message = format!("`{word}`: do it or open an issue");
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
}

fn check_size(file: &SourceFile, findings: &mut Vec<Finding>) {
    let lines = file.text.lines().count();
    let is_listing = file.path.ends_with(".rs") || file.path.ends_with(".proto");
    let most = match is_listing {
        _ if file.is_test() => TEST_LINES_MAX,
        true => RUST_LINES_MAX,
        false => SCRIPT_LINES_MAX,
    };
    if lines > most {
        let message = format!("{lines} lines, at most {most}: cut it along its concepts");
        findings.push(Finding::new(&file.path, 0, message));
    }
}

fn is_code(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| CODE_EXTENSIONS.contains(&extension))
}

const LINE_CHARS_MAX: usize = 100;
const RUST_LINES_MAX: usize = 800;
const SCRIPT_LINES_MAX: usize = 350;
const TEST_LINES_MAX: usize = 1500;

const CODE_EXTENSIONS: &[&str] = &["js", "mjs", "proto", "py", "rs", "sh", "ts", "tsx"];

/// First folders of absolute paths that exist on the machine of whoever wrote them.
const MACHINE_FOLDERS: &[&str] = &["home", "root", "work", "Users"];

const UNFINISHED_MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile { path: path.to_owned(), text: text.to_owned() };
        check(&file).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_long_line_is_found_and_a_long_address_is_not() {
        assert_eq!(messages("a.rs", &"x".repeat(101)), ["101 characters, at most 100"]);
        assert!(messages("a.rs", &format!("// https://{}", "x".repeat(101))).is_empty());
    }

    #[test]
    fn a_long_line_inside_a_string_is_allowed() {
        let ladder = format!("const A: &str = r#\"\n{}\n\"#;\n", "x".repeat(101));
        assert!(messages("a.rs", &ladder).is_empty());
        assert_eq!(messages("a.rs", &format!("// {}", "x".repeat(101))).len(), 1);
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert!(messages("a.rs", &"é".repeat(100)).is_empty());
    }

    #[test]
    fn a_long_file_is_found_and_a_generated_one_is_not() {
        let long = "x\n".repeat(801);
        assert_eq!(messages("a/src/b.rs", &long).len(), 1);
        assert!(messages("a/src/generated/b.rs", &long).is_empty());
        assert_eq!(messages("ui/src/a.ts", &"x\n".repeat(351)).len(), 1);
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_any_text() {
        let path = format!("see /{}/me/notes", "home");
        assert_eq!(messages("README.md", &path).len(), 1);
        assert!(messages("README.md", "GET /api/work/items and ./home/x").is_empty());
    }

    #[test]
    fn a_mark_of_unfinished_work_is_found() {
        assert_eq!(messages("a.ts", &format!("// {}: later", concat!("TO", "DO"))).len(), 1);
    }

    #[test]
    fn a_lock_file_names_the_public_registry_alone() {
        let line = "      \"resolved\": \"https://mirror.test/x.tgz\"";
        assert_eq!(messages("ui/package-lock.json", line).len(), 1);
    }
}
