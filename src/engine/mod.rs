//! The app without a face.
//!
//! Commands go in, events come out; one actor owns every task, the policy and the snapshot. Knows
//! every part below it; must not know egui, clap, or how anything is printed.

mod actor;
mod codes;
mod command;
mod desk;
mod devices;
mod discovering;
pub mod doctor;
mod event;
mod given_up;
mod guesses;
mod handle;
mod incoming;
mod kept;
mod kind;
mod limiters;
mod listening;
mod outgoing;
mod patience;
mod policy;
mod record;
mod resting;
mod routes;
mod snapshot;
mod start;
mod strangers;
mod switchboard;

pub use command::{
    Command, Consent, DeviceChange, Looking, Manner, PortChoice, Receiving, Remember, Strangers,
};
pub use event::Event;
pub use handle::{EngineEnd, Events, Gauge, Handle, Publisher, Unheard, Update, Wake, seam};
pub use kept::{KeptTransfer, kept};
pub use snapshot::{CodeState, DeviceCard, InboxCard, ReceivingState, Snapshot};
pub use start::{Config, Earlier, Engine, Multicast, StartError};

pub use crate::{
    disk::User,
    identity::{Change, TrustError, TrustStore},
    net::local_addresses,
    settings::{AcceptRule, GoOn, QuietHours, Settings, Visibility, default_home},
    wire::{DEFAULT_PORT, limits::MAX_TRIAL},
};
