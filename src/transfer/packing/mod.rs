//! Compression of chunks: each is one frame of its own (Zstandard, RFC 8878), so that any
//! connection can carry it and any end can drop it.
//!
//! Knows how to pack and unpack one chunk. Whether it is worth while is [`Thrift`]'s to say. Must
//! not know files, frames of the wire, or connections.

mod shrinking;
#[cfg(test)]
mod simulation;
mod thrift;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

pub use thrift::{Limit, Look};
use thrift::{Thrift, Tried};
use zstd::{
    bulk::{Compressor, Decompressor},
    zstd_safe::find_frame_compressed_size,
};

use crate::{model::EntryNo, wire::Violation};

/// The compression of one transfer at the sender: what all of its [`Packer`]s share.
#[derive(Default)]
pub struct Packing(Mutex<Thrift>);

impl Packing {
    /// Tells where the time went since the last look: every 100 to 500 ms, or nothing is packed.
    pub fn look(&self, look: Look) {
        self.thrift().look(look);
    }

    /// One for each thread that packs.
    #[must_use]
    pub fn packer(self: &Arc<Self>) -> Packer {
        Packer { packing: Arc::clone(self), compressor: Compressor::default(), set: None, room: Vec::new() }
    }

    fn thrift(&self) -> MutexGuard<'_, Thrift> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Packs chunks. Until the first, it costs next to no memory; then 0.6 to 3 MiB, by the level, and
/// room for one packed chunk.
pub struct Packer {
    packing: Arc<Packing>,
    compressor: Compressor<'static>,
    set: Option<i32>,
    room: Vec<u8>,
}

impl Packer {
    /// The chunk in fewer bytes, or `None` where that isn't worth while. Every chunk of content
    /// is shown to this once, in about the order of entries, also those that can't be packed.
    pub fn pack(&mut self, entry: EntryNo, chunk: &[u8]) -> Option<&[u8]> {
        let level = self.packing.thrift().choose(entry, chunk.len())?;
        let started = Instant::now();
        let packed = self.compress(level.zstd(), chunk);
        let tried = Tried { entry, level, bytes: chunk.len(), packed, took: started.elapsed() };
        self.packing.thrift().learn(&tried);
        packed.map(|count| &self.room[..count])
    }

    fn compress(&mut self, level: i32, chunk: &[u8]) -> Option<usize> {
        if self.set != Some(level) {
            self.compressor.set_compression_level(level).ok()?;
            self.set = Some(level);
        }
        // The compressor gives up where the room ends.
        let worth = worth_while(chunk.len());
        if self.room.len() < worth {
            self.room.resize(worth, 0);
        }
        self.compressor.compress_to_buffer(chunk, &mut self.room[..worth]).ok()
    }
}

/// A packed chunk has at most this many bytes: saving less than an eighth is not worth the
/// receiver's time.
fn worth_while(len: usize) -> usize {
    len - len / 8
}

/// Unpacks chunks, and trusts none. A frame is unpacked straight into its content's place: what a
/// frame says of its own size or window allocates nothing.
#[derive(Default)]
pub struct Unpacker {
    decompressor: Decompressor<'static>,
}

impl Unpacker {
    /// Fills `content`, which is as long as the chunk is said to be. After an error it holds
    /// anything.
    ///
    /// # Errors
    /// When `packed` is anything but one frame that holds exactly this many bytes.
    pub fn unpack(&mut self, packed: &[u8], content: &mut [u8]) -> Result<(), Violation> {
        let one_frame = find_frame_compressed_size(packed) == Ok(packed.len());
        let filled = one_frame
            && self.decompressor.decompress_to_buffer(packed, content).is_ok_and(|len| len == content.len());
        if filled { Ok(()) } else { Err(Violation::BadPacking) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use zstd::zstd_safe::{CParameter, compress_bound};

    use super::*;

    const CHUNK: usize = 256 * 1024;

    /// A packer that has been told that there is time.
    fn willing() -> Packer {
        let packing = Arc::new(Packing::default());
        let mut packer = packing.packer();
        for _ in 0..2 {
            for _ in 0..8 {
                assert_eq!(packer.pack(0, &vec![0; CHUNK]), None, "nobody knows yet that there is time");
            }
            let second = Duration::from_secs(1);
            packing.look(Look { took: second, limit: Limit::Network, waited: second });
        }
        packer
    }

    fn frame(level: i32, content: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(content, level).unwrap()
    }

    fn unpack(packed: &[u8], len: usize) -> Result<Vec<u8>, Violation> {
        let mut content = vec![0xee; len];
        Unpacker::default().unpack(packed, &mut content).map(|()| content)
    }

    fn noise(len: usize) -> Vec<u8> {
        let mut noise = vec![0; len];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        noise
    }

    #[test]
    fn what_was_packed_unpacks_to_the_same() {
        let mut packer = willing();
        let mut unpacker = Unpacker::default();
        let text = (0..100_000).fold(String::new(), |text, n| text + &format!("{n},"));
        for (entry, len) in [(1, CHUNK), (1, CHUNK - 1), (2, 1000), (3, 512), (4, CHUNK)] {
            let chunk = &text.as_bytes()[..len];
            let small = packer.pack(entry, chunk).expect("text shrinks");
            assert!(small.len() <= len - len / 8);
            let mut content = vec![0; len];
            unpacker.unpack(small, &mut content).unwrap();
            assert!(content == chunk, "{len} bytes");
        }
    }

    #[test]
    fn what_does_not_shrink_is_sent_as_it_is_and_harms_nothing() {
        let mut packer = willing();
        assert_eq!(packer.pack(1, &noise(CHUNK)), None);
        assert_eq!(packer.pack(2, &noise(2000)), None);
        assert_eq!(packer.pack(2, &[]), None);
        assert_eq!(packer.pack(3, &[1; 511]), None, "too short");
        assert!(packer.pack(4, &[1; 512]).is_some(), "packing goes on after a try in vain");
        let mut little = noise(CHUNK);
        little[CHUNK - CHUNK / 10..].fill(0);
        assert_eq!(packer.pack(5, &little), None, "a tenth is not enough");
    }

    #[test]
    fn a_frame_must_hold_exactly_what_is_said() {
        let packed = frame(3, &[7; 1000]);
        assert_eq!(unpack(&packed, 1000).unwrap(), [7; 1000]);
        for len in [0, 1, 999, 1001, 1 << 20] {
            assert_eq!(unpack(&packed, len), Err(Violation::BadPacking), "{len}");
        }
    }

    #[test]
    fn nothing_may_stand_before_or_after_the_frame() {
        let packed = frame(3, &[7; 1000]);
        let skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9];
        let half = frame(3, &[7; 500]);
        for bad in [
            [&packed[..], b"x"].concat(),
            [&packed[..], &skippable].concat(),
            [&skippable[..], &packed].concat(),
            [&half[..], &half].concat(),
            [&packed[..], &frame(3, &[])].concat(),
            packed[..packed.len() - 1].to_vec(),
            packed[1..].to_vec(),
            Vec::new(),
        ] {
            assert_eq!(unpack(&bad, 1000), Err(Violation::BadPacking), "{bad:x?}");
        }
    }

    #[test]
    fn a_frame_that_needs_a_dictionary_is_refused() {
        let dictionary = noise(500);
        let content = [&dictionary[100..], &dictionary[..300]].concat();
        let packed =
            zstd::bulk::Compressor::with_dictionary(3, &dictionary).unwrap().compress(&content).unwrap();
        assert!(packed.len() < 200, "the dictionary was used");
        assert_eq!(unpack(&packed, content.len()), Err(Violation::BadPacking));
        // The same, with the number of a dictionary in its header.
        let mut named = frame(3, &[7; 1000]);
        named[4] |= 1;
        named.insert(5, 42);
        assert_eq!(unpack(&named, 1000), Err(Violation::BadPacking));
    }

    #[test]
    fn a_window_or_size_of_gigabytes_costs_nothing() {
        // Magic, descriptor, and a window of 2 GiB or more; one block of 1000 sevens, the last.
        let block = [0x43, 0x1f, 0, 7];
        for window in [0xa8, 0xff] {
            let huge = [&[0x28, 0xb5, 0x2f, 0xfd, 0, window][..], &block].concat();
            if let Ok(content) = unpack(&huge, 1000) {
                assert_eq!(content, [7; 1000]);
            }
        }
        // A content size of nearly 2^64, and one of a byte too many.
        for size in [u64::MAX - 2, 1001] {
            let lie = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &size.to_le_bytes(), &block].concat();
            assert_eq!(unpack(&lie, 1000), Err(Violation::BadPacking));
        }
        let honest = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &1000u64.to_le_bytes(), &block].concat();
        assert_eq!(unpack(&honest, 1000).unwrap(), [7; 1000]);
    }

    #[test]
    fn a_bomb_fills_no_more_than_its_chunk() {
        let bomb = frame(19, &vec![0; 64 << 20]);
        assert!(bomb.len() < 10_000);
        let mut room = vec![0xee; 3000];
        assert_eq!(Unpacker::default().unpack(&bomb, &mut room[1000..2000]), Err(Violation::BadPacking));
        assert!(room[..1000].iter().chain(&room[2000..]).all(|&byte| byte == 0xee));
    }

    #[test]
    fn an_unpacker_goes_on_after_a_lie() {
        let mut unpacker = Unpacker::default();
        let packed = frame(9, &[7; 1000]);
        let mut content = [0; 1000];
        for _ in 0..3 {
            assert!(unpacker.unpack(&packed[..20.min(packed.len() - 1)], &mut content).is_err());
            unpacker.unpack(&packed, &mut content).unwrap();
            assert_eq!(content, [7; 1000]);
        }
    }

    #[test]
    fn frames_of_other_writers_are_taken_too() {
        let content: Vec<u8> = (0..50_000u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
        let mut compressor = zstd::bulk::Compressor::new(5).unwrap();
        for parameter in [CParameter::ChecksumFlag(true), CParameter::ContentSizeFlag(false)] {
            compressor.set_parameter(parameter).unwrap();
            let mut packed = Vec::with_capacity(compress_bound(content.len()));
            compressor.compress_to_buffer(&content, &mut packed).unwrap();
            assert!(unpack(&packed, content.len()).unwrap() == content);
            packed[100] ^= 1;
            let _ = unpack(&packed, content.len());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_whatever_make_the_unpacker_panic(bytes: Vec<u8>, len in 0usize..5000, magic: bool) {
            let magic: &[u8] = if magic { &[0x28, 0xb5, 0x2f, 0xfd] } else { &[] };
            let _ = unpack(&[magic, &bytes].concat(), len);
        }

        #[test]
        fn no_damage_to_a_frame_makes_the_unpacker_panic(
            content in prop::collection::vec(0u8..4, 1..5000),
            level in prop::sample::select(vec![1, 3, 6, 9]),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        ) {
            let mut packed = frame(level, &content);
            prop_assert_eq!(&unpack(&packed, content.len()).unwrap(), &content);
            for (at, byte) in damage {
                let at = at.index(packed.len());
                packed[at] = byte;
            }
            let _ = unpack(&packed, content.len());
        }
    }
}
