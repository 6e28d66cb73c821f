//! The demo site's simulated customers: SIP and RTP user agents that call the trunk like a
//! carrier would, so that a newcomer hears a call without a phone.

mod call;
mod speech;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::sync::Semaphore;

/// Places simulated customers' calls.
#[derive(Clone)]
pub struct Customers {
    /// Our own SIP port, where the trunk takes calls.
    trunk: SocketAddr,
    places: Arc<Semaphore>,
}

impl Customers {
    /// Customers that call `trunk` over loopback.
    #[must_use]
    pub fn new(trunk: SocketAddr) -> Self {
        Self { trunk, places: Arc::new(Semaphore::new(CUSTOMERS_MAX)) }
    }

    /// Starts a call from `ani` to `dnis`; the customer says `say` or the stock recording again
    /// and again until somebody hangs up.
    ///
    /// # Errors
    /// A text for the person who asked: what is wrong and what to do.
    pub async fn place(
        &self,
        ani: String,
        dnis: String,
        say: Option<String>,
    ) -> Result<(), String> {
        for (what, number) in [("ani", &ani), ("dnis", &dnis)] {
            if !is_number(number) {
                return Err(format!(
                    "{what} must be a number of at most {DIGITS_MAX} digits, + in front allowed."
                ));
            }
        }
        let place = self.places.clone().try_acquire_owned().map_err(|_| {
            format!("{CUSTOMERS_MAX} simulated customers are calling already; end some first.")
        })?;
        let speech = speech::of(say).await?;
        let local = IpAddr::from([127, 0, 0, 1]);
        let call = call::Call::new(local, self.trunk, &ani, &dnis, speech)
            .await
            .map_err(|error| format!("The simulated customer got no port: {error}."))?;
        tokio::spawn(async move {
            if let Err(error) = call.run().await {
                tracing::info!(%error, "simulated customer's call ended early");
            }
            drop(place);
        });
        Ok(())
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (1..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Simulated customers at one time: more than a demo needs, less than hurts.
const CUSTOMERS_MAX: usize = 50;
const DIGITS_MAX: usize = 20;
