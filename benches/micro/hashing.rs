//! Digests: one chunk that is in the processor's cache, and files as the stages hash them, chunk by
//! chunk, each a subtree.

use airlift::model::{CHUNK, Digest, Leaf, Tree};
use criterion::{Criterion, Throughput};

use crate::bytes;

/// The digest of a file, by its chunks' hashes.
fn by_chunks(bytes: &[u8]) -> Digest {
    let mut tree = Tree::default();
    for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
        let mut leaf = Leaf::at((number * CHUNK) as u64).unwrap();
        leaf.update(chunk);
        tree.add(leaf).unwrap();
    }
    tree.digest(bytes.len() as u64).unwrap()
}

pub fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("hashing");
    for (name, len) in [
        ("an empty file", 0),
        ("a file of 4 KiB", 4096),
        ("one chunk", CHUNK),
        ("a file of 16 MiB", 16 << 20),
    ] {
        let bytes = bytes(len);
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function(format!("{name}, by chunks"), |b| b.iter(|| by_chunks(&bytes)));
        // What it would cost if chunks did not have to be told apart.
        group.bench_function(format!("{name}, at once"), |b| b.iter(|| blake3::hash(&bytes)));
    }
    group.finish();
}
