//! `docs/gateway-rules.md` names for each rule the tests that keep it: they have to be there.

use super::Finding;
use super::tree::SourceFile;

const PAGE: &str = "docs/gateway-rules.md";
/// G1 to this.
const RULES: u32 = 26;

/// Checks the page against all tests.
pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else { return Vec::new() };
    let tests: Vec<&SourceFile> = files.iter().filter(|file| has_tests(&file.path)).collect();
    let mut findings = Vec::new();
    let mut seen = Vec::new();
    for (index, line) in page.text.lines().enumerate() {
        let Some(rule) = rule_of(line) else { continue };
        seen.push(rule);
        let names: Vec<&str> = last_cell(line).split('`').skip(1).step_by(2).collect();
        let mut find = |message: String| findings.push(Finding::new(PAGE, index + 1, message));
        if names.is_empty() {
            find(format!("G{rule} has no test"));
        }
        for name in names {
            let (function, title) = (format!("fn {name}("), format!("\"{name}\""));
            if !tests.iter().any(|file| file.text.contains(&function) || file.text.contains(&title))
            {
                find(format!("no test is called `{name}`"));
            }
        }
    }
    for rule in (1..=RULES).filter(|rule| !seen.contains(rule)) {
        findings.push(Finding::new(PAGE, 0, format!("G{rule} is missing")));
    }
    findings
}

fn has_tests(path: &str) -> bool {
    path.contains("/tests/") || path.contains("/test/") || path.starts_with("e2e/stories/")
}

/// The number of a row's rule.
fn rule_of(line: &str) -> Option<u32> {
    line.strip_prefix("| G")?.split(' ').next()?.parse().ok()
}

fn last_cell(line: &str) -> &str {
    line.trim_end().trim_end_matches('|').rsplit(" | ").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_rule_without_a_test_or_with_one_that_is_gone_is_found() {
        let rows: String =
            (1..=RULES).map(|rule| format!("| G{rule} | x | `g_test` |\n")).collect();
        let tests = file("a/tests/b.rs", "fn g_test() {}");
        assert_eq!(check(&[file(PAGE, &rows), tests]), []);
        let gone = check(&[file(PAGE, &rows), file("e2e/stories/a.js", "story(\"other\")")]);
        assert_eq!(gone.len(), RULES as usize);
        let none = check(&[file(PAGE, "| G1 | x | |\n")]);
        assert_eq!(none.len(), RULES as usize, "one without a test, the others not there");
    }
}
