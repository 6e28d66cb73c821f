//! Outlets: the writing ends of connections, by id.
//!
//! A connection's task takes the messages and writes them at the far end's pace. A far end that
//! does not read fills its outlet and loses its connection; nobody else notices.

use std::{collections::HashMap, hash::Hash, sync::Mutex};

use tokio::sync::mpsc;

/// Messages that wait for one connection before it is closed as too slow.
pub const OUTLET_MESSAGES_MAX: usize = 256;

/// The writing ends of connections, by id.
#[derive(Debug)]
pub struct Outlets<K, M> {
    open: Mutex<HashMap<K, mpsc::Sender<M>>>,
}

impl<K, M> Default for Outlets<K, M> {
    fn default() -> Self {
        Self { open: Mutex::default() }
    }
}

impl<K: Eq + Hash, M> Outlets<K, M> {
    /// A new outlet. The connection's task reads the other end; its end (`None`) means close.
    pub fn open(&self, id: K) -> mpsc::Receiver<M> {
        let (sender, receiver) = mpsc::channel(OUTLET_MESSAGES_MAX);
        self.map(|open| open.insert(id, sender));
        receiver
    }

    /// Passes a message on; `false` when there is no such connection or it was too slow and is
    /// closed now.
    pub fn send(&self, id: &K, message: M) -> bool {
        self.map(|open| {
            let sent = open.get(id).is_some_and(|outlet| outlet.try_send(message).is_ok());
            if !sent {
                open.remove(id);
            }
            sent
        })
    }

    /// Lets a connection end after what was sent before.
    pub fn close(&self, id: &K) {
        self.map(|open| open.remove(id));
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.map(|open| open.len())
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn map<R>(&self, with: impl FnOnce(&mut HashMap<K, mpsc::Sender<M>>) -> R) -> R {
        // A poisoned lock means a panic inside `with`, none of which can leave the map broken.
        with(&mut self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_reader_that_does_not_read_loses_its_outlet() {
        let outlets = Outlets::default();
        let mut reader = outlets.open(1);
        for message in 0..OUTLET_MESSAGES_MAX {
            assert!(outlets.send(&1, message));
        }
        assert!(!outlets.send(&1, 0), "full");
        assert!(outlets.is_empty());
        assert_eq!(reader.recv().await, Some(0), "what was sent before is still delivered");
    }
}
