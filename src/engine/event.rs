//! Everything that a face can learn from the engine, apart from progress, which is sampled.

use super::cards::{CodeState, DeviceCard, InboxCard, ReceivingState};
use crate::{
    model::{KnownDevice, Nearby, Problem, Transfer, TransferId},
    settings::Settings,
};

/// A change of the [`Snapshot`](super::Snapshot). Each carries the new state whole, so that
/// applying one twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Device(DeviceCard),
    Settings(Box<Settings>),
    Inbox(InboxCard),
    Receiving(ReceivingState),
    /// A transfer began, or changed its state.
    Transfer(Box<Transfer>),
    /// A finished transfer was taken off the list.
    Forgotten(TransferId),
    /// Devices came, went or changed.
    Nearby(Vec<Nearby>),
    /// What is kept of devices has changed.
    Known(Vec<KnownDevice>),
    Code(CodeState),
    /// What was decided about devices can't be written, or is now.
    Unkept(Option<Problem>),
    /// Why this device neither sees others nor is seen, or that it does and is.
    Deaf(Option<Problem>),
    /// The history has been changed so many times in this run: another number, other answers.
    Recorded(u64),
    /// Why what happens is not recorded, or what has become of what was; `None` once all is well again.
    Unrecorded(Option<Problem>),
    /// Why the receiving folder that a person has chosen last is not received into; `None` when it is.
    Refused(Option<Problem>),
    /// Why the last change of the settings holds for this run alone; `None` once they are kept again.
    Unsaved(Option<Problem>),
    /// How many files are in quarantine.
    Quarantined(u64),
}
