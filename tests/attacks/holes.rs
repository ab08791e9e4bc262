//! Senders that lie about holes: a few bytes must not make a receiver work for hours, store what nobody agreed to, or
//! call something whole that is not.

use std::fs;

use airlift::{
    engine::Consent,
    model::{Digest, Outcome, Problem, ProblemKind, Side},
    wire::{
        FromReceiver, FromSender, content, limits,
        message::{RawEntry, RawKind},
    },
};
use tokio::io::AsyncWriteExt as _;

use crate::support::device::{Device, NOTHING_SKIPPED, Rogue, file, hear, say};

const CHUNK: u64 = 256 * 1024;
const SIZE: u64 = 8 * CHUNK + 7;

fn sparse(path: &str, size: u64, holes: u32) -> RawEntry {
    RawEntry { kind: RawKind::Sparse { size, holes }, ..file(path, size) }
}

fn hole(entry: u32, offset: u64, len: u64) -> Vec<u8> {
    let mut out = Vec::new();
    content::put_hole(&mut out, entry, offset, len);
    out
}

fn chunk(entry: u32, offset: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = content::chunk_header(entry, offset, u32::try_from(bytes.len()).unwrap()).to_vec();
    out.extend_from_slice(bytes);
    out
}

fn end(entry: u32, size: u64, digest: [u8; 32]) -> Vec<u8> {
    let mut out = Vec::new();
    content::put_end(&mut out, entry, size, Digest(digest));
    out
}

fn zeros(size: u64) -> [u8; 32] {
    *blake3::hash(&vec![0; usize::try_from(size).unwrap()]).as_bytes()
}

/// What becomes of a sender that offers these and says that.
fn say_content(
    device: &mut Device,
    (rogue, port, nth): (&Rogue, u16, usize),
    entries: Vec<RawEntry>,
    pieces: &[Vec<u8>],
) -> airlift::model::Report {
    device.engine.block_on(async {
        let (mut control, mut lane) = rogue.accepted(port, entries).await;
        for piece in pieces {
            let _ = lane.stream.write_all(piece).await;
        }
        let _ = lane.stream.flush().await;
        let _ = lane.stream.shutdown().await;
        while let Some(message) = hear(&mut control).await {
            if matches!(message, FromReceiver::Done | FromReceiver::Ending(_)) {
                break;
            }
        }
    });
    device.received_or_given_up(nth)
}

#[test]
fn p8_a_hole_that_can_not_be_there_ends_the_transfer() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    let lies: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("beyond the end", vec![hole(0, 8 * CHUNK, CHUNK)]),
        ("far beyond the end", vec![hole(0, 1 << 62, CHUNK)]),
        ("longer than its file", vec![hole(0, 0, limits::MAX_HOLE)]),
        ("longer than a hole may be", vec![hole(0, 0, limits::MAX_HOLE + 1)]),
        ("of half of all there can be", vec![hole(0, 0, 1 << 63)]),
        ("past the end of numbers", vec![hole(0, u64::MAX - CHUNK + 1, CHUNK)]),
        ("of nothing", vec![hole(0, 0, 0)]),
        ("from within a chunk on", vec![hole(0, 1, CHUNK)]),
        ("to within a chunk", vec![hole(0, 0, CHUNK + 1)]),
        ("twice", vec![hole(0, 0, CHUNK), hole(0, 0, CHUNK)]),
        ("over another", vec![hole(0, 0, 4 * CHUNK), hole(0, 3 * CHUNK, CHUNK)]),
        ("around another", vec![hole(0, 3 * CHUNK, CHUNK), hole(0, 0, SIZE)]),
        ("over what has come", vec![chunk(0, CHUNK, &vec![7; 256 * 1024]), hole(0, 0, SIZE)]),
        ("over half a chunk", vec![chunk(0, 0, b"half"), hole(0, 0, CHUNK), chunk(0, 4, b"more")]),
        ("in a file that has none", vec![hole(1, 0, CHUNK)]),
        ("in a file that is whole", vec![hole(0, 0, SIZE), end(0, SIZE, zeros(SIZE)), hole(0, 0, SIZE)]),
        ("in a folder", vec![hole(2, 0, CHUNK)]),
        ("in a stream", vec![hole(3, 0, CHUNK)]),
        ("in nothing", vec![hole(4, 0, CHUNK)]),
        ("in the last one of all", vec![hole(u32::MAX, 0, CHUNK)]),
    ];
    for (nth, (what, pieces)) in lies.iter().enumerate() {
        let entries = vec![
            sparse("sparse", SIZE, 1),
            file("plain", SIZE),
            RawEntry { kind: RawKind::Folder, ..file("folder", 0) },
            RawEntry { kind: RawKind::File { size: None }, ..file("stream", 0) },
        ];
        let report = say_content(&mut device, (&rogue, port, nth), entries, pieces);
        let Outcome::Failed(Problem { kind, side, .. }) = &report.outcome else {
            panic!("{what}: {report:?}")
        };
        assert_eq!((*kind, *side), (ProblemKind::Protocol, Side::There), "{what}: {report:?}");
    }
}

#[test]
fn p8_an_offer_of_holes_that_can_not_be_is_refused() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    let kinds = [
        RawKind::Sparse { size: CHUNK - 1, holes: 1 },
        RawKind::Sparse { size: 5 * CHUNK, holes: 0 },
        RawKind::Sparse { size: 0, holes: 0 },
        RawKind::SparseExecutable { size: 5 * CHUNK, holes: u32::MAX },
        RawKind::Sparse { size: u64::MAX, holes: u32::MAX },
    ];
    for (nth, kind) in kinds.into_iter().enumerate() {
        let entries = vec![RawEntry { kind, ..file("f", 0) }, RawEntry { kind, ..file("g", 0) }];
        device.engine.block_on(async {
            let mut control = rogue.greet(port).await;
            say(&mut control, &FromSender::Entries(entries)).await;
            say(&mut control, &NOTHING_SKIPPED).await;
            while let Some(message) = hear(&mut control).await {
                assert!(!matches!(message, FromReceiver::Accept { .. }), "{kind:?}");
            }
        });
        assert!(matches!(device.received(nth).outcome, Outcome::Failed(_)), "{kind:?}");
    }
    assert_eq!(device.arrived(), Vec::<String>::new());
}

#[test]
fn p8_holes_with_another_digest_than_zeros_have_are_not_stored() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    for (nth, (what, pieces)) in [
        ("another digest", vec![hole(0, 0, SIZE), end(0, SIZE, [7; 32]), vec![4, 1]]),
        (
            "a gap",
            vec![
                hole(0, 0, CHUNK),
                hole(0, 2 * CHUNK, SIZE - 2 * CHUNK),
                end(0, SIZE, zeros(SIZE)),
                vec![4, 1],
            ],
        ),
        ("another size", vec![hole(0, 0, 8 * CHUNK), end(0, 8 * CHUNK, zeros(8 * CHUNK)), vec![4, 1]]),
    ]
    .into_iter()
    .enumerate()
    {
        let report = say_content(&mut device, (&rogue, port, nth), vec![sparse("f", SIZE, 1)], &pieces);
        assert_ne!(report.outcome, Outcome::Complete, "{what}: {report:?}");
        assert_eq!((report.files, device.arrived()), (0, Vec::new()), "{what}");
    }
    // And as it should be.
    let pieces = [hole(0, 0, SIZE), end(0, SIZE, zeros(SIZE)), vec![4, 1]];
    device.engine.block_on(async {
        let (mut control, mut lane) = rogue.accepted(port, vec![sparse("f", SIZE, 1)]).await;
        lane.stream.write_all(&pieces.concat()).await.unwrap();
        lane.stream.flush().await.unwrap();
        while !matches!(hear(&mut control).await.expect("it is done"), FromReceiver::Done) {}
        say(&mut control, &FromSender::Bye).await;
        while hear(&mut control).await.is_some() {}
    });
    assert_eq!(device.received(3).outcome, Outcome::Complete);
    assert_eq!(fs::read(device.inbox.path().join("f")).unwrap(), vec![0; usize::try_from(SIZE).unwrap()]);
}

#[test]
fn p8_a_hole_of_terabytes_is_worked_on_for_no_longer_than_somebody_is_there() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    // More can't be a file on every disk.
    let size = (8 << 40) - CHUNK;
    let pieces: Vec<_> =
        (0..size / limits::MAX_HOLE).map(|nth| hole(0, nth * limits::MAX_HOLE, limits::MAX_HOLE)).collect();
    // It says all of it, and leaves.
    device.engine.block_on(async {
        let (mut control, mut lane) = rogue.accepted(port, vec![sparse("f", size, (8 << 22) - 1)]).await;
        lane.stream.write_all(&pieces.concat()).await.unwrap();
        lane.stream.flush().await.unwrap();
        // Something of it has come, and the receiver is still there to say so.
        while !matches!(hear(&mut control).await.expect("it goes on"), FromReceiver::Progress { bytes: 1.. })
        {
        }
        say(&mut control, &FromSender::Ending(airlift::wire::message::Ending::Cancelled)).await;
        while hear(&mut control).await.is_some() {}
    });
    assert!(matches!(device.received(0).outcome, Outcome::Cancelled { by: Side::There }));
    assert_eq!(device.arrived(), Vec::<String>::new());
}
