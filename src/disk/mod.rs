//! Every touch of users' files: what a person picked is scanned and read, what a peer offers is
//! checked, written, verified and stored.
//!
//! Knows the file system and [`model`](crate::model); knows nothing of sockets, messages or who
//! is asked. Everything here blocks and belongs on a blocking thread. On both sides all work is
//! done relative to open folder handles, one name at a time and never through a symbolic link, so
//! that neither a peer's names nor a link planted meanwhile leads out of the picked folder.

mod at;
mod attributes;
mod compare;
mod error;
mod folders;
mod inbox;
mod intake;
mod journal;
mod leftovers;
mod local;
mod naming;
mod notes;
mod part;
mod partial;
mod plan;
mod probe;
mod rename;
mod scan;
mod scraps;
mod source;
mod space;
mod spelling;
mod store;
mod sync;
#[cfg(test)]
mod tests;
mod touched;
mod trial;
mod walk;

pub use compare::{Compared, Same};
pub use error::{DiskError, PlanError, SourceError};
pub use inbox::{Inbox, make_folder};
pub use intake::{Finished, Intake};
pub use leftovers::{EmptyFolders, discard};
pub use local::Names;
pub use partial::{Partial, Verified};
pub use plan::Plan;
pub use scan::{Scan, measure};
pub use scraps::{Held, Scraps, User, held, scraps};
pub use source::{SourceFile, Sources};
pub use space::{Lack, Room, free_space, is_writable, room};
pub use store::Stored;
