//! Objects of the configuration that are kept as JSON, a row each.

use model::{
    Configuration,
    config::{Object, ObjectKind},
};
use sqlx::{Row, SqliteConnection};

use crate::{Store, StoreError};

/// Reads them into a configuration.
pub async fn read(
    store: &Store,
    from: &mut SqliteConnection,
    site: &mut Configuration,
) -> Result<(), StoreError> {
    let rows = sqlx::query("SELECT kind, name, body FROM objects")
        .fetch_all(from)
        .await
        .map_err(|source| store.query_error("read the configuration", source))?;
    for row in rows {
        let (kind, name, body): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let wrong = |problem: String| StoreError::Row {
            file: store.file().to_owned(),
            table: "objects",
            key: format!("{kind} {name}"),
            problem,
        };
        let known = KINDS.into_iter().find(|known| known.as_str() == kind);
        let known = known.ok_or_else(|| wrong(format!("there is no kind `{kind}`")))?;
        let mut from = serde_json::Deserializer::from_str(&body);
        site.put(Object::read(known, &name, &mut from).map_err(|error| wrong(error.to_string()))?);
    }
    Ok(())
}

/// Writes a configuration's in place of those that are there.
pub async fn write(to: &mut SqliteConnection, site: &Configuration) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM objects").execute(&mut *to).await?;
    for kind in KINDS {
        for name in site.names(kind) {
            let Some(object) = site.object(kind, name) else { continue };
            let body = object.body().map_err(|error| sqlx::Error::Encode(error.into()))?;
            sqlx::query("INSERT INTO objects (kind, name, body) VALUES (?, ?, ?)")
                .bind(kind.as_str())
                .bind(name)
                .bind(body.to_string())
                .execute(&mut *to)
                .await?;
        }
    }
    Ok(())
}

/// The kinds without tables of their own.
const KINDS: [ObjectKind; 10] = [
    ObjectKind::ActionCode,
    ObjectKind::AgentGroup,
    ObjectKind::AgentLogin,
    ObjectKind::Application,
    ObjectKind::Calendar,
    ObjectKind::DialRule,
    ObjectKind::MediaFile,
    ObjectKind::Resource,
    ObjectKind::Role,
    ObjectKind::Tenant,
];
