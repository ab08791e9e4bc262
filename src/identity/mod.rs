//! This device's own key, and what follows from it.
//!
//! Knows the key file and the certificate made from it. Must not know sockets.

mod key;

pub use key::{Identity, IdentityError};

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
