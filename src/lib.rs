//! Airlift moves files and folders between machines on the same network.
//!
//! This library is the whole program without its `main`. [`engine`] is the app without a face;
//! the faces, `cli` and `gui`, know only [`engine`] and [`model`]. `ARCHITECTURE.md` has the map.
#![forbid(unsafe_code)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod discovery;
pub mod disk;
pub mod engine;
#[cfg(feature = "gui")]
pub mod gui;
pub mod history;
pub mod identity;
pub mod logging;
pub mod model;
pub mod net;
pub mod pairing;
pub mod scan;
pub mod settings;
pub mod transfer;
pub mod wire;
