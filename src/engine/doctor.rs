//! Why devices may not see each other: what can be found out about that from here.

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In a word or two: `Network interfaces`.
    pub about: &'static str,
    pub state: Health,
    /// What was found, and, unless it is fine, what to do.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Fine,
    /// It may be the reason.
    Doubtful,
    /// It is in the way.
    Bad,
}
