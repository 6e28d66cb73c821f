//! Call detail records as CSV and Parquet: `cordboard cdr`, and the same over REST.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    path::PathBuf,
    sync::Arc,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use io_store::{CDR_COLUMNS, CdrKind, CdrRecord, CdrValue, Store};
use jiff::Timestamp;
use model::history::{CallsQuery, CdrFormat};
use parquet::{
    basic::{LogicalType, Repetition, TimeUnit, Type as Physical},
    data_type::{ByteArray, ByteArrayType, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};

/// What `cordboard cdr` takes.
#[derive(Args)]
pub struct CdrOptions {
    /// The data folder.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Calls that began then or later, e.g. 2026-01-27 or 2026-01-27T22:58:08Z.
    #[arg(long, value_parser = moment)]
    from: Option<u64>,
    /// Calls that began before then.
    #[arg(long, value_parser = moment)]
    to: Option<u64>,
    /// How they are written.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Write to this file instead of standard output.
    #[arg(short, long)]
    output: Option<PathBuf>,
}

/// How they are written.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Parquet,
}

/// Writes the records, whether a server runs on the folder or not.
///
/// # Errors
/// When there is no database, or the file is there already.
pub async fn cdr(options: &CdrOptions) -> anyhow::Result<()> {
    anyhow::ensure!(
        options.data.join("cordboard.db").exists(),
        "there is no history in {}; name the folder with --data",
        options.data.display()
    );
    let format = match options.format {
        Format::Csv => CdrFormat::Csv,
        Format::Parquet => CdrFormat::Parquet,
    };
    let query = CallsQuery { from_ms: options.from, to_ms: options.to, ..CallsQuery::default() };
    let store = Store::open(&options.data).await?;
    match &options.output {
        None => {
            export(&store, &query, format, usize::MAX, io::stdout()).await?;
        }
        Some(path) => {
            let mut open = OpenOptions::new();
            open.write(true).create_new(true);
            // It has customers' numbers in it.
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
            let file = open.open(path).with_context(|| {
                format!("{} can't be written, or is there already", path.display())
            })?;
            let written = export(&store, &query, format, usize::MAX, BufWriter::new(file)).await;
            let (_, mut file) = written.with_context(|| format!("writing {}", path.display()))?;
            file.flush().with_context(|| format!("writing {}", path.display()))?;
        }
    }
    store.close().await;
    Ok(())
}

/// Writes records, and gives back how many and where to. Stops after the page that goes beyond
/// `max`: then there are more than that.
///
/// # Errors
/// When reading or writing fails.
pub async fn export<W: Write + Send>(
    store: &Store,
    query: &CallsQuery,
    format: CdrFormat,
    max: usize,
    to: W,
) -> anyhow::Result<(usize, W)> {
    let mut writer = match format {
        CdrFormat::Csv => CdrWriter::csv(to)?,
        CdrFormat::Parquet => CdrWriter::parquet(to)?,
    };
    let (mut count, mut place) = (0, None);
    loop {
        let (records, next) = store.cdr_page(query, place.as_ref()).await?;
        count += records.len();
        writer.write(&records)?;
        if next.is_none() || count > max {
            return Ok((count, writer.close()?));
        }
        place = next;
    }
}

/// A page of records becomes lines, or a row group.
enum CdrWriter<W: Write + Send> {
    Csv(Box<csv::Writer<W>>),
    Parquet(Box<SerializedFileWriter<W>>),
}

impl<W: Write + Send> CdrWriter<W> {
    fn csv(to: W) -> anyhow::Result<Self> {
        let mut writer = csv::Writer::from_writer(to);
        writer.write_record(CDR_COLUMNS.map(|(name, _)| name))?;
        Ok(Self::Csv(Box::new(writer)))
    }

    fn parquet(to: W) -> anyhow::Result<Self> {
        let properties = Arc::new(WriterProperties::builder().build());
        Ok(Self::Parquet(Box::new(SerializedFileWriter::new(to, schema()?, properties)?)))
    }

    fn write(&mut self, records: &[CdrRecord]) -> anyhow::Result<()> {
        match self {
            Self::Csv(writer) => {
                for record in records {
                    let fields = record.iter().zip(CDR_COLUMNS);
                    writer.write_record(fields.map(|(value, (_, kind))| text(value, kind)))?;
                }
                Ok(())
            }
            Self::Parquet(_) if records.is_empty() => Ok(()),
            Self::Parquet(writer) => write_group(writer, records),
        }
    }

    fn close(self) -> anyhow::Result<W> {
        match self {
            Self::Csv(writer) => {
                writer.into_inner().map_err(|error| anyhow::anyhow!("{}", error.error()))
            }
            Self::Parquet(writer) => Ok(writer.into_inner()?),
        }
    }
}

fn schema() -> anyhow::Result<Arc<Type>> {
    let column = |(name, kind)| {
        let (physical, logical) = match kind {
            CdrKind::Number => (Physical::INT64, None),
            CdrKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            CdrKind::Time => {
                (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS)))
            }
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let fields = CDR_COLUMNS.into_iter().map(column).collect::<Result<_, _>>()?;
    Ok(Arc::new(Type::group_type_builder("cdr").with_fields(fields).build()?))
}

fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    records: &[CdrRecord],
) -> anyhow::Result<()> {
    let mut group = writer.next_row_group()?;
    for (at, (_, kind)) in CDR_COLUMNS.into_iter().enumerate() {
        let values = || records.iter().filter_map(|record| record.get(at));
        // 1: there is a value, 0: there is none.
        let is_there = |value: &CdrValue| i16::from(*value != CdrValue::Missing);
        let levels: Vec<i16> = values().map(is_there).collect();
        let Some(mut column) = group.next_column()? else { break };
        match kind {
            CdrKind::Number | CdrKind::Time => {
                let number = |value: &CdrValue| match value {
                    CdrValue::Number(number) => Some(*number),
                    CdrValue::Missing | CdrValue::Text(_) => None,
                };
                let numbers: Vec<i64> = values().filter_map(number).collect();
                column.typed::<Int64Type>().write_batch(&numbers, Some(&levels), None)?;
            }
            CdrKind::Text => {
                let text = |value: &CdrValue| match value {
                    CdrValue::Text(text) => Some(ByteArray::from(text.as_str())),
                    CdrValue::Missing | CdrValue::Number(_) => None,
                };
                let texts: Vec<ByteArray> = values().filter_map(text).collect();
                column.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None)?;
            }
        }
        column.close()?;
    }
    group.close()?;
    Ok(())
}

fn text(value: &CdrValue, kind: CdrKind) -> String {
    match (value, kind) {
        (CdrValue::Missing, _) => String::new(),
        (CdrValue::Text(text), _) => text.clone(),
        (CdrValue::Number(ms), CdrKind::Time) => Timestamp::from_millisecond(*ms)
            .map_or_else(|_| ms.to_string(), |time| format!("{time:.3}")),
        (CdrValue::Number(number), CdrKind::Number | CdrKind::Text) => number.to_string(),
    }
}

pub fn moment(text: &str) -> Result<u64, String> {
    wire_rest::moment_ms(text)
        .ok_or_else(|| "give a date or a time, e.g. 2026-01-27 or 2026-01-27T22:58:08Z".into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use io_store::HistoryWriter;
    use model::{
        CallType, ConnId,
        history::{CallRow, Row},
        id::CallUuids,
    };
    use parquet::{
        file::{reader::FileReader, serialized_reader::SerializedFileReader},
        record::Field,
    };

    use super::*;

    /// 2026-01-26 15:15:54 UTC.
    const BEGAN_MS: u64 = 1_769_440_554_000;

    /// More calls than a page has, every third abandoned, and one that is up.
    async fn site(calls: u64) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let history = HistoryWriter::start(&store, |_| {});
        for number in 0..=calls {
            let started_ms = BEGAN_MS + number / 2;
            let is_answered = number % 3 > 0;
            history.record(Row::Call(CallRow {
                conn: ConnId(number),
                uuid: CallUuids::new(number.into()).draw(),
                call_type: CallType::Inbound,
                ani: Some("555, \"Smith\"".into()),
                dnis: None,
                route_point: Some("5000".into()),
                dn: None,
                agent: is_answered.then(|| "5001".into()),
                consult_of: None,
                continued_in: None,
                started_ms,
                answered_ms: is_answered.then_some(started_ms + 1_000),
                ended_ms: (number < calls).then_some(started_ms + 61_000),
                outcome: Some(if is_answered { "answered" } else { "abandoned" }.into()),
            }));
        }
        history.close().await;
        (folder, store)
    }

    async fn exported(store: &Store, format: CdrFormat, max: usize) -> (usize, Vec<u8>) {
        export(store, &CallsQuery::default(), format, max, Vec::new()).await.unwrap()
    }

    #[tokio::test]
    async fn csv_has_a_line_for_each_call_that_ended_and_reads_back() {
        let (_folder, store) = site(7_001).await;
        let (count, bytes) = exported(&store, CdrFormat::Csv, usize::MAX).await;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().unwrap(), CDR_COLUMNS.map(|(name, _)| name).as_slice());
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!((count, records.len()), (7_001, 7_001));
        let mut conns: Vec<&str> = records.iter().map(|record| &record[0]).collect();
        assert!(conns.is_sorted(), "oldest first");
        conns.dedup();
        assert_eq!(conns.len(), 7_001, "none twice");
        let second = &records[1];
        assert_eq!((&second[3], &second[4], &second[14]), ("555, \"Smith\"", "", "answered"));
        assert_eq!(&second[11], "2026-01-26T15:15:54.000Z");
        assert_eq!((&records[0][12], &records[0][15]), ("", "61000"));
    }

    #[tokio::test]
    async fn parquet_reads_back_with_its_types_and_gaps() {
        let (folder, store) = site(7_001).await;
        let (count, bytes) = exported(&store, CdrFormat::Parquet, usize::MAX).await;
        let path = folder.path().join("cdr.parquet");
        std::fs::write(&path, bytes).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        assert_eq!(reader.metadata().file_metadata().num_rows(), 7_001);
        assert_eq!((count, reader.metadata().num_row_groups()), (7_001, 2));
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let field = |row: usize, name: &str| {
            let mut columns = rows[row].get_column_iter();
            columns.find(|(column, _)| column.as_str() == name).unwrap().1.clone()
        };
        let began_ms = BEGAN_MS.cast_signed();
        assert_eq!(field(0, "started"), Field::TimestampMillis(began_ms));
        assert_eq!((field(0, "answered"), field(0, "agent")), (Field::Null, Field::Null));
        assert_eq!(field(1, "answered"), Field::TimestampMillis(began_ms + 1_000));
        assert_eq!(field(1, "agent"), Field::Str("5001".into()));
        assert_eq!(field(7_000, "duration_ms"), Field::Long(61_000));
        assert_eq!(field(7_000, "conn_id"), Field::Str("0000000000001b58".into()));
    }

    #[tokio::test]
    async fn an_empty_history_is_a_file_without_records_and_a_limit_stops_early() {
        let (_folder, store) = site(0).await;
        for format in [CdrFormat::Csv, CdrFormat::Parquet] {
            let (count, bytes) = exported(&store, format, usize::MAX).await;
            assert!(count == 0 && !bytes.is_empty());
        }
        let (_folder, store) = site(7_001).await;
        assert_eq!(exported(&store, CdrFormat::Csv, 100).await.0, 5_000, "a page");
    }
}
