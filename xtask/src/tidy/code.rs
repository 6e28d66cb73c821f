//! Rules for Rust files: how they open, how long they get, and the words they may not say.
//!
//! Words are looked for in code alone: comments and strings are blanked first, by a small lexer
//! that knows line and block comments, strings, raw strings and characters. Code under
//! `#[cfg(test)]` and `#[test]` is blanked too, since tests may unwrap and need a first `Instant`.

use super::Finding;
use super::laws::{IMPURE_WORDS, Law};
use super::tree::SourceFile;

/// Checks one Rust file.
pub fn check(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.is_generated() {
        return findings;
    }
    if !file.text.starts_with("//!") {
        findings.push(Finding::new(&file.path, 1, "a file opens with `//!`: what it is"));
    }
    check_words(file, &mut findings);
    findings
}

fn check_words(file: &SourceFile, findings: &mut Vec<Finding>) {
    let everywhere = blank_comments_and_strings(&file.text);
    let product = if file.is_test() { String::new() } else { blank_tests(&everywhere) };
    let is_pure = folder_law(&file.path).is_some_and(|law| law.is_pure);
    let is_build_script = file.path.ends_with("/build.rs");

    let mut say = |code: &str, word: &str, message: String| {
        for (index, line) in code.lines().enumerate() {
            let source = file.text.lines().nth(index).unwrap_or_default();
            if has_word(line, word) && !source.contains(ALLOWED) {
                findings.push(Finding::new(&file.path, index + 1, message.clone()));
            }
        }
    };
    for (word, reason) in UNFINISHED_WORDS {
        say(&everywhere, word, format!("`{word}`: {reason}"));
    }
    say(&product, ".unwrap()", "`unwrap`: say `expect(\"why it holds\")` or handle it".to_owned());
    if is_pure && !is_build_script {
        for (word, reason) in IMPURE_WORDS {
            say(&product, word, format!("`{word}` in a pure crate: {reason}"));
        }
    }
}

fn folder_law(path: &str) -> Option<&'static Law> {
    let mut parts = path.split('/');
    let first = parts.next()?;
    let second = parts.next()?;
    Law::of(first).or_else(|| Law::of(&format!("{first}/{second}")))
}

/// `word` in `line`, not as a part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        let opens = !word.starts_with(is_name) || !before.is_some_and(is_name);
        let closes = !word.ends_with(is_name) || !after.is_some_and(is_name);
        opens && closes
    })
}

/// The same text with every comment and every string made of spaces.
pub fn blank_comments_and_strings(text: &str) -> String {
    blank(text, |_| true)
}

/// The same text with every string made of spaces.
pub fn blank_strings(text: &str) -> String {
    blank(text, |opening| opening != '/')
}

/// Blanks the tokens whose opening character `chosen` picks.
fn blank(text: &str, chosen: fn(char) -> bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let rest = chars.get(at..).unwrap_or_default();
        let length = token_length(rest, at.checked_sub(1).and_then(|before| chars.get(before)));
        match length {
            Some(length) => {
                let token = rest.get(..length).unwrap_or(rest);
                let is_chosen = token.first().is_some_and(|c| chosen(*c));
                let shown = |c: &char| if is_chosen && *c != '\n' { ' ' } else { *c };
                out.extend(token.iter().map(shown));
                at += token.len();
            }
            None => {
                out.extend(rest.first());
                at += 1;
            }
        }
    }
    out
}

/// How long the comment, string or character is that `rest` begins with, if it begins with one.
fn token_length(rest: &[char], before: Option<&char>) -> Option<usize> {
    let first = *rest.first()?;
    let second = rest.get(1).copied();
    let in_name = before.is_some_and(|c| c.is_alphanumeric() || *c == '_');
    match (first, second) {
        ('/', Some('/')) => Some(rest.iter().position(|c| *c == '\n').unwrap_or(rest.len())),
        ('/', Some('*')) => Some(block_comment_length(rest)),
        ('"', _) => Some(quoted_length(rest, '"')),
        ('r', Some('"' | '#')) if !in_name => raw_string_length(rest),
        ('b', Some('r')) if !in_name => raw_string_length(rest.get(1..)?).map(|length| length + 1),
        ('\'', _) => character_length(rest),
        _ => None,
    }
}

fn block_comment_length(rest: &[char]) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < rest.len() {
        match (rest.get(at), rest.get(at + 1)) {
            (Some('/'), Some('*')) => depth += 1,
            (Some('*'), Some('/')) => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted_length(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while let Some(c) = rest.get(at) {
        match *c {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#` and so on; a raw name such as `r#type` is not a string.
fn raw_string_length(rest: &[char]) -> Option<usize> {
    let hashes = rest.get(1..)?.iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let body = rest.get(2 + hashes..)?;
    let closes = |at: usize| {
        body.get(at) == Some(&'"')
            && body.get(at + 1..=at + hashes).is_some_and(|tail| tail.iter().all(|c| *c == '#'))
    };
    let end = (0..body.len()).find(|at| closes(*at)).unwrap_or(body.len());
    Some(2 + hashes + end + 1 + hashes)
}

/// A character, or nothing when the quote opens a lifetime.
fn character_length(rest: &[char]) -> Option<usize> {
    match (rest.get(1), rest.get(2)) {
        (Some('\\'), _) => Some(quoted_length(rest, '\'')),
        (Some(_), Some('\'')) => Some(3),
        _ => None,
    }
}

/// Code (without comments and strings) with every item under `#[cfg(test)]` or `#[test]` blanked.
fn blank_tests(code: &str) -> String {
    let mut out = code.to_owned();
    for marker in ["#[cfg(test)]", "#[test]", "#[cfg(all(test"] {
        let mut from = 0;
        while let Some(at) = out.get(from..).and_then(|rest| rest.find(marker)) {
            let start = from + at;
            let end = start + item_length(out.get(start..).unwrap_or_default());
            let blank: String = out
                .get(start..end)
                .unwrap_or_default()
                .chars()
                .map(|c| if c == '\n' { '\n' } else { ' ' })
                .collect();
            // Blanking can shorten the text: a wide character becomes one space.
            from = start + blank.len();
            out.replace_range(start..end, &blank);
        }
    }
    out
}

/// Bytes of the item that `code` begins with: to its closing brace, or to `;` when it has none.
fn item_length(code: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// What a line says at its end when it breaks a word rule on purpose.
const ALLOWED: &str = "// tidy: allow, ";

/// Words that mean work left undone.
const UNFINISHED_WORDS: &[(&str, &str)] = &[
    ("todo!", "nothing here is left for later"),
    ("unimplemented!", "nothing here is left for later"),
    ("#[ignore", "a test that does not run tests nothing"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile { path: path.to_owned(), text: format!("//! A file.\n{text}") };
        check(&file).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_clock_in_a_system_is_found_with_its_line() {
        let found = messages("systems/switch/src/lib.rs", "\nfn f() { Instant::now(); }\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("systems/switch/src/lib.rs:3: `Instant::now`"), "{found:?}");
    }

    #[test]
    fn a_clock_in_io_is_nobodys_business() {
        assert!(messages("io/sip/src/lib.rs", "fn f() { Instant::now(); }").is_empty());
    }

    #[test]
    fn words_in_comments_strings_and_tests_do_not_count() {
        let text = r##"
            // Instant::now() is for io; a Mutex too.
            /* tokio /* nested */ RwLock */
            const A: &str = "a Mutex \" and tokio"; const B: &str = r#"x.unwrap()"#;
            const C: char = '"'; fn f<'a>(x: &'a str) -> &'a str { x }
            #[cfg(test)] mod tests { fn g() { Instant::now(); None.unwrap() } }
        "##;
        assert_eq!(messages("systems/desk/src/lib.rs", text), Vec::<String>::new());
    }

    #[test]
    fn code_after_a_test_module_counts_again() {
        let text = "#[cfg(test)]\nmod tests { fn g() {} }\nfn f() { x.unwrap() }\n";
        assert_eq!(messages("io/sip/src/lib.rs", text).len(), 1);
    }

    #[test]
    fn a_longer_name_is_another_word() {
        let text = "struct TokioFree; fn is_tokio_free() {}";
        assert!(messages("model/src/lib.rs", text).is_empty());
    }

    #[test]
    fn a_reason_on_the_line_allows_the_word() {
        let text = "fn f() { Instant::now(); } // tidy: allow, the epoch of virtual time\n";
        assert!(messages("sim/src/lib.rs", text).is_empty());
    }

    #[test]
    fn an_ignored_test_is_found_in_test_files_too() {
        let found = messages("model/tests/a.rs", "#[test]\n#[ignore]\nfn f() {}\n");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_file_without_a_heading_is_found() {
        let file = SourceFile { path: "model/src/a.rs".to_owned(), text: "fn f() {}".to_owned() };
        assert_eq!(check(&file).len(), 1);
    }
}
