//! Who may do what: known devices, codes, and bounds for strangers.
//!
//! [`devices`] is what is kept of each, [`policy`] says who answers an offer, [`codes`] keeps the code that is
//! given out, [`guesses`] counts those that differed, [`places`] says who finds room for an offer, [`strangers`] who
//! makes room among callers that have not said who they are, and [`hearsay`] how much is told of strangers. Must not know transfers, nor where devices are.

pub mod codes;
pub mod devices;
pub mod guesses;
pub mod hearsay;
pub mod places;
pub mod policy;
pub mod strangers;
