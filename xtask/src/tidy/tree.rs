//! The files of the workspace that people wrote, read once.

use std::fs;
use std::io;
use std::path::Path;

/// A text file: its path from the root, with `/`, and what it says.
#[derive(Debug)]
pub struct SourceFile {
    pub path: String,
    pub text: String,
}

impl SourceFile {
    /// Made by a program: size and style do not matter, contents still do.
    pub fn is_generated(&self) -> bool {
        self.path.split('/').any(|part| part == "generated")
            || self.text.lines().take(3).any(|line| line.contains("@generated"))
    }

    /// Test code as a whole file; `#[cfg(test)]` inside a file is the lexer's matter.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.split('/').any(|part| part == "tests" || part == "benches")
            || name == "tests.rs"
            || name.ends_with("_tests.rs")
            || name.ends_with(".test.ts")
            || name.ends_with(".test.tsx")
    }
}

/// Reads every text file under `root` that belongs to the repository, sorted by path.
pub fn read(root: &Path) -> io::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    visit(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn visit(folder: &Path, prefix: &str, files: &mut Vec<SourceFile>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        if SKIPPED_NAMES.contains(&name.as_str()) || SKIPPED_PATHS.contains(&path.as_str()) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            visit(&entry.path(), &path, files)?;
        } else if kind.is_file() && is_text(&name) {
            // A file may vanish between the listing and the reading: editors do that.
            if let Ok(text) = fs::read_to_string(entry.path()) {
                files.push(SourceFile { path, text });
            }
        }
    }
    Ok(())
}

fn is_text(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    match extension {
        Some(extension) => TEXT_EXTENSIONS.contains(&extension),
        None => TEXT_NAMES.contains(&name),
    }
}

/// Never ours, wherever they stand.
const SKIPPED_NAMES: &[&str] = &[".git", ".venv", "node_modules", "target"];

/// What builds and runs leave behind (see .gitignore).
const SKIPPED_PATHS: &[&str] = &["data", "e2e/out", "ui/dist"];

const TEXT_EXTENSIONS: &[&str] = &[
    "css", "html", "js", "json", "md", "mjs", "proto", "py", "rs", "sh", "sql", "toml", "ts",
    "tsx", "txt", "xml", "yaml", "yml",
];

const TEXT_NAMES: &[&str] = &["Dockerfile", "Makefile", "run"];
