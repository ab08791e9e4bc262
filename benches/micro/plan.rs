//! Where each file of a large offer would go: names, conflicts, room.

use airlift::{
    disk::{Inbox, OffLimits},
    model::Conflict,
};
use criterion::{Criterion, Throughput};

use crate::files;

pub fn benches(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let inbox = Inbox::open(folder.path(), &OffLimits::default()).unwrap();
    let entries = files(10_000);
    let mut group = c.benchmark_group("plan");
    group.sample_size(20).throughput(Throughput::Elements(entries.len() as u64));
    group.bench_function("10,000 files into an empty folder", |b| {
        b.iter(|| inbox.plan(&entries, None, Conflict::KeepBoth).unwrap());
    });
    group.finish();
}
