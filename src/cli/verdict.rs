//! What a person has answered to an offer.

/// The answer to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    /// As far as it is missing here.
    Missing,
    No,
    /// The other device shows another code.
    Differ,
    /// Nobody will ever answer.
    Nobody,
}

impl Verdict {
    /// `None` for what is no answer: nothing is accepted or declined by mistake.
    pub fn understand(line: &str) -> Option<Self> {
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => Some(Self::Yes),
            "m" | "missing" => Some(Self::Missing),
            "n" | "no" => Some(Self::No),
            "d" | "differ" | "different" => Some(Self::Differ),
            _ => None,
        }
    }
}
