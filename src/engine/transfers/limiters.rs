//! The speed limits of this device: one for everything that it sends, one for everything that it
//! receives. A person sets both at once.

use std::sync::Arc;

use crate::{model::ByteRate, transfer::Limiter};

pub struct Limiters {
    pub sending: Arc<Limiter>,
    pub receiving: Arc<Limiter>,
}

impl Limiters {
    pub fn new(limit: Option<ByteRate>) -> Self {
        Self { sending: Arc::new(Limiter::new(limit)), receiving: Arc::new(Limiter::new(limit)) }
    }

    /// For what is under way too.
    pub fn set(&self, limit: Option<ByteRate>) {
        self.sending.set(limit);
        self.receiving.set(limit);
    }
}
