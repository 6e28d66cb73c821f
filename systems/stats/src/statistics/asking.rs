//! Statistics by their names: what clients ask for in words, looked up in the site's catalogue.

use model::{
    Now, ReferenceId,
    stat::{Notification, StatClient, StatError, StatReading, StatRequest, StatWish},
};

use crate::statistics::Statistics;

impl Statistics {
    /// Does what a client asks for; says the value where one was asked for.
    ///
    /// # Errors
    /// As of [`Self::open`], [`Self::peek`], [`Self::close`]; and when a word means nothing here.
    pub fn ask(
        &mut self,
        now: Now,
        (client, reference): (StatClient, ReferenceId),
        request: StatRequest,
    ) -> Result<Option<StatReading>, StatError> {
        let value = match request {
            StatRequest::Close => {
                self.close(now, client, reference)?;
                return Ok(None);
            }
            StatRequest::Open(wish, notification) => {
                let definition = self.catalogue.definition(&wish)?;
                self.open(now, (client, reference), definition, notification)?
            }
            StatRequest::Peek => self.peek(now, client, reference)?,
            StatRequest::Resume => {
                self.resume(client, reference)?;
                return Ok(None);
            }
            StatRequest::Suspend => {
                self.suspend(client, reference)?;
                return Ok(None);
            }
        };
        Ok(Some(StatReading { value, at_ms: now.unix_ms() }))
    }

    /// A value without opening it: what was counted when it is counted already, and what is
    /// counted from now on otherwise.
    ///
    /// # Errors
    /// As of [`Self::ask`] for opening.
    pub fn read(
        &mut self,
        now: Now,
        client: StatClient,
        wish: StatWish,
    ) -> Result<StatReading, StatError> {
        // A number that no client's own statistic has.
        let reference = ReferenceId(u64::MAX);
        let request = StatRequest::Open(wish, Notification::Never);
        let reading = self.ask(now, (client, reference), request)?;
        self.close(now, client, reference)?;
        reading.ok_or(StatError::NotOpen(reference.0))
    }
}
