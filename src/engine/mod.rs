//! The app without a face.
//!
//! Commands go in, events come out; one actor owns every task, the policy and the snapshot. Knows
//! every part below it; must not know egui, clap, or how anything is printed.

mod actor;
mod cards;
mod command;
mod config;
mod event;
mod handle;
pub mod history;
pub mod home;
mod network;
mod quarantine;
mod recheck;
mod report;
pub mod scanner;
mod snapshot;
mod start;
mod transfers;
mod trust;

pub use cards::{CodeState, DeviceCard, InboxCard, ReceivingState};
pub use command::{
    Absence, Command, Consent, DeviceChange, HistoryChange, Looking, Manner, PortChoice, QuarantineAnswer,
    Receiving, Remember, Strangers,
};
pub use config::{Config, Earlier, Multicast};
pub use event::Event;
pub use handle::{EngineEnd, Events, Gauge, Handle, Publisher, Unheard, Update, Wake, seam};
pub use network::doctor;
pub use quarantine::Quarantine;
pub use recheck::{Recheck, is_marked};
pub use snapshot::Snapshot;
pub use start::{Engine, StartError};
pub use transfers::kept::{KeptTransfer, kept};

pub use crate::{
    disk::User,
    identity::{Change, TrustError, TrustStore},
    net::local_addresses,
    settings::{AcceptRule, AtStart, GoOn, Keep, QuietHours, Settings, Theme, Visibility, default_home},
    wire::{DEFAULT_PORT, limits::MAX_TRIAL},
};
