//! Paths that peers name: each is checked once, a million of them in a large offer.

use std::hint::black_box;

use airlift::model::RelPath;
use criterion::{Criterion, Throughput};

pub fn benches(c: &mut Criterion) {
    let longest = vec!["n".repeat(254); 16].join("/") + "/end of it";
    let deep = "d/".repeat(250);
    let mut group = c.benchmark_group("paths");
    for (name, text) in [
        ("short", "photo.jpg".to_owned()),
        ("usual", "project/src/transfer/limiter/ledger.rs".to_owned()),
        ("any script", "写真/صور/фото/🎉 party/été.jpg".to_owned()),
        ("long", longest),
        ("deep", format!("{deep}x")),
    ] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("accept: {name}"), |b| {
            b.iter(|| RelPath::parse(black_box(&text)).unwrap());
        });
    }
    for (name, text) in [
        ("escapes at its end", format!("{deep}..")),
        ("too deep", "x/".repeat(2000) + "x"),
        ("too long", "x".repeat(100_000)),
        ("zero at its end", "x".repeat(1000) + "\0"),
    ] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("refuse: {name}"), |b| {
            b.iter(|| RelPath::parse(black_box(&text)).unwrap_err());
        });
    }
    group.finish();
}
