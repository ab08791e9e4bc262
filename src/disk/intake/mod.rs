//! What was accepted is written: partial, then verified, then stored.
//!
//! [`accepted`] is one accepted transfer, and [`shared`] what its files have in common, with
//! [`folder_access`], who may enter its folders. [`part_file`] is what each of
//! them has on the disk until it is whole, [`own`] how that is called, [`partial`] the way from the first byte to the right digest, [`sink`] where it goes on that, and
//! [`screened`] is the step between that and a
//! name, [`final_names`] gives the final names, and [`apart`] puts what gets none into quarantine. [`journal`] records what of a partial file will last, [`touched`] says
//! whether that can still be believed, [`noted`] keeps the ledger of what is stored, [`outdone`] removes what earlier attempts have left of that, and [`compare`] looks at files that seem to be there already. Must not
//! decide names: the plan has.

mod accepted;
mod apart;
pub mod compare;
mod final_names;
mod folder_access;
pub mod journal;
mod noted;
mod outdone;
pub mod own;
pub mod part_file;
mod partial;
mod placed;
mod screened;
mod shared;
mod sink;
pub mod touched;

pub use accepted::{Before, Finished, Intake};
pub use compare::{Compared, Same};
pub use partial::{Partial, Verified};
pub use placed::{Apart, Placed, Stored};
pub use screened::{Looked, Screened};
pub use shared::Book;
