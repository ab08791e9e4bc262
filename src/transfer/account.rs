//! Whoever keeps account of what becomes of each file: told while it happens, by both ends.
//!
//! Knows one file at a time. Must not know where the account is kept, nor how long that takes.

use crate::model::FileRecord;

/// Keeps account of one transfer, over all attempts at it.
pub trait Account: Send + Sync {
    /// The fate of a file is known. It may be known a second time, in a later attempt: the later one counts. Never
    /// blocks.
    fn file(&self, file: FileRecord);

    /// An earlier attempt, or the offer's answer, has settled a file's fate. May block, for as long as others have more to
    /// tell than can be written.
    fn settled_before(&self, file: FileRecord);

    /// Nothing more comes of what earlier attempts and the answer have settled.
    fn all_told(&self) {}

    /// True where what was told of this offered path stands: that it is stored, or was there before.
    fn has(&self, path: &str) -> bool;
}

/// Nobody keeps account.
#[derive(Clone, Copy, Debug)]
pub struct NoAccount;

impl Account for NoAccount {
    fn file(&self, _: FileRecord) {}

    fn settled_before(&self, _: FileRecord) {}

    fn has(&self, _: &str) -> bool {
        true
    }
}
