//! Digests: a chunk that is in the processor's cache, and files as the stages hash them.

use airlift::model::Digest;
use criterion::{Criterion, Throughput};

use crate::{CHUNK, bytes};

fn digest<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Digest {
    let mut hasher = blake3::Hasher::new();
    for chunk in chunks {
        hasher.update(chunk);
    }
    Digest(*hasher.finalize().as_bytes())
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
        group.bench_function(name, |b| b.iter(|| digest(bytes.chunks(CHUNK))));
    }
    group.finish();
}
