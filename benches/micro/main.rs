//! What the parts on the data path cost, each alone: `cargo bench`, or `cargo bench -- content`
//! for those whose names hold a word.
//!
//! They say where a regression comes from; what people feel is measured with whole transfers.
#![allow(clippy::unwrap_used, reason = "a bench that can't go on has failed")]

mod content;
mod hashing;
mod messages;
mod paths;
mod plan;

use airlift::model::{Access, Entry, EntryKind, FileMode, RelPath, Timestamp};
use criterion::{Criterion, criterion_group, criterion_main};

/// So many files of 4 KiB, 100 in each folder, as a scan finds them.
fn files(count: usize) -> Vec<Entry> {
    let modified = Some(Timestamp { seconds: 1_700_000_000, nanos: 123_456_789 });
    let folders = (0..count.div_ceil(100)).map(|i| format!("project/part {i:04}"));
    let (path, access) = (RelPath::parse("project").unwrap(), Access::Shared);
    let mut entries = vec![Entry { path, kind: EntryKind::Folder, access, modified, holes: 0 }];
    for folder in folders {
        let path = RelPath::parse(&folder).unwrap();
        let names = (0..100).map(|i| path.join(&format!("source file {i:02}.rs")).unwrap());
        let kind = EntryKind::File { size: Some(4096), mode: FileMode::Regular };
        let inside: Vec<_> = names.map(|path| Entry { path, kind, access, modified, holes: 0 }).collect();
        entries.push(Entry { path, kind: EntryKind::Folder, access, modified, holes: 0 });
        entries.extend(inside);
    }
    entries
}

/// Bytes that repeat after 251: no two chunks are alike, and nothing needs a generator.
fn bytes(count: usize) -> Vec<u8> {
    (0..=250).cycle().take(count).collect()
}

criterion_group! {
    name = micro;
    config = Criterion::default().without_plots();
    targets = content::benches, messages::benches, hashing::benches, paths::benches, plan::benches
}
criterion_main!(micro);
