//! Where a transfer may go: the receiving folder, what it can hold, and the name of every entry in it.
//!
//! [`folder`] is its open handle, [`probe`] tries what its disk makes of names and times, and [`plan`] checks a whole
//! offer and decides every name, which [`local`] remembers. Writes nothing but what is needed to try the folder.

pub mod folder;
pub mod local;
pub mod plan;
pub mod probe;
pub mod times;

pub use folder::{Inbox, make_folder};
pub use local::Names;
pub use plan::{Already, Earlier, Plan, Refused};
