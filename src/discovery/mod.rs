//! Who else is on the network: what devices announce, and what is known of that.
//!
//! Knows DNS-SD over multicast DNS (RFC 6762, RFC 6763), and how sightings become one list of devices.
//! Everything that is announced is a claim: must not be taken for more before somebody has connected and
//! seen the key. Must not know transfers, nor who is trusted.

mod announcement;
mod directory;
mod multicast;
mod near;

pub use announcement::{Announcement, BadAnnouncement, Claim, Tag, tag};
pub use directory::{Candidate, Directory, Place};
pub use multicast::{Driver, MulticastError, Seen};
pub use near::Networks;
