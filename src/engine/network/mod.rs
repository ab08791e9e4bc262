//! Who is where: this device is found, and finds others.
//!
//! [`listening`] waits for callers and finds out what they want, [`discovering`] keeps the list of devices
//! nearby, [`routes`] leads to the one that a person named, [`doctor`] says what may be in the way, `deafness`
//! what keeps it from finding anybody, and [`device_kind`] what sort of device this is. Must not know what a transfer is about.

mod deafness;
pub mod device_kind;
pub mod discovering;
pub mod doctor;
pub mod listening;
pub mod routes;
pub mod switchboard;
