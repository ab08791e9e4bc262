//! Random histories of a transfer: how many are made, and what each chooses from.

use airlift::model::Conflict;
use proptest::{prelude::*, sample::select};

/// `AIRLIFT_HISTORIES=N` makes N of them, instead of a few.
pub fn cases() -> u32 {
    std::env::var("AIRLIFT_HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(24)
}

pub fn conflict() -> impl Strategy<Value = Conflict> {
    select(vec![Conflict::KeepBoth, Conflict::Skip, Conflict::Replace, Conflict::Complete])
}
