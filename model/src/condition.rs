//! Conditions of strategies: `account_type = 'premium' & (wait > 30 | ~open('Office'))`.
//!
//! ```text
//! condition := term { ('&' | '|') term }       equal precedence, left to right
//! term      := '~' term | '(' condition ')' | value [ op value | 'in' list ]
//! list      := '(' value { ',' value } ')'
//! op        := = != < <= > >=
//! value     := name | integer | 'text' | function '(' [ 'text' ] ')'
//! ```
//!
//! As in skill expressions `&` binds no tighter than `|`. A name is a fact of the call
//! ([`Fact`]), or else a key of its user data; a key that is not there is an empty text. Two
//! values are compared as numbers when both read as one; texts are equal or not, and neither below
//! nor above one another. A value alone holds when it is neither empty nor 0.

use std::{collections::BTreeSet, fmt};

/// A parsed condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition(Node);

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionSyntax {
    /// Characters of the text before it stopped making sense.
    pub at: usize,
    /// What is wrong there, for a person.
    pub message: String,
}

/// What a condition asks of a call besides its user data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Agents who are logged in and satisfy a skill expression.
    AgentsLoggedIn(String),
    /// Agents who could take a call now and satisfy a skill expression.
    AgentsReady(String),
    /// The caller's number.
    Ani,
    /// Calls that wait for the same agents, this one left out.
    CallsWaiting,
    /// A user data key of any spelling.
    Data(String),
    /// The number that was dialled.
    Dnis,
    /// Seconds until an agent is likely to be free for it.
    ExpectedWait,
    /// Whether a calendar is open: 1 or 0.
    Open(String),
    /// How many calls come before this one, and one more.
    Position,
    /// Its priority at the moment.
    Priority,
    /// Seconds since it came first.
    Wait,
}

/// A fact's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl Condition {
    /// Longest text taken, in bytes.
    pub const BYTES_MAX: usize = 2_000;
    /// Deepest nesting taken.
    pub const DEPTH_MAX: usize = 32;

    /// Reads a condition.
    ///
    /// # Errors
    /// Says where the text stops being a condition, and why.
    pub fn parse(text: &str) -> Result<Self, ConditionSyntax> {
        if text.len() > Self::BYTES_MAX {
            let message = format!("longer than {} bytes", Self::BYTES_MAX);
            return Err(ConditionSyntax { at: Self::BYTES_MAX, message });
        }
        let mut parser = Parser { text, at: 0 };
        let node = parser.chain(0).and_then(|node| match parser.peek() {
            None => Ok(node),
            Some(_) => Err(parser.unexpected("`&`, `|`, a comparison or the end")),
        });
        node.map(Self).map_err(|mut syntax| {
            // The parser counts in bytes, people in characters.
            syntax.at = text.get(..syntax.at).map_or(syntax.at, |before| before.chars().count());
            syntax
        })
    }

    /// The condition that a fact is something.
    #[must_use]
    pub fn is_so(fact: Fact) -> Self {
        Self(Node::Something(Operand::Fact(fact)))
    }

    /// The condition that a fact is this text.
    #[must_use]
    pub fn is_text(fact: Fact, text: &str) -> Self {
        let text = Operand::Constant(Value::Text(text.to_owned()));
        Self(Node::Compare(Operand::Fact(fact), Comparison::Equal, text))
    }

    /// Whether it holds of a call, whose facts `value` tells.
    pub fn holds(&self, value: &impl Fn(&Fact) -> Value) -> bool {
        self.0.holds(value)
    }

    /// Every fact that it asks for.
    #[must_use]
    pub fn facts(&self) -> BTreeSet<&Fact> {
        let mut facts = BTreeSet::new();
        self.0.collect(&mut facts);
        facts
    }
}

impl Value {
    fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }

    fn is_something(&self) -> bool {
        match self {
            Self::Number(number) => *number != 0,
            Self::Text(text) => !text.is_empty() && self.number() != Some(0),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Chain(Box<Node>, Vec<(Joint, Node)>),
    Compare(Operand, Comparison, Operand),
    In(Operand, Vec<Operand>),
    Not(Box<Node>),
    Something(Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    And,
    Or,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    Constant(Value),
    Fact(Fact),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Above,
    AtLeast,
    AtMost,
    Below,
    Equal,
    Unequal,
}

impl Node {
    fn holds(&self, value: &impl Fn(&Fact) -> Value) -> bool {
        match self {
            Self::Chain(first, rest) => {
                rest.iter().fold(first.holds(value), |so_far, (joint, next)| match joint {
                    Joint::And => so_far && next.holds(value),
                    Joint::Or => so_far || next.holds(value),
                })
            }
            Self::Compare(left, comparison, right) => {
                comparison.holds(&left.value(value), &right.value(value))
            }
            Self::In(one, all) => {
                let one = one.value(value);
                all.iter().any(|other| Comparison::Equal.holds(&one, &other.value(value)))
            }
            Self::Not(node) => !node.holds(value),
            Self::Something(operand) => operand.value(value).is_something(),
        }
    }

    fn collect<'a>(&'a self, facts: &mut BTreeSet<&'a Fact>) {
        let mut operand = |operand: &'a Operand| match operand {
            Operand::Constant(_) => {}
            Operand::Fact(fact) => _ = facts.insert(fact),
        };
        match self {
            Self::Chain(first, rest) => {
                first.collect(facts);
                rest.iter().for_each(|(_, node)| node.collect(facts));
            }
            Self::Compare(left, _, right) => {
                operand(left);
                operand(right);
            }
            Self::In(one, all) => {
                operand(one);
                all.iter().for_each(operand);
            }
            Self::Not(node) => node.collect(facts),
            Self::Something(one) => operand(one),
        }
    }
}

impl Operand {
    fn value(&self, value: &impl Fn(&Fact) -> Value) -> Value {
        match self {
            Self::Constant(constant) => constant.clone(),
            Self::Fact(fact) => value(fact),
        }
    }
}

impl Comparison {
    /// Longer spellings first, so that `<=` is not read as `<`.
    const ALL: [(&str, Self); 6] = [
        ("!=", Self::Unequal),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("=", Self::Equal),
        ("<", Self::Below),
        (">", Self::Above),
    ];

    fn holds(self, left: &Value, right: &Value) -> bool {
        let ordering = match (left.number(), right.number()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => (left.text() == right.text()).then_some(std::cmp::Ordering::Equal),
        };
        match self {
            Self::Above => ordering.is_some_and(std::cmp::Ordering::is_gt),
            Self::AtLeast => ordering.is_some_and(std::cmp::Ordering::is_ge),
            Self::AtMost => ordering.is_some_and(std::cmp::Ordering::is_le),
            Self::Below => ordering.is_some_and(std::cmp::Ordering::is_lt),
            Self::Equal => ordering.is_some_and(std::cmp::Ordering::is_eq),
            Self::Unequal => !ordering.is_some_and(std::cmp::Ordering::is_eq),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn chain(&mut self, depth: usize) -> Result<Node, ConditionSyntax> {
        if depth > Condition::DEPTH_MAX {
            return Err(self.wrong(format!("nested deeper than {}", Condition::DEPTH_MAX)));
        }
        let first = self.term(depth)?;
        let mut rest = Vec::new();
        loop {
            let joint = match self.peek() {
                Some('&') => Joint::And,
                Some('|') => Joint::Or,
                _ if rest.is_empty() => return Ok(first),
                _ => return Ok(Node::Chain(Box::new(first), rest)),
            };
            self.at += 1;
            rest.push((joint, self.term(depth)?));
        }
    }

    fn term(&mut self, depth: usize) -> Result<Node, ConditionSyntax> {
        match self.peek() {
            Some('~') => {
                self.at += 1;
                if depth > Condition::DEPTH_MAX {
                    return Err(self.wrong(format!("nested deeper than {}", Condition::DEPTH_MAX)));
                }
                Ok(Node::Not(Box::new(self.term(depth + 1)?)))
            }
            Some('(') => {
                self.at += 1;
                let node = self.chain(depth + 1)?;
                self.expect(')')?;
                Ok(node)
            }
            _ => {
                let left = self.operand()?;
                self.peek();
                let rest = self.text.get(self.at..).unwrap_or_default();
                let found = Comparison::ALL.iter().find(|(text, _)| rest.starts_with(text));
                let Some((text, comparison)) = found else {
                    return match self.take_word("in") {
                        true => self.list().map(|all| Node::In(left, all)),
                        false => Ok(Node::Something(left)),
                    };
                };
                self.at += text.len();
                Ok(Node::Compare(left, *comparison, self.operand()?))
            }
        }
    }

    /// What is behind `in`.
    fn list(&mut self) -> Result<Vec<Operand>, ConditionSyntax> {
        if self.peek() != Some('(') {
            return Err(self.unexpected("`(`"));
        }
        self.at += 1;
        let mut all = vec![self.operand()?];
        while self.peek() == Some(',') {
            self.at += 1;
            all.push(self.operand()?);
        }
        self.expect(')')?;
        Ok(all)
    }

    /// Goes behind a word, if it is the next one.
    fn take_word(&mut self, word: &str) -> bool {
        self.peek();
        let begin = self.at;
        let is_it = self.take(is_name) == word;
        if !is_it {
            self.at = begin;
        }
        is_it
    }

    fn operand(&mut self) -> Result<Operand, ConditionSyntax> {
        match self.peek() {
            Some('\'') => Ok(Operand::Constant(Value::Text(self.quoted()?))),
            Some('-' | '0'..='9') => self.integer().map(|n| Operand::Constant(Value::Number(n))),
            Some(first) if is_name(first) => self.fact().map(Operand::Fact),
            _ => Err(self.unexpected("a name, a number, a 'text' or `(`")),
        }
    }

    fn fact(&mut self) -> Result<Fact, ConditionSyntax> {
        let begin = self.at;
        let name = self.take(is_name);
        if self.peek() != Some('(') {
            return Ok(match name {
                "ani" => Fact::Ani,
                "calls_waiting" => Fact::CallsWaiting,
                "dnis" => Fact::Dnis,
                "expected_wait" => Fact::ExpectedWait,
                "position" => Fact::Position,
                "priority" => Fact::Priority,
                "wait" => Fact::Wait,
                key => Fact::Data(key.to_owned()),
            });
        }
        let make: fn(String) -> Fact = match name {
            "agents_logged_in" => Fact::AgentsLoggedIn,
            "agents_ready" => Fact::AgentsReady,
            "data" => Fact::Data,
            "open" => Fact::Open,
            other => {
                let message = format!(
                    "there is no `{other}(…)`; there are agents_logged_in, agents_ready, data and \
                     open"
                );
                return Err(ConditionSyntax { at: begin, message });
            }
        };
        self.at += 1;
        if self.peek() != Some('\'') {
            return Err(self.unexpected("a 'text'"));
        }
        let argument = self.quoted()?;
        self.expect(')')?;
        Ok(make(argument))
    }

    /// A text in single quotes; a quote in it is written twice.
    fn quoted(&mut self) -> Result<String, ConditionSyntax> {
        let begin = self.at;
        let mut text = String::new();
        let mut rest = self.text.get(begin + 1..).unwrap_or_default().chars().peekable();
        self.at += 1;
        while let Some(next) = rest.next() {
            self.at += next.len_utf8();
            match next {
                '\'' if rest.peek() == Some(&'\'') => {
                    rest.next();
                    self.at += 1;
                    text.push('\'');
                }
                '\'' => return Ok(text),
                other => text.push(other),
            }
        }
        Err(ConditionSyntax { at: begin, message: "this text has no closing quote".into() })
    }

    fn integer(&mut self) -> Result<i64, ConditionSyntax> {
        let begin = self.at;
        let digits = self.take(|c| c == '-' || c.is_ascii_digit());
        digits.parse().map_err(|_| ConditionSyntax {
            at: begin,
            message: format!("`{digits}` is no whole number that can be reckoned with"),
        })
    }

    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn expect(&mut self, wanted: char) -> Result<(), ConditionSyntax> {
        if self.peek() != Some(wanted) {
            return Err(self.unexpected(&format!("`{wanted}`")));
        }
        self.at += wanted.len_utf8();
        Ok(())
    }

    /// The next character after spaces.
    fn peek(&mut self) -> Option<char> {
        self.take(char::is_whitespace);
        self.text.get(self.at..)?.chars().next()
    }

    fn unexpected(&mut self, wanted: &str) -> ConditionSyntax {
        let found = match self.peek() {
            Some(found) => format!("`{found}`"),
            None => "the end".into(),
        };
        self.wrong(format!("{wanted} was expected, not {found}"))
    }

    fn wrong(&self, message: String) -> ConditionSyntax {
        ConditionSyntax { at: self.at, message }
    }
}

impl fmt::Display for ConditionSyntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.at + 1, self.message)
    }
}

impl std::error::Error for ConditionSyntax {}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '#')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn call(fact: &Fact) -> Value {
        match fact {
            Fact::AgentsLoggedIn(_) => Value::Number(3),
            Fact::AgentsReady(skills) => Value::Number(i64::from(skills == "Support > 0")),
            Fact::Ani => Value::Text("+4930123".into()),
            Fact::CallsWaiting | Fact::Priority => Value::Number(0),
            Fact::Data(key) => Value::Text(match key.as_str() {
                "account_type" => "premium".into(),
                "level" => " 7 ".into(),
                "it's" => "so".into(),
                _ => String::new(),
            }),
            Fact::Dnis => Value::Text("5000".into()),
            Fact::ExpectedWait => Value::Number(90),
            Fact::Open(name) => Value::Number(i64::from(name == "Office")),
            Fact::Position => Value::Number(1),
            Fact::Wait => Value::Number(31),
        }
    }

    #[test]
    fn what_holds_and_what_does_not() {
        let cases = [
            ("account_type = 'premium'", true),
            ("account_type != 'premium'", false),
            ("account_type = 'premium' & wait > 30", true),
            ("wait>31 | open('Office')", true),
            ("~open('Office')", false),
            ("~~open('Office') & ~(wait < 31)", true),
            // Left to right: (yes | yes) & no.
            ("wait > 0 | wait > 0 & wait < 0", false),
            ("level >= 7 & level <= 7 & level = 7", true),
            ("account_type > 3", false),
            ("account_type < 'z'", false),
            ("missing", false),
            ("missing = ''", true),
            ("ani = '+4930123' & dnis = 5000", true),
            ("agents_ready('Support > 0') >= 1 & agents_logged_in('x') = 3", true),
            ("data('it''s') = 'so'", true),
            ("position = 1 & calls_waiting = 0 & priority", false),
            ("wait > -1", true),
            ("dnis in ('5900', 5000)", true),
            ("~(ani in ('1', '2')) & expected_wait > 60", true),
            ("inland in ('')", true),
        ];
        for (text, holds) in cases {
            let condition = Condition::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(condition.holds(&call), holds, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_with_its_place() {
        let deep = "(".repeat(40) + "wait" + &")".repeat(40);
        let cases = [
            ("", 1, "a name, a number, a 'text' or `(` was expected, not the end"),
            ("wait >", 7, "a name, a number, a 'text' or `(` was expected, not the end"),
            ("wait > 3 3", 10, "`&`, `|`, a comparison or the end was expected, not `3`"),
            ("(wait", 6, "`)` was expected, not the end"),
            ("ani = 'x", 7, "this text has no closing quote"),
            (
                "opem('x')",
                1,
                "there is no `opem(…)`; there are agents_logged_in, agents_ready, \
              data and open",
            ),
            ("open(Office)", 6, "a 'text' was expected, not `O`"),
            ("'é' = 'ü' ü", 11, "`&`, `|`, a comparison or the end was expected, not `ü`"),
            ("ani in '1'", 8, "`(` was expected, not `'`"),
            ("ani in ('1' '2')", 13, "`)` was expected, not `'`"),
            (
                "wait > 99999999999999999999",
                8,
                "`99999999999999999999` is no whole number that \
              can be reckoned with",
            ),
            (deep.as_str(), 34, "nested deeper than 32"),
        ];
        for (text, at, message) in cases {
            let fault = Condition::parse(text).unwrap_err();
            assert_eq!(fault.to_string(), format!("at character {at}: {message}"), "{text}");
        }
        assert!(Condition::parse(&"~".repeat(1999)).is_err());
        assert!(Condition::parse(&"x".repeat(2001)).is_err());
    }

    #[test]
    fn every_fact_that_is_asked_for_is_known() {
        let text = "open('A') & (level = 1 | ~open('B')) & wait > priority";
        let condition = Condition::parse(text).unwrap();
        let wanted = [
            Fact::Data("level".into()),
            Fact::Open("A".into()),
            Fact::Open("B".into()),
            Fact::Priority,
            Fact::Wait,
        ];
        assert_eq!(condition.facts(), wanted.iter().collect());
    }
}
