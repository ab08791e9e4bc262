//! Every touch of users' files: what a person picked is scanned and read, what a peer offers is
//! checked, written, verified and stored.
//!
//! Knows the file system and [`model`](crate::model); knows nothing of sockets, messages or who
//! is asked. Everything here blocks and belongs on a blocking thread. On both sides all work is
//! done relative to open folder handles, one name at a time and never through a symbolic link, so
//! that neither a peer's names nor a link planted meanwhile leads out of the picked folder.
//!
//! `source` is what is sent, `inbox` what may come and under which names, `intake` what is written, `leftovers`
//! what was not finished, and `system` what only one system has. Beside them stands what several of them use.

mod content_kind;
mod error;
mod folders;
mod inbox;
mod intake;
mod kind;
mod ledger;
mod leftovers;
mod looking;
mod naming;
mod notes;
mod observed;
mod off_limits;
mod places;
mod quarantine;
mod save_text;
mod screen;
mod source;
mod system;
#[cfg(test)]
mod tests;
mod watch;

pub use content_kind::kind_of_content;
pub use error::{DiskError, PlanError, SourceError};
pub use inbox::{Already, Earlier, Inbox, Names, Plan, Refused, make_folder};
pub use intake::{
    Apart, Before, Book, Compared, Finished, Intake, Looked, Partial, Placed, Same, Screened, Stored,
    Verified,
};
pub use ledger::{Ledger, Saved};
pub use leftovers::{EmptyFolders, Held, Scraps, User, discard, held, scraps};
pub use looking::{Found as FoundFile, Looking};
pub use off_limits::OffLimits;
pub use places::{Places, digest_of, is_there};
pub use quarantine::{Again, From as SentBy, LetIn, Quarantine, QuarantineError};
pub use save_text::{SavedText, save_text};
pub use screen::Screen;
pub use source::{Scan, SourceFile, Sources, measure};
pub use system::descriptors::{
    FEWEST as FEWEST_OPEN_FILES, most as most_open_files, raise as raise_open_files,
};
pub use system::file_size::survive_limit as survive_limit_of_size;
pub use system::modes::{is_others, keep_private, make_private};
pub use system::space::{Lack, Room, free_space, is_writable, room};
pub use system::volume::Volume;
pub use watch::{ScreenOf, Watch};
