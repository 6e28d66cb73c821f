//! A site as a TOML or YAML file: what `cordboard export` writes and `cordboard apply` reads.

use std::{fs, path::Path};

use anyhow::Context;
use model::Configuration;
use serde::{Deserialize, de::IgnoredAny};

use crate::config::{line_of, with_suggestion};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

impl Format {
    /// As `/api/v2/configuration/export` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Toml => "toml",
            Self::Yaml => "yaml",
        }
    }

    /// By the file's ending.
    ///
    /// # Errors
    /// When it is neither `.toml` nor `.yaml` nor `.yml`.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("toml") => Ok(Self::Toml),
            Some("yaml" | "yml") => Ok(Self::Yaml),
            Some(_) | None => anyhow::bail!(
                "{}: its name must end with .toml, .yaml or .yml, so that it is known how to read \
                 it",
                path.display()
            ),
        }
    }
}

/// What a file says of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFile {
    /// Its objects.
    pub site: Configuration,
    /// Whether it speaks of the switch; if not, the switch stays as it is.
    pub has_switch: bool,
}

impl SiteFile {
    /// Reads a file.
    ///
    /// # Errors
    /// With file, line, and the nearest right key for a wrong one.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let format = Format::of(path)?;
        let length =
            fs::metadata(path).with_context(|| format!("{} can't be read", path.display()))?.len();
        anyhow::ensure!(
            length <= FILE_BYTES_MAX,
            "{} has {length} bytes; at most {FILE_BYTES_MAX} are read",
            path.display()
        );
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} can't be read", path.display()))?;
        Self::parse(&text, format)
            .map_err(|(line, message)| anyhow::anyhow!("{}:{line}: {message}", path.display()))
    }

    /// Reads a text; a wrong one gives the line, counted from 1, and what is wrong there.
    pub fn parse(text: &str, format: Format) -> Result<Self, (usize, String)> {
        let (mut site, top) = match format {
            Format::Toml => {
                let wrong = |error: toml::de::Error| {
                    let start = error.span().map_or(0, |span| span.start);
                    (line_of(text, start), with_suggestion(error.message()))
                };
                let site: Configuration = toml::from_str(text).map_err(wrong)?;
                (site, toml::from_str::<Top>(text).map_err(wrong)?)
            }
            Format::Yaml => {
                let wrong = |error: serde_saphyr::Error| {
                    let line = error.location().map_or(1, |at| at.line());
                    let plain = quoted(&error.without_snippet().to_string());
                    (usize::try_from(line).unwrap_or(1), with_suggestion(&plain))
                };
                let site: Configuration = serde_saphyr::from_str(text).map_err(wrong)?;
                (site, serde_saphyr::from_str::<Top>(text).map_err(wrong)?)
            }
        };
        directory::complete(&mut site);
        Ok(Self { site, has_switch: top.switch.is_some() })
    }
}

/// The YAML reader names the place again and the right keys without quotes; as TOML's it is.
fn quoted(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    match message.split_once("expected one of ") {
        Some((start, keys)) => {
            let keys: Vec<String> = keys.split(", ").map(|key| format!("`{key}`")).collect();
            format!("{start}expected one of {}", keys.join(", "))
        }
        None => message.to_owned(),
    }
}

/// The text of a site. Its version is left out: it belongs to a data folder, not to a site.
///
/// # Errors
/// Never in practice: every object is made of texts, numbers, lists and tables.
pub fn write(site: &Configuration, format: Format) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(site)?;
    if let Some(tables) = value.as_object_mut() {
        tables.remove("version");
        tables.retain(|_, table| !table.as_object().is_some_and(serde_json::Map::is_empty));
    }
    drop_nulls(&mut value);
    let body = match format {
        Format::Toml => toml::to_string(&value)?,
        Format::Yaml => serde_saphyr::to_string(&value)?,
    };
    Ok(format!(
        "# Version {} of the site. Persons' passwords are hashes; phones' passwords are readable, \
         so keep\n# this file as you keep them.\n\n{body}",
        site.version
    ))
}

/// TOML has no null, and what is not there says the same.
fn drop_nulls(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(drop_nulls),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

/// Whether the one table is there whose absence means something else than being empty.
#[derive(Deserialize)]
struct Top {
    switch: Option<IgnoredAny>,
}

/// Ten times a site of 10,000 agents.
const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;
