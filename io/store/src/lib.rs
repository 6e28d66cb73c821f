//! Configuration, history and the index of recordings in SQLite, and passwords' hashes.
//!
//! One file, `cordboard.db`, in the data folder. The configuration is kept as plain tables that
//! an analyst can read; it is saved whole, in one transaction. History is written by a task of its
//! own behind a bounded spool: a slow disk delays history, never a call.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use model::Configuration;
use sqlx::{
    SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use crate::{
    audit::{AuditQuery, AuditRow},
    history::{CDR_COLUMNS, CdrKind, CdrPlace, CdrRecord, CdrValue, HistoryWriter, StoryWriter},
    password::{hash_password, verify_password},
};

mod audit;
mod configuration;
mod history;
mod objects;
mod password;
mod recordings;

/// The database of one data folder.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
    file: PathBuf,
    /// Which file it was when it was opened.
    place: Option<Place>,
}

/// Why the database can't do what it should. The text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The data folder can't be made.
    #[error(
        "can't create the data folder {folder}: give this user the right to write there, or \
         choose another folder with --data"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file can't be opened.
    #[error("can't open {file}: check that this user may read and write it and its folder")]
    Open {
        /// The database.
        file: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The file is no database, or a broken one.
    #[error(
        "{file} is damaged or no database: restore a backup with `cordboard restore`, or move the \
         file away to start with an empty site"
    )]
    Damaged {
        /// The database.
        file: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A later program has written the file.
    #[error(
        "{file} was written by a newer Cordboard (migration {version}): start that one, or restore \
         an older backup"
    )]
    Newer {
        /// The database.
        file: PathBuf,
        /// The first migration that is unknown here.
        version: i64,
    },
    /// The file's tables can't be brought up to date.
    #[error("can't bring {file} up to date: restore a backup, or move the file away")]
    Migrate {
        /// The database.
        file: PathBuf,
        /// Why.
        #[source]
        source: MigrateError,
    },
    /// Reading or writing failed.
    #[error(
        "can't {task} in {file}: check the disk's free space and that no other program locks it"
    )]
    Query {
        /// What was being done.
        task: &'static str,
        /// The database.
        file: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The file was taken away under the running program, or another put in its place.
    #[error(
        "{file} is gone or another file: put back the one that was there, or restart Cordboard to \
         go on with what is there now"
    )]
    Gone {
        /// The database.
        file: PathBuf,
    },
    /// A row holds what this program never writes.
    #[error("{file}, table {table}, `{key}`: {problem}; correct the row or restore a backup")]
    Row {
        /// The database.
        file: PathBuf,
        /// The table.
        table: &'static str,
        /// The row.
        key: String,
        /// What is wrong.
        problem: String,
    },
}

impl Store {
    /// Opens the database of a data folder, makes both when they are missing, and brings an older
    /// file up to date.
    ///
    /// # Errors
    /// When the folder, the file or what is in it is unusable.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_waiting(folder, BUSY_LIMIT).await
    }

    async fn open_waiting(folder: &Path, busy_limit: Duration) -> Result<Self, StoreError> {
        make_folder(folder)
            .map_err(|source| StoreError::Folder { folder: folder.to_owned(), source })?;
        let file = folder.join(FILE_NAME);
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // With WAL a power cut can cost the last transactions but never the file.
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(busy_limit);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .connect_with(options)
            .await
            .map_err(|source| open_error(&file, source))?;
        if let Err(source) = MIGRATIONS.run(&pool).await {
            pool.close().await;
            return Err(migrate_error(&file, source));
        }
        let place = place_of(&file);
        Ok(Self { pool, file, place })
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The saved configuration; `None` when none was ever saved.
    ///
    /// # Errors
    /// When reading fails or a row can't be understood.
    pub async fn load(&self) -> Result<Option<Configuration>, StoreError> {
        configuration::load(self).await
    }

    /// Saves a configuration in place of the present one, all of it or nothing.
    ///
    /// # Errors
    /// When writing fails; the saved configuration is then the one before.
    pub async fn save(&self, configuration: &Configuration) -> Result<(), StoreError> {
        configuration::save(self, configuration).await
    }

    /// Copies everything to a new file, while the program runs.
    ///
    /// # Errors
    /// When writing fails or there is a file already.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        sqlx::query("VACUUM INTO ?")
            .bind(to.to_string_lossy().into_owned())
            .execute(&self.pool)
            .await
            .map(|_| ())
            .map_err(|source| self.query_error("write a backup", source))
    }

    /// Writes what is left and lets the file go.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// What is written to a file that has been unlinked is lost without an error.
    pub(crate) fn check_place(&self) -> Result<(), StoreError> {
        match place_of(&self.file) {
            place if place.is_some() && place == self.place => Ok(()),
            _ => Err(StoreError::Gone { file: self.file.clone() }),
        }
    }

    pub(crate) fn query_error(&self, task: &'static str, source: sqlx::Error) -> StoreError {
        match is_damage(&source) {
            true => StoreError::Damaged { file: self.file.clone(), source },
            false => StoreError::Query { task, file: self.file.clone(), source },
        }
    }
}

/// Device and inode; nothing where there are none, and the file is there.
type Place = (u64, u64);

fn place_of(file: &Path) -> Option<Place> {
    let about = fs::metadata(file).ok()?;
    #[cfg(unix)]
    let place = {
        use std::os::unix::fs::MetadataExt as _;
        (about.dev(), about.ino())
    };
    #[cfg(not(unix))]
    let place = (0, u64::from(about.is_file()));
    Some(place)
}

/// For its owner alone: it holds passwords' hashes and customers' numbers.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn open_error(file: &Path, source: sqlx::Error) -> StoreError {
    let file = file.to_owned();
    match is_damage(&source) {
        true => StoreError::Damaged { file, source },
        false => StoreError::Open { file, source },
    }
}

fn migrate_error(file: &Path, source: MigrateError) -> StoreError {
    let file = file.to_owned();
    match source {
        MigrateError::VersionMissing(version) => StoreError::Newer { file, version },
        MigrateError::Execute(source) if is_damage(&source) => StoreError::Damaged { file, source },
        source => StoreError::Migrate { file, source },
    }
}

/// SQLITE_CORRUPT and SQLITE_NOTADB, with their extended codes.
fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
}

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

const FILE_NAME: &str = "cordboard.db";
/// One that writes history, one that counts its intervals, one that saves, three that read.
const CONNECTIONS_MAX: u32 = 6;
/// How long a statement waits for another program (`sqlite3`, a backup) to let go.
const BUSY_LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::error::Error as _;

    use super::*;

    #[tokio::test]
    async fn a_new_folder_gets_an_empty_database() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("deep/data")).await.unwrap();
        assert!(store.file().ends_with("deep/data/cordboard.db"));
        assert_eq!(store.load().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_named_with_what_to_do_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        let text = "this is a letter, not a database\n".repeat(100);
        fs::write(&file, &text).unwrap();
        let error = Store::open(folder.path()).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("cordboard restore"), "{error}");
        assert!(error.source().is_some());
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }

    #[tokio::test]
    async fn a_folder_that_can_not_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Store::open(&file.join("data")).await.unwrap_err();
        assert!(matches!(error, StoreError::Folder { .. }), "{error:?}");
        assert!(error.to_string().contains("--data"), "{error}");
    }

    #[tokio::test]
    async fn an_older_file_is_brought_up_to_date_and_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join(FILE_NAME))
            .create_if_missing(true);
        let old = SqlitePool::connect_with(options).await.unwrap();
        MIGRATIONS.run_to(1, &old).await.unwrap();
        for sql in [
            "INSERT INTO switch VALUES (1, 7, 'Old', 1, 'old.example')",
            "INSERT INTO skills VALUES ('Support')",
        ] {
            sqlx::query(sql).execute(&old).await.unwrap();
        }
        assert!(sqlx::query("SELECT * FROM calls").fetch_all(&old).await.is_err());
        old.close().await;

        let store = Store::open(folder.path()).await.unwrap();
        let saved = store.load().await.unwrap().unwrap();
        assert_eq!((saved.version, saved.switch.name.as_str()), (7, "Old"));
        assert!(saved.skills.contains("Support"));
        assert!(sqlx::query("SELECT * FROM calls").fetch_all(&store.pool).await.is_ok());
    }

    #[tokio::test]
    async fn history_of_before_is_kept_to_the_millisecond() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join(FILE_NAME))
            .create_if_missing(true);
        let old = SqlitePool::connect_with(options).await.unwrap();
        MIGRATIONS.run_to(6, &old).await.unwrap();
        let (began, ended) = ("2026-01-26T15:15:54.123Z", "2026-01-26T15:16:00.007Z");
        for sql in [
            "INSERT INTO calls (conn_id, uuid, call_type, started, ended, outcome)
             VALUES ('1', 'U', 'Inbound', ?, ?, 'abandoned')",
            "INSERT INTO agent_states (agent, dn, state, began, ended)
             VALUES ('5001', '5001', 'Ready', ?, ?)",
        ] {
            sqlx::query(sql).bind(began).bind(ended).execute(&old).await.unwrap();
        }
        old.close().await;
        let store = Store::open(folder.path()).await.unwrap();
        for sql in ["SELECT started, ended FROM calls", "SELECT began, ended FROM agent_states"] {
            let row: (String, String) = sqlx::query_as(sql).fetch_one(&store.pool).await.unwrap();
            assert_eq!((row.0.as_str(), row.1.as_str()), (began, ended));
        }
    }

    #[tokio::test]
    async fn a_newer_file_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let sql = "INSERT INTO _sqlx_migrations VALUES (9000, 'later', '2030-01-01', 1, x'00', 1)";
        sqlx::query(sql).execute(&store.pool).await.unwrap();
        store.close().await;
        let error = Store::open(folder.path()).await.unwrap_err();
        assert!(matches!(error, StoreError::Newer { version: 9000, .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_backup_is_a_database_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let site = Configuration { version: 3, ..Configuration::default() };
        store.save(&site).await.unwrap();
        let copy = folder.path().join("copy");
        make_folder(&copy).unwrap();
        store.backup(&copy.join(FILE_NAME)).await.unwrap();
        assert_eq!(Store::open(&copy).await.unwrap().load().await.unwrap(), Some(site));
        assert!(store.backup(&copy.join(FILE_NAME)).await.is_err(), "there is one already");
    }
}
