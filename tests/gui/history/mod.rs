//! The page of what came and went.

mod entry;
mod list;
mod told;
