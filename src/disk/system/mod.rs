//! All that only one system has, or does in its own way, each with a fallback for the others.
//!
//! Knows open files and folders. Must not know what they are to Airlift.

pub mod at;
pub mod attributes;
pub mod descriptors;
pub mod family;
pub mod file_size;
pub mod flags;
pub mod gaps;
pub mod holes;
pub mod identity;
pub mod made_up;
pub mod modes;
#[cfg(target_os = "linux")]
pub mod mounts;
pub mod nameless;
pub mod refusal;
pub mod rename;
pub mod space;
pub mod sync;
pub mod volume;
pub mod whereabouts;
