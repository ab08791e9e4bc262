//! The virus check: a client of `clamd`, the daemon of `ClamAV`.
//!
//! Knows how that is found, spoken to and understood, and what its word is worth. Must not know who asks, or what
//! becomes of a file: it answers a question, [`Screen`](crate::disk::Screen). Everything here blocks, each step with an
//! end, and belongs on a thread that may.
//!
//! *Clean* is said only of a file that the scanner has answered for with a whole line, that is within its limits, that
//! took it less than its own time limit, and of which it would have said if it could not look into all of it. Whatever
//! else it answers, or doesn't, is *not scanned* and why; see `reply` and `verdict`.

mod asking;
mod config;
mod examine;
mod limits;
mod link;
mod memory;
mod patience;
mod permits;
mod place;
mod reply;
mod scanner;
mod verdict;
mod version;

pub use examine::{Examined, Presence};
pub use limits::{Knowledge, Limits, Looking, Telling};
pub use memory::FILE as MEMORY_FILE;
pub use patience::Patience;
pub use place::Wanted;
pub use scanner::{KindOf, Scanner};
pub use version::Version;
