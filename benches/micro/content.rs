//! Content frames: writing headers, and finding the pieces of a stream again.

use std::hint::black_box;

use airlift::{
    model::{CHUNK, Digest},
    wire::content::{Parser, chunk_header, put_end, put_finish},
};
use criterion::{Criterion, Throughput};

use crate::bytes;

/// The frames of files that are all as long, one after the other, of so many bytes in all.
fn stream(total: usize, file: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let data = bytes(file.min(CHUNK));
    for entry in 0..u32::try_from(total / file).unwrap() {
        for offset in (0..file).step_by(CHUNK) {
            let len = u32::try_from(data.len()).unwrap();
            out.extend_from_slice(&chunk_header(entry, offset as u64, len));
            out.extend_from_slice(&data);
        }
        put_end(&mut out, entry, file as u64, Digest([7; 32]));
    }
    put_finish(&mut out, 1);
    out
}

pub fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("content");
    for (name, file) in [("one file", 4 << 20), ("files of 4 KiB", 4096), ("files of 16 bytes", 16)] {
        let stream = stream(4 << 20, file);
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_function(format!("parse 4 MiB: {name}"), |b| {
            b.iter(|| {
                let mut parser = Parser::default();
                for mut slab in stream.chunks(CHUNK) {
                    while let Some(piece) = parser.next(&mut slab).unwrap() {
                        black_box(piece);
                    }
                }
            });
        });
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("write the header of a chunk", |b| {
        b.iter(|| chunk_header(black_box(7), black_box(1 << 40), black_box(262_144)));
    });
    group.finish();
}
