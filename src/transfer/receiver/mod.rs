//! The receiver's end of a transfer.
//!
//! [`session`] drives it: it checks the whole offer, asks, and starts the content's stages once the answer is
//! yes. [`machine`] decides without I/O who may say what, and when. The content's way is [`arriving`] (what
//! comes over several connections, put in order) and [`content`] (opened → hashed → written → stored). Knows
//! the inbox, messages and streams. Must not know the sender's end, addresses, or anybody's screen.

mod arriving;
mod comparing;
pub(super) mod content;
mod host;
pub(super) mod job;
mod machine;
mod queue;
mod screening;
mod session;
mod telling;
mod wanted;

pub use host::{Compared, Host, IncomingOffer, More, Refusal};
pub use session::{Attempt, Keep, Leeway, ReceiveJob, Room, receive};
