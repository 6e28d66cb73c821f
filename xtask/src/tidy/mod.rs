//! The rules that no compiler checks: who may use whom, which words a pure crate may not say,
//! how large a file may grow, and that nothing of one machine gets into the repository.
//!
//! A line that has to break a word rule says why: `// tidy: allow, <reason>` at its end.

mod code;
mod laws;
mod manifests;
mod rules;
mod text;
mod tree;

use std::fmt;
use std::io;
use std::path::Path;

use tree::SourceFile;

/// One broken rule, at a place that an editor can jump to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the workspace root, with `/`.
    pub path: String,
    /// 1-based; 0 speaks of the whole file.
    pub line: usize,
    /// What is wrong and what to do instead.
    pub message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Every broken rule in the workspace at `root`, in the order of paths and lines.
pub fn check(root: &Path) -> io::Result<Vec<Finding>> {
    let files = tree::read(root)?;
    let mut findings: Vec<Finding> = files.iter().flat_map(check_file).collect();
    findings.extend(manifests::check(&files));
    findings.extend(rules::check(&files));
    findings.sort();
    Ok(findings)
}

fn check_file(file: &SourceFile) -> Vec<Finding> {
    let mut findings = text::check(file);
    if file.path.ends_with(".rs") {
        findings.extend(code::check(file));
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_workspace_keeps_the_rules_of_the_house() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask has a parent");
        let findings = super::check(root).expect("the workspace is readable");
        let report: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "\n{}\n", report.join("\n"));
    }
}
