//! The desk's statistics: lists of them, opened, read and closed as one.

use model::{
    Now, ReferenceId,
    stat::{StatClient, StatError, StatReading, StatRequest, Subscribing},
};

use crate::Stats;

/// What became of each statistic of a list.
pub type Readings = Vec<Result<StatReading, StatError>>;

impl Stats {
    /// Does what the desk asks for with a list of statistics.
    pub fn subscribing(&mut self, now: Now, asked: Subscribing) -> Readings {
        let statistics = &mut self.statistics;
        match asked {
            Subscribing::Open { subscription, wishes } => {
                let client = StatClient::Desk(subscription);
                let open = |(number, (wish, notification))| {
                    let request = StatRequest::Open(wish, notification);
                    let reading = statistics.ask(now, (client, ReferenceId(number)), request)?;
                    reading.ok_or(StatError::NotOpen(number))
                };
                (0..).zip(wishes).map(open).collect()
            }
            Subscribing::Peek { subscription, numbers } => {
                let client = StatClient::Desk(subscription);
                let peek = |number| {
                    let request = StatRequest::Peek;
                    let reading = statistics.ask(now, (client, ReferenceId(number)), request)?;
                    reading.ok_or(StatError::NotOpen(number))
                };
                numbers.into_iter().map(peek).collect()
            }
            Subscribing::Read { wishes } => {
                let client = StatClient::Desk(0);
                wishes.into_iter().map(|wish| statistics.read(now, client, wish)).collect()
            }
            Subscribing::Suspend { subscription, is_suspended, numbers } => {
                let client = StatClient::Desk(subscription);
                let request =
                    || if is_suspended { StatRequest::Suspend } else { StatRequest::Resume };
                for number in numbers {
                    // One that was not opened has nothing to be told.
                    _ = statistics.ask(now, (client, ReferenceId(number)), request());
                }
                Vec::new()
            }
        }
    }
}
