//! What the attempts at one transfer share: what was accepted, and what is known of its end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    engine::transfers::record::{Accepted, Said},
    model::{Landing, Summary},
};

/// What the attempts at one transfer share.
#[derive(Default)]
pub struct Shared {
    pub accepted: Option<Accepted>,
    /// What a person, or the policy, has said yes to, until it is kept.
    pub answered: Option<(Landing, Summary, Said)>,
    /// Whose yes it is, once there is one.
    pub said: Option<Said>,
    /// Whether the present connection has brought an offer.
    pub offer: Offer,
    pub end: Heard,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Offer {
    #[default]
    None,
    Made,
}

/// Whether the sender knows that everything is stored.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Heard {
    #[default]
    No,
    Yes,
}

pub type Story = Arc<Mutex<Shared>>;

pub fn lock(story: &Story) -> MutexGuard<'_, Shared> {
    story.lock().unwrap_or_else(PoisonError::into_inner)
}
