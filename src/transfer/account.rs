//! Whoever keeps account of what becomes of each file: told while it happens, by both ends.
//!
//! Knows one file at a time, and what is said of all at the end. Must not know where the account is kept, nor how long that takes.

use std::sync::Arc;

use crate::model::{FileFate, FileRecord, Report};

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

    /// What is said of the whole once it has ended, as far as that may be known.
    fn sum_up(&self, report: Report) -> Report {
        report
    }
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

/// Keeps account of a text: that it came, and how long it is. Neither where it would lie as a file, nor its digest, by which
/// whoever guesses its words could see that they are right.
pub struct Wordless(pub Arc<dyn Account>);

impl Wordless {
    fn of(file: FileRecord) -> FileRecord {
        let fate = match file.fate {
            FileFate::Stored { screening, .. } => FileFate::Stored { digest: None, screening },
            FileFate::Already { .. } => FileFate::Already { digest: None },
            FileFate::Held { why, .. } => FileFate::Held { digest: None, why },
            FileFate::Infected { name, .. } => FileFate::Infected { digest: None, name },
            fate @ (FileFate::Failed { .. } | FileFate::LeftOut) => fate,
        };
        FileRecord { at: None, fate, ..file }
    }
}

impl Account for Wordless {
    fn file(&self, file: FileRecord) {
        self.0.file(Self::of(file));
    }

    fn settled_before(&self, file: FileRecord) {
        self.0.settled_before(Self::of(file));
    }

    fn all_told(&self) {
        self.0.all_told();
    }

    fn has(&self, path: &str) -> bool {
        self.0.has(path)
    }

    fn sum_up(&self, report: Report) -> Report {
        Report { digest: None, ..report }
    }
}
