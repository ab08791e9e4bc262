//! The sender's end of a transfer.
//!
//! [`session`] drives it: it greets, offers, and starts the content's stages once the answer is yes.
//! [`machine`] decides without I/O who may say what, and when. The content's way is [`reading`] (files →
//! hashes → frames) and [`content`] (frames → sealed → sent); [`lanes`] spreads it over several connections,
//! and [`widening`] says how many are worth while. Knows sources, messages and streams. Must not know the
//! receiver's end, addresses, or anybody's screen.

mod comparing;
pub(super) mod content;
mod doubts;
pub(super) mod job;
mod lanes;
mod machine;
mod reading;
mod session;
mod set_aside;
mod swallowed;
mod wanted;
mod widening;

#[cfg(test)]
pub(super) use machine::Wants;
pub use session::{SendJob, send};
