//! The transfers of this device, from a person's wish or a peer's call to the report, over as many runs of the
//! program as it takes.
//!
//! [`outgoing`] and [`incoming`] are the tasks, one for each transfer; [`desk`] publishes what changes of it.
//! [`record`] and [`ledger`] are what outlives a run, [`kept`] what a person can do with that, and [`given_up`] what is owed to
//! senders that were away. [`resting`] and [`patience`] say when a transfer waits, and for how long, `whose` on whose side a link broke;
//! [`switchboard`] and [`limiters`] are shared by all. Must not know the actor that owns the tasks.

pub mod anew;
pub mod desk;
pub mod given_up;
pub mod incoming;
pub mod kept;
pub mod limiters;
pub mod marks;
pub mod outgoing;
pub mod parcel;
pub mod patience;
pub mod record;
pub mod resting;
mod whose;
