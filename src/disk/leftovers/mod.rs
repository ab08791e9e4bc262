//! What transfers have left behind in receiving folders: found by [`scraps`], taken away by [`discard`].
//!
//! Knows the names that this program gives to unfinished files. Must not touch anything else, nor know which
//! transfers are still wanted.

mod discard;
mod scraps;

pub use discard::{EmptyFolders, discard};
pub use scraps::{Held, Scraps, User, held, scraps};
