//! Who changed what: one row for each object that a change has changed.

use model::{
    Configuration,
    config::{Audit, Difference, DifferenceSort, ObjectKind},
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{Store, StoreError, configuration};

/// What is asked of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only what is older than this row; `None`: from the newest on.
    pub before_id: Option<i64>,
    /// Only objects of this kind.
    pub kind: Option<ObjectKind>,
    /// Only objects of this name.
    pub name: Option<String>,
    /// Only changes by this person or program.
    pub who: Option<String>,
    /// At most so many rows, and never more than [`AuditQuery::ROWS_MAX`].
    pub limit: u32,
}

impl AuditQuery {
    /// Rows of one page.
    pub const ROWS_MAX: u32 = 1_000;
}

/// One row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Grows with time; the next page begins before the last one's.
    pub id: i64,
    /// UTC, e.g. `2026-01-26T15:15:54.123Z`.
    pub at: String,
    /// Who changed it.
    pub who: String,
    /// The version that the change made.
    pub version: u64,
    /// What it changed.
    pub difference: Difference,
}

impl Store {
    /// Keeps what a change has changed, all of it or nothing.
    ///
    /// # Errors
    /// When writing fails.
    pub async fn save_audit(&self, audit: &Audit) -> Result<(), StoreError> {
        let failed = |source| self.query_error("write the audit log", source);
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        write(&mut transaction, audit).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// Saves a configuration and what was changed to make it, both or neither.
    ///
    /// # Errors
    /// When writing fails; the saved configuration is then the one before.
    pub async fn save_change(&self, site: &Configuration, audit: &Audit) -> Result<(), StoreError> {
        let failed = |source| self.query_error("save the configuration", source);
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        configuration::write(&mut transaction, site).await.map_err(failed)?;
        write(&mut transaction, audit).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// A page of the audit log, the newest first.
    ///
    /// # Errors
    /// When reading fails or a row can't be understood.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, StoreError> {
        let rows = sqlx::query(SELECT)
            .bind(query.before_id)
            .bind(query.kind.map(ObjectKind::as_str))
            .bind(&query.name)
            .bind(&query.who)
            .bind(query.limit.min(AuditQuery::ROWS_MAX))
            .fetch_all(&self.pool)
            .await
            .map_err(|source| self.query_error("read the audit log", source))?;
        rows.iter().map(|row| self.audit_row(row)).collect()
    }

    fn audit_row(&self, row: &SqliteRow) -> Result<AuditRow, StoreError> {
        let id: i64 = row.get("id");
        let wrong = |problem: String| StoreError::Row {
            file: self.file().to_owned(),
            table: "audit",
            key: id.to_string(),
            problem,
        };
        let (kind, sort): (String, String) = (row.get("kind"), row.get("sort"));
        let known = ObjectKind::ALL.iter().find(|known| known.as_str() == kind);
        let fields: String = row.get("fields");
        let difference = Difference {
            kind: *known.ok_or_else(|| wrong(format!("there is no kind `{kind}`")))?,
            name: row.get("name"),
            sort: sort_of(&sort).ok_or_else(|| wrong(format!("there is no sort `{sort}`")))?,
            fields: serde_json::from_str(&fields).map_err(|error| wrong(error.to_string()))?,
        };
        let version: i64 = row.get("version");
        let version = u64::try_from(version).unwrap_or_default();
        Ok(AuditRow { id, at: row.get("at"), who: row.get("who"), version, difference })
    }
}

async fn write(to: &mut SqliteConnection, audit: &Audit) -> Result<(), sqlx::Error> {
    for difference in &audit.differences {
        let fields = serde_json::to_string(&difference.fields)
            .map_err(|error| sqlx::Error::Encode(error.into()))?;
        sqlx::query(INSERT)
            .bind(i64::try_from(audit.at_ms).unwrap_or(i64::MAX))
            .bind(&audit.who)
            .bind(i64::try_from(audit.version).unwrap_or(i64::MAX))
            .bind(difference.kind.as_str())
            .bind(&difference.name)
            .bind(sort_word(difference.sort))
            .bind(fields)
            .execute(&mut *to)
            .await?;
    }
    Ok(())
}

fn sort_word(sort: DifferenceSort) -> &'static str {
    match sort {
        DifferenceSort::Added => "added",
        DifferenceSort::Changed => "changed",
        DifferenceSort::Removed => "removed",
    }
}

fn sort_of(word: &str) -> Option<DifferenceSort> {
    let all = [DifferenceSort::Added, DifferenceSort::Changed, DifferenceSort::Removed];
    all.into_iter().find(|sort| sort_word(*sort) == word)
}

const INSERT: &str = "INSERT INTO audit (at, who, version, kind, name, sort, fields)
    VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', ? / 1000.0, 'unixepoch'), ?, ?, ?, ?, ?, ?)";
const SELECT: &str = "SELECT * FROM audit
    WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR name = ?3)
        AND (?4 IS NULL OR who = ?4)
    ORDER BY id DESC LIMIT ?5";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use model::config::Tenant;

    use super::*;

    #[tokio::test]
    async fn changes_are_kept_and_found_again_by_object_and_by_person() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let before = Configuration::default();
        let mut after = before.clone();
        after.skills.insert("Sales".into());
        after.tenants.insert("North".into(), Tenant::default());
        for (who, version) in [("admin", 2), ("robin", 3)] {
            let differences = before.differences(&after);
            let audit = Audit { who: who.into(), at_ms: 1_769_440_554_123, version, differences };
            store.save_change(&after, &audit).await.unwrap();
        }
        assert_eq!(store.load().await.unwrap(), Some(after.clone()));
        let all = AuditQuery { limit: 100, ..AuditQuery::default() };
        let rows = store.audit(&all).await.unwrap();
        assert_eq!(rows.len(), 4);
        assert_eq!((rows[0].who.as_str(), rows[0].version), ("robin", 3));
        assert_eq!(rows[0].at, "2026-01-26T15:15:54.123Z");
        assert_eq!(rows[1].difference, before.differences(&after)[0]);
        let by = |query: AuditQuery| {
            let store = &store;
            async move { store.audit(&query).await.unwrap().len() }
        };
        assert_eq!(by(AuditQuery { who: Some("admin".into()), ..all.clone() }).await, 2);
        assert_eq!(by(AuditQuery { kind: Some(ObjectKind::Tenant), ..all.clone() }).await, 2);
        assert_eq!(by(AuditQuery { name: Some("Nobody".into()), ..all.clone() }).await, 0);
        assert_eq!(by(AuditQuery { before_id: Some(rows[0].id), ..all.clone() }).await, 3);
        assert_eq!(by(AuditQuery { limit: 1, ..all }).await, 1);
    }
}
