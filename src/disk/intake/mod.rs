//! What was accepted is written: partial, then verified, then stored.
//!
//! [`writing`] is one accepted transfer, and [`shared`] what its files have in common. [`part`] is what each of
//! them has on the disk until it is whole, [`partial`] the way from the first byte to the right digest, and
//! [`store`] gives the final names. [`journal`] records what of a partial file will last, [`touched`] says
//! whether that can still be believed, and [`compare`] looks at files that seem to be there already. Must not
//! decide names: the plan has.

pub mod compare;
pub mod journal;
pub mod part;
mod partial;
mod shared;
mod store;
mod touched;
mod writing;

pub use compare::{Compared, Same};
pub use partial::{Partial, Verified};
pub use store::Stored;
pub use writing::{Finished, Intake};
