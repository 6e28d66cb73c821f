//! Skill expressions: `Support > 0 & (English >= 3 | Spanish >= 3)`.
//!
//! ```text
//! expr := term { ('&' | '|') term }            equal precedence, left to right
//! term := '(' expr ')' | cmp
//! cmp  := sum op sum                           op: = != < <= > >=
//! sum  := atom { ('+' | '-' | '*' | '/') atom } equal precedence, left to right
//! atom := name | integer | '(' sum ')'
//! ```
//!
//! As in the router that strategies come from, `&` binds no tighter than `|`:
//! `A > 1 | B > 2 & C > 3` is `(A > 1 | B > 2) & C > 3`. A skill that an agent lacks counts 0.
//! A comparison whose sum can't be computed (division by zero, overflow) does not hold.
//! `$(statistic)` belongs to the grammar but is refused: levels are all that is known here.

use std::{collections::BTreeSet, fmt};

/// A parsed expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillExpression(Condition);

/// Why a text is not a skill expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillSyntax {
    /// Characters of the text before it stopped making sense.
    pub at: usize,
    /// What is wrong there, for a person.
    pub message: String,
}

impl SkillExpression {
    /// Longest text taken, in bytes.
    pub const BYTES_MAX: usize = 2_000;
    /// Deepest nesting of brackets taken.
    pub const DEPTH_MAX: usize = 32;

    /// Reads an expression.
    ///
    /// # Errors
    /// Says where the text stops being an expression, and why.
    pub fn parse(text: &str) -> Result<Self, SkillSyntax> {
        if text.len() > Self::BYTES_MAX {
            return Err(wrong(Self::BYTES_MAX, format!("longer than {} bytes", Self::BYTES_MAX)));
        }
        Self::read(text).map_err(|mut syntax| {
            // The parser counts in bytes, people in characters.
            syntax.at = text.get(..syntax.at).map_or(syntax.at, |before| before.chars().count());
            syntax
        })
    }

    fn read(text: &str) -> Result<Self, SkillSyntax> {
        let mut parser = Parser { text, at: 0 };
        let start = parser.skip_spaces();
        let typed = parser.any(0)?;
        let end = parser.skip_spaces();
        if end < text.len() {
            return Err(parser.unexpected("`&`, `|` or the end"));
        }
        typed.into_condition(start).map(Self)
    }

    /// Whether an agent with these levels satisfies it. `level` answers 0 for a missing skill.
    pub fn holds(&self, level: impl Fn(&str) -> u32) -> bool {
        self.0.holds(&level)
    }

    /// Every skill that it mentions.
    #[must_use]
    pub fn skills(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.0.collect(&mut names);
        names
    }
}

/// Reads back as the same expression.
impl fmt::Display for SkillExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for SkillSyntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.at + 1, self.message)
    }
}

impl std::error::Error for SkillSyntax {}

/// What is true or false of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Chain(Box<Condition>, Vec<(Joint, Condition)>),
    Compare(Sum, Comparison, Sum),
}

/// What is a number of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sum {
    Chain(Box<Sum>, Vec<(Arithmetic, Sum)>),
    Level(String),
    Number(u32),
}

/// Operators that differ in kind only share their printing.
macro_rules! operators {
    ($name:ident { $($variant:ident = $text:literal),* }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum $name { $($variant),* }
        impl $name {
            /// Longer spellings first, so that `<=` is not read as `<`.
            const ALL: &[(&str, Self)] = &[$(($text, Self::$variant)),*];
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text),* })
            }
        }
    };
}

operators!(Joint { And = "&", Or = "|" });
operators!(Arithmetic { Plus = "+", Minus = "-", Times = "*", Over = "/" });
operators!(Comparison {
    Unequal = "!=", AtMost = "<=", AtLeast = ">=", Equal = "=", Below = "<", Above = ">"
});

impl Condition {
    fn holds(&self, level: &impl Fn(&str) -> u32) -> bool {
        match self {
            Self::Chain(first, rest) => {
                rest.iter().fold(first.holds(level), |so_far, (joint, next)| match joint {
                    Joint::And => so_far && next.holds(level),
                    Joint::Or => so_far || next.holds(level),
                })
            }
            Self::Compare(left, comparison, right) => {
                let (Some(left), Some(right)) = (left.value(level), right.value(level)) else {
                    return false;
                };
                match comparison {
                    Comparison::Above => left > right,
                    Comparison::AtLeast => left >= right,
                    Comparison::AtMost => left <= right,
                    Comparison::Below => left < right,
                    Comparison::Equal => left == right,
                    Comparison::Unequal => left != right,
                }
            }
        }
    }

    fn collect<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        match self {
            Self::Chain(first, rest) => {
                first.collect(names);
                rest.iter().for_each(|(_, next)| next.collect(names));
            }
            Self::Compare(left, _, right) => {
                left.collect(names);
                right.collect(names);
            }
        }
    }
}

impl Sum {
    fn value(&self, level: &impl Fn(&str) -> u32) -> Option<i64> {
        match self {
            Self::Chain(first, rest) => {
                rest.iter().try_fold(first.value(level)?, |so_far, (operator, next)| {
                    let next = next.value(level)?;
                    match operator {
                        Arithmetic::Minus => so_far.checked_sub(next),
                        Arithmetic::Over => so_far.checked_div(next),
                        Arithmetic::Plus => so_far.checked_add(next),
                        Arithmetic::Times => so_far.checked_mul(next),
                    }
                })
            }
            Self::Level(name) => Some(level(name).into()),
            Self::Number(number) => Some((*number).into()),
        }
    }

    fn collect<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        match self {
            Self::Chain(first, rest) => {
                first.collect(names);
                rest.iter().for_each(|(_, next)| next.collect(names));
            }
            Self::Level(name) => {
                names.insert(name);
            }
            Self::Number(_) => {}
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracket = |f: &mut fmt::Formatter<'_>, part: &Self| match part {
            Self::Chain(..) => write!(f, "({part})"),
            Self::Compare(..) => write!(f, "{part}"),
        };
        match self {
            Self::Chain(first, rest) => {
                bracket(f, first)?;
                rest.iter().try_for_each(|(joint, next)| {
                    write!(f, " {joint} ")?;
                    bracket(f, next)
                })
            }
            Self::Compare(left, comparison, right) => write!(f, "{left} {comparison} {right}"),
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracket = |f: &mut fmt::Formatter<'_>, part: &Self| match part {
            Self::Chain(..) => write!(f, "({part})"),
            Self::Level(_) | Self::Number(_) => write!(f, "{part}"),
        };
        match self {
            Self::Chain(first, rest) => {
                bracket(f, first)?;
                rest.iter().try_for_each(|(operator, next)| {
                    write!(f, " {operator} ")?;
                    bracket(f, next)
                })
            }
            Self::Level(name) if is_plain(name) => f.write_str(name),
            Self::Level(name) => write!(f, "\"{name}\""),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// A bracket may open either, and only what follows tells which.
enum Typed {
    Condition(Condition),
    Sum(Sum),
}

impl Typed {
    fn into_condition(self, at: usize) -> Result<Condition, SkillSyntax> {
        match self {
            Self::Condition(condition) => Ok(condition),
            Self::Sum(sum) => {
                let message = format!("`{sum}` is compared with nothing; write `{sum} > 0`, say");
                Err(wrong(at, message))
            }
        }
    }

    fn into_sum(self, at: usize) -> Result<Sum, SkillSyntax> {
        match self {
            Self::Sum(sum) => Ok(sum),
            Self::Condition(condition) => {
                let message =
                    format!("`{condition}` is true or false, but a number is needed here");
                Err(wrong(at, message))
            }
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    /// `expr`, or a `sum` that nothing was compared with.
    fn any(&mut self, depth: usize) -> Result<Typed, SkillSyntax> {
        let start = self.skip_spaces();
        let first = self.comparison(depth)?;
        let Some(mut joint) = self.operator(Joint::ALL) else { return Ok(first) };
        let first = first.into_condition(start)?;
        let mut rest = Vec::new();
        loop {
            let start = self.skip_spaces();
            rest.push((joint, self.comparison(depth)?.into_condition(start)?));
            match self.operator(Joint::ALL) {
                Some(next) => joint = next,
                None => return Ok(Typed::Condition(Condition::Chain(Box::new(first), rest))),
            }
        }
    }

    fn comparison(&mut self, depth: usize) -> Result<Typed, SkillSyntax> {
        let start = self.skip_spaces();
        let left = self.sum(depth)?;
        let Some(comparison) = self.operator(Comparison::ALL) else { return Ok(left) };
        let left = left.into_sum(start)?;
        let start = self.skip_spaces();
        let right = self.sum(depth)?.into_sum(start)?;
        Ok(Typed::Condition(Condition::Compare(left, comparison, right)))
    }

    fn sum(&mut self, depth: usize) -> Result<Typed, SkillSyntax> {
        let start = self.skip_spaces();
        let first = self.atom(depth)?;
        let Some(mut operator) = self.operator(Arithmetic::ALL) else { return Ok(first) };
        let first = first.into_sum(start)?;
        let mut rest = Vec::new();
        loop {
            let start = self.skip_spaces();
            rest.push((operator, self.atom(depth)?.into_sum(start)?));
            match self.operator(Arithmetic::ALL) {
                Some(next) => operator = next,
                None => return Ok(Typed::Sum(Sum::Chain(Box::new(first), rest))),
            }
        }
    }

    fn atom(&mut self, depth: usize) -> Result<Typed, SkillSyntax> {
        let start = self.skip_spaces();
        match self.rest().chars().next() {
            Some('(') => self.bracket(depth + 1),
            Some('"') => self.quoted_name().map(|name| Typed::Sum(Sum::Level(name))),
            Some('$') => Err(wrong(start, "statistics ($(…)) can't be compared here yet")),
            Some(digit) if digit.is_ascii_digit() => self.number(),
            Some(letter) if starts_name(letter) => {
                let name = self.take_while(continues_name);
                Ok(Typed::Sum(Sum::Level(name.to_owned())))
            }
            Some(_) | None => Err(self.unexpected("a skill, a number or `(`")),
        }
    }

    fn bracket(&mut self, depth: usize) -> Result<Typed, SkillSyntax> {
        if depth > SkillExpression::DEPTH_MAX {
            let message = format!("brackets nest deeper than {}", SkillExpression::DEPTH_MAX);
            return Err(wrong(self.at, message));
        }
        self.at += 1;
        let inside = self.any(depth)?;
        self.skip_spaces();
        if !self.rest().starts_with(')') {
            return Err(self.unexpected("`)`"));
        }
        self.at += 1;
        Ok(inside)
    }

    fn quoted_name(&mut self) -> Result<String, SkillSyntax> {
        let start = self.at;
        self.at += 1;
        let name = self.take_while(|c| c != '"').to_owned();
        if self.rest().is_empty() {
            return Err(wrong(start, "this quote is never closed"));
        }
        self.at += 1;
        if name.is_empty() {
            return Err(wrong(start, "a skill has a name"));
        }
        Ok(name)
    }

    fn number(&mut self) -> Result<Typed, SkillSyntax> {
        let start = self.at;
        let digits = self.take_while(|c| c.is_ascii_digit());
        if self.rest().starts_with(continues_name) {
            let message = "a skill whose name begins with a digit is written in quotes";
            return Err(wrong(start, message));
        }
        match digits.parse() {
            Ok(number) => Ok(Typed::Sum(Sum::Number(number))),
            Err(_) => Err(wrong(start, format!("levels go up to {}", u32::MAX))),
        }
    }

    fn operator<T: Copy>(&mut self, table: &[(&str, T)]) -> Option<T> {
        self.skip_spaces();
        let (text, operator) = table.iter().find(|(text, _)| self.rest().starts_with(text))?;
        self.at += text.len();
        Some(*operator)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn skip_spaces(&mut self) -> usize {
        self.take_while(char::is_whitespace);
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn unexpected(&self, wanted: &str) -> SkillSyntax {
        match self.rest().chars().next() {
            Some(c) => wrong(self.at, format!("expected {wanted}, found `{c}`")),
            None => wrong(self.at, format!("expected {wanted}, but the text ends")),
        }
    }
}

fn wrong(at: usize, message: impl Into<String>) -> SkillSyntax {
    SkillSyntax { at, message: message.into() }
}

fn is_plain(name: &str) -> bool {
    name.starts_with(starts_name) && name.chars().all(continues_name)
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::random::Random;

    /// Levels of the agent that every table below asks about.
    fn level(skill: &str) -> u32 {
        match skill {
            "A" => 1,
            "B" => 2,
            "C" => 3,
            "Tech Support" => 4,
            _ => 0,
        }
    }

    fn holds(text: &str) -> bool {
        SkillExpression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).holds(level)
    }

    #[test]
    fn comparisons_hold_as_their_signs_say() {
        let table = [
            ("A = 1", true),
            ("A != 1", false),
            ("A < 2", true),
            ("A<=1", true),
            ("A>1", false),
            ("A >= 1", true),
            ("0 < A", true),
            ("Missing > 0", false),
            ("Missing = 0", true),
            ("\"Tech Support\" >= 4", true),
            ("A + B = C", true),
            ("C - B * 2 = 2", true),
            ("C - (B * 2) = 0 - 1", true),
            ("7 / B = C", true),
            ("(A + B) * 2 > 5", true),
            ("((A > 0))", true),
        ];
        for (text, expected) in table {
            assert_eq!(holds(text), expected, "{text}");
        }
    }

    #[test]
    fn and_binds_no_tighter_than_or() {
        // With the usual precedence each of these would turn out the other way.
        assert!(!holds("A > 0 | B > 0 & C > 9"));
        assert!(holds("A > 0 | (B > 0 & C > 9)"));
        assert!(!holds("A > 9 & B > 0 | C > 0 & C > 9"));
    }

    #[test]
    fn what_can_not_be_computed_does_not_hold() {
        assert!(!holds("A / Missing = 0") && !holds("A / Missing != 0"));
        let huge = ["4294967295"; 4].join(" * ");
        assert!(!holds(&format!("{huge} > 0")) && !holds(&format!("{huge} <= 0")));
    }

    #[test]
    fn wrong_texts_are_refused_where_they_go_wrong() {
        let table = [
            ("", 0, "expected a skill"),
            ("A", 0, "compared with nothing"),
            ("A >", 3, "but the text ends"),
            ("A > 1 &", 7, "but the text ends"),
            ("A > 1 B > 1", 6, "expected `&`, `|` or the end, found `B`"),
            ("A > 1 & B", 8, "compared with nothing"),
            ("(A > 1", 6, "expected `)`"),
            ("A > 1)", 5, "found `)`"),
            ("A == 1", 3, "found `=`"),
            ("A > -1", 4, "found `-`"),
            ("(A > 1) + 2 > 1", 0, "true or false"),
            ("A > (B > 1)", 4, "true or false"),
            ("\"Tech > 1", 0, "never closed"),
            ("\"\" > 1", 0, "has a name"),
            ("2nd > 1", 0, "in quotes"),
            ("A > 4294967296", 4, "levels go up to"),
            ("$(StatAgents) > 1", 0, "statistics"),
        ];
        for (text, at, message) in table {
            let error = SkillExpression::parse(text).expect_err(text);
            assert_eq!(error.at, at, "{text}: {error}");
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn length_and_depth_are_limited() {
        let nested = |depth| format!("{}A > 0{}", "(".repeat(depth), ")".repeat(depth));
        assert!(SkillExpression::parse(&nested(SkillExpression::DEPTH_MAX)).is_ok());
        assert!(SkillExpression::parse(&nested(SkillExpression::DEPTH_MAX + 1)).is_err());
        let long = format!("A > 0{}", " ".repeat(SkillExpression::BYTES_MAX));
        assert!(SkillExpression::parse(&long).is_err());
        let chain = vec!["A>0"; SkillExpression::BYTES_MAX / 4].join("&");
        assert!(holds(&chain));
    }

    #[test]
    fn skills_lists_each_name_once() {
        let expression =
            SkillExpression::parse("B > 0 | A + \"Tech Support\" > 2 & B < 9").unwrap();
        let names: Vec<_> = expression.skills().into_iter().collect();
        assert_eq!(names, ["A", "B", "Tech Support"]);
    }

    #[test]
    fn a_printed_expression_reads_back_as_the_same_one() {
        let mut random = Random::from_number(51);
        for round in 0..2_000 {
            let expression = SkillExpression(random_condition(&mut random, 4));
            let text = expression.to_string();
            if text.len() <= SkillExpression::BYTES_MAX {
                assert_eq!(SkillExpression::parse(&text), Ok(expression), "{round}: {text}");
            }
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic() {
        let mut random = Random::from_number(52);
        let pieces =
            ["A", "B ", "é", "(", ")", "\"", "&", "|", "<", "=", ">", "!", "7", "$(", "+", "/"];
        for _ in 0..50_000 {
            let length = random.below(24);
            let text: String =
                (0..length).map(|_| pieces[usize::try_from(random.below(16)).unwrap()]).collect();
            if let Ok(expression) = SkillExpression::parse(&text) {
                expression.holds(level);
                let printed = expression.to_string();
                assert_eq!(SkillExpression::parse(&printed), Ok(expression), "{text}");
            }
        }
    }

    fn random_condition(random: &mut Random, depth: u32) -> Condition {
        if depth == 0 || random.below(3) == 0 {
            let (_, comparison) = Comparison::ALL[usize::try_from(random.below(6)).unwrap()];
            let (left, right) = (random_sum(random, depth), random_sum(random, depth));
            return Condition::Compare(left, comparison, right);
        }
        let first = random_condition(random, depth - 1);
        let rest = (0..=random.below(2))
            .map(|_| {
                let (_, joint) = Joint::ALL[usize::try_from(random.below(2)).unwrap()];
                (joint, random_condition(random, depth - 1))
            })
            .collect();
        Condition::Chain(Box::new(first), rest)
    }

    fn random_sum(random: &mut Random, depth: u32) -> Sum {
        match random.below(if depth == 0 { 2 } else { 3 }) {
            0 => Sum::Number(random.draw_u32()),
            1 => {
                let names = ["A", "Tech Support", "x_1", "7up", "é.b"];
                Sum::Level(names[usize::try_from(random.below(5)).unwrap()].to_owned())
            }
            _ => {
                let first = random_sum(random, depth - 1);
                let (_, operator) = Arithmetic::ALL[usize::try_from(random.below(4)).unwrap()];
                let rest = vec![(operator, random_sum(random, depth - 1))];
                Sum::Chain(Box::new(first), rest)
            }
        }
    }
}
