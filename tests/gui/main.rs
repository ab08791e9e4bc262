//! The window by what it says to assistive technology: every panel, with the engine's end of the
//! seam held by the test. Needs no display.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]

mod accepting;
mod bench;
mod choosing;
mod devices;
mod history;
mod interrupted;
mod inviting;
mod long_names;
mod meetings;
mod nearby;
mod offers;
mod quarantine;
mod receiving;
mod sending;
mod settings;
mod texts;
mod transfers;
mod whole;
