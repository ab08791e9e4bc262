//! What is sent: found, listed, and read in order.
//!
//! [`walk`] goes through what a person picked, [`scan`] makes the manifest of it, [`spelling`] finds names for
//! what is not called by text, and [`reading`] opens what was offered by its number, if it is still what was
//! [`seen`]. [`opening`] is how a file is opened. [`trial`] is what a speed test sends instead. Must not know the receiving side.

mod opening;
mod reading;
mod scan;
mod seen;
mod spelling;
mod trial;
mod walk;

pub use reading::{SourceFile, Sources};
pub use scan::{Scan, measure};
