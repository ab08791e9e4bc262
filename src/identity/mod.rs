//! This device's own key and what follows from it, and what is kept of the keys of others.
//!
//! Knows the key file, the certificate made from it, and the file of known devices. Must not know sockets.

mod key;
mod trust;

pub use key::{FILE as KEY_FILE, Identity, IdentityError};
pub use trust::{Change, FILES as TRUST_FILES, Heard, Look, TrustError, TrustStore, Whereabouts};

/// Bytes from the system's own random source.
///
/// # Panics
/// When the system has no randomness to give: nothing secret can be done then.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}
