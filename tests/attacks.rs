//! Attacks, each named after what it is and after whom it has hit elsewhere. `docs/SECURITY.md` has the table of
//! them, with where the others are and what happens when a defence is taken out.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "attacks/accord.rs"]
mod accord;
#[path = "attacks/brought.rs"]
mod brought;
#[path = "attacks/filesystem.rs"]
mod filesystem;
#[path = "attacks/garbled.rs"]
mod garbled;
#[path = "attacks/holes.rs"]
mod holes;
#[path = "attacks/identity.rs"]
mod identity;
#[path = "attacks/knobs.rs"]
mod knobs;
#[path = "support/loud.rs"]
mod loud;
#[path = "attacks/names.rs"]
mod names;
#[path = "attacks/storm.rs"]
mod storm;
mod support;
#[path = "attacks/trickle.rs"]
mod trickle;
#[path = "attacks/versions.rs"]
mod versions;
#[path = "attacks/work.rs"]
mod work;
