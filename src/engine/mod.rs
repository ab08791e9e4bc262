//! The app without a face.
//!
//! Commands go in, events come out; one actor owns every task, the policy and the snapshot. Knows
//! every part below it; must not know egui, clap, or how anything is printed.

mod actor;
mod command;
mod event;
mod handle;
mod snapshot;
mod start;

pub use command::{Command, Consent, PortChoice, Receiving};
pub use event::Event;
pub use handle::{EngineEnd, Events, Gauge, Handle, Publisher, Unheard, Update, Wake, seam};
pub use snapshot::{DeviceCard, InboxCard, ReceivingState, Snapshot};

pub use start::{Config, Engine, StartError};

pub use crate::settings::Settings;
