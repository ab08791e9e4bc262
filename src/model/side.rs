//! The two ends of a transfer, seen from this one.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Send,
    Receive,
}

/// Whose act or fault something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This device.
    Here,
    /// The other device.
    There,
}
