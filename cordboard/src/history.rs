//! What happened, from the program's side: the tables' writer, with its alarm and its figures.

use board::Input;
use crossbeam_channel::Sender;
use io_store::{HistoryWriter, Store};
use model::{history::Row, monitor::Metric};

use crate::control::Order;

/// Everything about history.
pub struct History {
    writer: HistoryWriter,
}

impl History {
    /// Starts the writer.
    pub fn start(store: &Store, orders: &Sender<Order>) -> Self {
        let orders = orders.clone();
        let writer = HistoryWriter::start(store, move |change| {
            if orders.try_send(Order::Board(Input::Alarm(change))).is_err() {
                tracing::error!("control queue full: trouble with the history went unnoticed");
            }
        });
        Self { writer }
    }

    /// A row is new or not as it was.
    pub fn record(&self, row: Row) {
        self.writer.record(row);
    }

    /// For `/metrics`.
    pub fn metrics(&self) -> Vec<Metric> {
        let metric = |name, help, is_counter, value: f64| {
            let labels = Vec::new();
            Metric { name, help, is_counter, labels, value }
        };
        vec![
            metric(
                "cordboard_history_waiting_rows",
                "Rows of the history that wait for the database.",
                false,
                self.writer.waiting() as f64,
            ),
            metric(
                "cordboard_history_lost_rows_total",
                "Rows of the history that could not be kept until the database was back.",
                true,
                self.writer.lost() as f64,
            ),
        ]
    }

    /// Writes what waits.
    pub async fn close(self) {
        self.writer.close().await;
    }
}
