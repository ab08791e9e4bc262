//! Control messages: the manifest and the receipts of many files, there and back.

use std::hint::black_box;

use airlift::{
    model::Digest,
    wire::{
        FromReceiver, FromSender, frame, limits,
        message::{Receipt, batches},
    },
};
use criterion::{Criterion, Throughput};

use crate::files;

pub fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("messages");
    let entries = files(10_000);
    group.throughput(Throughput::Elements(entries.len() as u64));
    group.bench_function("encode the manifest of 10,000 files", |b| {
        b.iter(|| batches(&entries).map(|message| frame::encode(&message).len()).sum::<usize>());
    });
    let messages: Vec<_> = batches(&entries).map(|message| frame::encode(&message)).collect();
    group.bench_function("decode and check the manifest of 10,000 files", |b| {
        b.iter(|| {
            for message in &messages {
                let (header, body) = message.split_first_chunk().unwrap();
                assert_eq!(frame::body_len(*header, limits::MAX_MESSAGE), Ok(body.len()));
                let FromSender::Entries(raw) = frame::decode(body).unwrap() else { unreachable!() };
                for entry in raw {
                    black_box(entry.parse().unwrap());
                }
            }
        });
    });

    let stored: Vec<_> = (0..500).map(|entry| Receipt::stored(entry, Digest([7; 32]))).collect();
    group.throughput(Throughput::Elements(stored.len() as u64));
    let receipts = FromReceiver::Receipts(stored);
    group.bench_function("encode 500 receipts", |b| b.iter(|| frame::encode(&receipts)));
    let message = frame::encode(&receipts);
    group.bench_function("decode 500 receipts", |b| {
        b.iter(|| frame::decode::<FromReceiver>(&message[frame::HEADER..]).unwrap());
    });

    group.throughput(Throughput::Elements(1));
    group.bench_function("encode progress", |b| {
        b.iter(|| frame::encode(&FromReceiver::Progress { bytes: black_box(1 << 40) }));
    });
    group.finish();
}
