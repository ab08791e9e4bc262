//! Files with holes: these are told and not sent, take no room at the receiver, and change nothing about what a file
//! is, whenever a link breaks and whatever stood there before.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![cfg(target_os = "linux")]

mod support;

use std::{
    fs,
    io::Read as _,
    ops::{ControlFlow, Range},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use airlift::{
    disk::{Earlier, OffLimits, Scan},
    model::{Conflict, DeviceId, DeviceName, Outcome, Source, TransferId},
    pairing::{Ends, Responder},
    transfer::{self, Assent, Attempt, Limiter, Meter, Outflow, SendJob, Stops},
    wire::{
        FromReceiver, FromSender,
        content::{Parser, Piece},
        frame,
        message::{Acquaintance, RawKind, Receipt},
    },
};
use proptest::prelude::*;
use support::{
    pair::{Outcomes, Pair},
    pipe::Budget,
    sparse::{sparse, taken},
    tree::{describe, leftovers, noise, put},
};
use tempfile::{TempDir, tempdir, tempdir_in};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::{Notify, watch},
};

const CHUNK: u64 = 256 * 1024;
/// More than any transfer here says.
const PLENTY: usize = 1 << 30;

/// A folder on a disk, and one in memory.
fn folders() -> Vec<TempDir> {
    let memory = Path::new("/dev/shm").is_dir().then(|| tempdir_in("/dev/shm").unwrap());
    [tempdir().unwrap()].into_iter().chain(memory).collect()
}

fn check_complete(ends: &Outcomes) {
    assert_eq!(ends.sent.outcome, Outcome::Complete, "{:?}", ends.sent);
    assert_eq!(ends.received.outcome, Outcome::Complete, "{:?}", ends.received);
    assert_eq!((ends.sent.files, ends.sent.bytes), (ends.received.files, ends.received.bytes));
}

fn check_same(there: &Path, source: &Path) {
    assert_eq!(describe(there), describe(source));
    assert_eq!(leftovers(there.parent().unwrap()), Vec::<PathBuf>::new());
}

/// Files with holes at every place, by their size and what of it has content.
fn layouts() -> Vec<(&'static str, u64, Vec<Range<u64>>)> {
    vec![
        ("all", 40 * CHUNK, vec![]),
        ("one chunk", CHUNK, vec![]),
        ("a chunk and a byte", CHUNK + 1, vec![]),
        ("less than a chunk", 100_000, vec![]),
        ("start", 20 * CHUNK, vec![15 * CHUNK..20 * CHUNK]),
        ("end", 20 * CHUNK, vec![0..3 * CHUNK]),
        ("end, odd", 20 * CHUNK + 777, vec![0..3 * CHUNK + 5]),
        ("middle", 30 * CHUNK, vec![0..CHUNK, 29 * CHUNK..30 * CHUNK]),
        ("many", 30 * CHUNK, (0..15).map(|i| 2 * i * CHUNK..(2 * i + 1) * CHUNK).collect()),
        ("odd", 30 * CHUNK + 1, vec![5 * CHUNK - 1..5 * CHUNK + 1, 17 * CHUNK + 4096..17 * CHUNK + 8192]),
        ("small ones", 8 * CHUNK, (0..32).map(|i| i * 65_536..i * 65_536 + 4096).collect()),
        ("large", 300 << 20, vec![100 << 20..(100 << 20) + 10]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn holes_at_any_place_arrive_as_holes() {
    for from in folders() {
        let source = from.path().join("t");
        for (name, size, content) in layouts() {
            sparse(&source.join(name), size, &content);
        }
        put(&source, "whole", &noise(1, 3_000_000));
        for to in folders() {
            let budget = Budget::of(PLENTY);
            let pair = Pair { budget: budget.clone(), ..Pair::default() };
            let ends = pair.run(&[&source], to.path()).await;
            check_complete(&ends);
            let there = to.path().join("t");
            for (name, size, content) in layouts() {
                let (ours, theirs) = (taken(&there.join(name)), taken(&source.join(name)));
                assert!(ours <= theirs + CHUNK, "{name}: {ours} and not {theirs}");
                assert_eq!(fs::metadata(there.join(name)).unwrap().len(), size, "{name}");
                if size < 100 << 20 {
                    assert!(
                        fs::read(there.join(name)).unwrap() == fs::read(source.join(name)).unwrap(),
                        "{name}"
                    );
                    continue;
                }
                let mut middle = vec![0; 10];
                let file = fs::File::open(there.join(name)).unwrap();
                std::os::unix::fs::FileExt::read_exact_at(&file, &mut middle, content[0].start).unwrap();
                assert_eq!(middle, noise(content[0].start + 1, 10));
            }
            let spent = budget.spent_of(PLENTY);
            assert!(spent < 45 * usize::try_from(CHUNK).unwrap() + 3_000_000, "{spent} bytes for it");
            assert_eq!(leftovers(to.path()), Vec::<PathBuf>::new());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gigabytes_of_holes_are_a_few_frames() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    let source = from.path().join("disk.img");
    sparse(&source, (2 << 30) + 5, &[]);
    let budget = Budget::of(PLENTY);
    let ends = Pair { budget: budget.clone(), ..Pair::default() }.run(&[&source], to.path()).await;
    check_complete(&ends);
    assert_eq!(ends.sent.bytes, (2 << 30) + 5);
    assert!(ends.sent.pipeline.wire_bytes < 200, "{} of content", ends.sent.pipeline.wire_bytes);
    assert!(taken(&to.path().join("disk.img")) < 100_000);
    assert!(budget.spent_of(PLENTY) < 8_000, "{} in all", budget.spent_of(PLENTY));
}

/// Sends it over one link after the other, each of which breaks after so many bytes, to the end.
async fn in_pieces(source: &Path, to: &Path, bytes: usize, between: &dyn Fn(usize)) -> usize {
    let transfer = TransferId(airlift::identity::random());
    let mut earlier: Option<Earlier> = None;
    for nth in 0..200 {
        let budget = Budget::of(bytes << (nth / 10).min(12));
        let attempt = earlier.clone().map_or(Attempt::First, |earlier| Attempt::Again(Box::new(earlier)));
        let pair = Pair { transfer, attempt, budget: budget.clone(), ..Pair::default() };
        let ends = pair.run(&[source], to).await;
        if ends.sent.outcome == Outcome::Complete && ends.received.outcome == Outcome::Complete {
            return nth;
        }
        assert!(budget.is_spent(), "{:?}, {:?}", ends.sent, ends.received);
        earlier = ends.kept.or(earlier);
        between(nth);
    }
    panic!("it never ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_anywhere_goes_on_with_its_holes() {
    let from = tempdir().unwrap();
    let source = from.path().join("t");
    let content =
        [0..2 * CHUNK, 40 * CHUNK..44 * CHUNK, 90 * CHUNK + 5..91 * CHUNK, 120 * CHUNK..121 * CHUNK];
    sparse(&source.join("disk.img"), 130 * CHUNK + 9, &content);
    sparse(&source.join("empty.img"), 500 * CHUNK, &[]);
    for bytes in [3_000, 300_000, 700_001, 1_100_000] {
        let to = tempdir().unwrap();
        let again = in_pieces(&source, to.path(), bytes, &|_| {}).await;
        assert!(again > 0, "it broke at least once");
        check_same(&to.path().join("t"), &source);
        for name in ["disk.img", "empty.img"] {
            let (ours, theirs) = (taken(&to.path().join("t").join(name)), taken(&source.join(name)));
            assert!(ours <= theirs + CHUNK, "{name}: {ours} and not {theirs}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_where_an_earlier_attempt_has_left_something_is_zeros() {
    for bytes in [1_500_000, 5_000_000, 9_000_000] {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        let source = from.path().join("t");
        let file = source.join("disk.img");
        let size = 60 * CHUNK + 3;
        let all = 0..size;
        sparse(&file, size, std::slice::from_ref(&all));
        let punched = |nth| {
            if nth == 0 {
                fs::remove_file(&file).unwrap();
                sparse(&file, size, &[7 * CHUNK..9 * CHUNK, 40 * CHUNK + 1..40 * CHUNK + 2]);
                fs::File::options()
                    .append(true)
                    .open(&file)
                    .unwrap()
                    .set_modified(std::time::SystemTime::UNIX_EPOCH)
                    .unwrap();
            }
        };
        in_pieces(&source, to.path(), bytes, &punched).await;
        check_same(&to.path().join("t"), &source);
        assert!(taken(&to.path().join("t/disk.img")) <= taken(&file) + CHUNK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_is_found_to_be_the_same_and_to_differ() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    let source = from.path().join("t");
    sparse(&source.join("a"), 200 << 20, &[CHUNK..CHUNK + 1]);
    sparse(&source.join("b"), 40 * CHUNK, &[CHUNK..CHUNK + 1]);
    let complete = || Pair { conflict: Conflict::Complete, ..Pair::default() };
    check_complete(&complete().run(&[&source], to.path()).await);
    let ends = complete().run(&[&source], to.path()).await;
    check_complete(&ends);
    assert_eq!((ends.sent.already, ends.received.already), (2, 2));
    // Of the same size and time, and another hole.
    sparse(&source.join("b"), 40 * CHUNK, &[2 * CHUNK..2 * CHUNK + 1]);
    let ends = complete().run(&[&source], to.path()).await;
    check_complete(&ends);
    assert_eq!((ends.sent.already, ends.received.already), (1, 1));
    assert!(fs::read(to.path().join("t/b (1)")).unwrap() == fs::read(source.join("b")).unwrap());
    assert!(taken(&to.path().join("t/b (1)")) <= 2 * CHUNK);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 50, failure_persistence: None, ..ProptestConfig::default() })]

    /// Runs of chunks: how many of them, whether they have content, and how far off a chunk's beginning it begins.
    #[test]
    fn any_layout_arrives_as_it_is_over_links_that_break(
        runs in prop::collection::vec((1..9_u64, any::<bool>(), prop_oneof![Just(0), 1..CHUNK]), 1..12),
        rest in prop_oneof![Just(0), 1..CHUNK],
        bytes in 200_000..4_000_000_usize,
    ) {
        let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
        let source = from.path().join("t");
        let (mut content, mut at) = (Vec::new(), 0);
        for (chunks, is_content, off) in runs {
            let end = at + chunks * CHUNK;
            if is_content {
                content.push(at + off..end);
            }
            at = end;
        }
        sparse(&source.join("f"), at - rest, &[]);
        let content: Vec<_> = content.into_iter().map(|range| range.start..range.end.min(at - rest)).collect();
        let content: Vec<_> = content.into_iter().filter(|range| !range.is_empty()).collect();
        sparse(&source.join("f"), at - rest, &content);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(in_pieces(&source, to.path(), bytes, &|_| {}));
        check_same(&to.path().join("t"), &source);
        prop_assert!(taken(&to.path().join("t/f")) <= taken(&source.join("f")) + CHUNK);
    }
}

fn ends() -> Ends {
    let id = DeviceId::of_public_key(b"both");
    Ends { binding: [0; 32], sender: id, receiver: id }
}

async fn hear(stream: &mut DuplexStream) -> Option<FromSender> {
    loop {
        let mut header = [0; frame::HEADER];
        stream.read_exact(&mut header).await.ok()?;
        let mut body = vec![0; frame::body_len(header, 1 << 20).unwrap()];
        stream.read_exact(&mut body).await.ok()?;
        match frame::decode(&body).unwrap() {
            FromSender::Alive | FromSender::Load(_) => {}
            message => return Some(message),
        }
    }
}

async fn say(stream: &mut DuplexStream, message: &FromReceiver) {
    stream.write_all(&frame::encode(message)).await.unwrap();
}

/// What goes over the content connection, and that it is all.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>, Arc<Notify>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.0.lock().unwrap();
        all.extend_from_slice(bytes);
        if all.ends_with(&[4, 1]) {
            self.1.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a receiver that can so much is offered and sent of a file of 20 chunks, all of it a hole.
async fn sent_to_one_that(can: u64) -> (RawKind, Vec<u8>) {
    let from = tempdir().unwrap();
    sparse(&from.path().join("f"), 20 * CHUNK, &[]);
    let job = SendJob {
        transfer: TransferId([1; 16]),
        name: DeviceName::parse("Anna").unwrap(),
        scan: Scan::new(vec![Source::Path(from.path().join("f"))], &OffLimits::default()).unwrap(),
        limiter: Arc::new(Limiter::new(None)),
        ends: ends(),
        assent: watch::channel(Assent::Known).1,
        admit: &|_| ControlFlow::Continue(()),
        account: Arc::new(airlift::transfer::NoAccount),
    };
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let sink = Sink::default();
    let lane = |_| {
        let stream = Box::new(sink.clone());
        async { Ok(Outflow { stream, stop: Box::new(|| {}), network: Arc::default() }) }
    };
    let sending = transfer::send(near, job, lane, Arc::new(Meter::default()), &|_| {}, Stops::default());
    let receiving = async {
        let responder = Responder::new(ends());
        let Some(FromSender::Hello { .. }) = hear(&mut far).await else { panic!("no hello") };
        let (name, commitment) = ("Ben".to_owned(), responder.commitment());
        say(&mut far, &FromReceiver::Hello { name, commitment, knows: Acquaintance::Known, can }).await;
        let Some(FromSender::Nonce { nonce, .. }) = hear(&mut far).await else { panic!("no nonce") };
        say(&mut far, &FromReceiver::Nonce(responder.finish(&nonce).1)).await;
        let Some(FromSender::Entries(entries)) = hear(&mut far).await else { panic!("no offer") };
        let Some(FromSender::Offered { .. }) = hear(&mut far).await else { panic!("no end of it") };
        say(&mut far, &FromReceiver::Accept { token: [7; 16] }).await;
        sink.1.notified().await;
        let digest = blake3::hash(&vec![0; usize::try_from(20 * CHUNK).unwrap()]);
        let receipt = Receipt::stored(0, airlift::model::Digest(*digest.as_bytes()));
        say(&mut far, &FromReceiver::Receipts(vec![receipt])).await;
        say(&mut far, &FromReceiver::Done).await;
        while hear(&mut far).await.is_some() {}
        drop(far);
        entries[0].kind
    };
    let (report, kind) = Box::pin(async { tokio::join!(sending, receiving) }).await;
    assert_eq!(report.outcome, Outcome::Complete, "{report:?}");
    let bytes = sink.0.lock().unwrap().clone();
    (kind, bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_knows_no_holes_gets_zeros() {
    let size = 20 * CHUNK;
    for (can, knows) in [(0, false), (1, true), (!1, false), (u64::MAX, true)] {
        let (kind, bytes) = sent_to_one_that(can).await;
        let (mut parser, mut input, mut zeros, mut holes) = (Parser::default(), &bytes[..], 0, 0);
        while let Some(piece) = parser.next(&mut input).unwrap() {
            match piece {
                Piece::Data { bytes, .. } => zeros += bytes.len() as u64,
                Piece::Packed { len, .. } => zeros += u64::from(len),
                Piece::Hole { len, .. } => holes += len,
                Piece::End { .. } | Piece::Broken { .. } | Piece::Finish { .. } => {}
            }
        }
        if knows {
            assert_eq!((kind, zeros, holes), (RawKind::Sparse { size, holes: 20 }, 0, size));
        } else {
            assert_eq!((kind, zeros, holes), (RawKind::File { size: Some(size) }, size, 0));
        }
    }
}

#[test]
fn a_file_with_holes_is_read_as_it_is() {
    // What the others rely on.
    let from = tempdir().unwrap();
    let path = from.path().join("f");
    sparse(&path, 3 * CHUNK, &[CHUNK..CHUNK + 5]);
    let mut content = Vec::new();
    fs::File::open(&path).unwrap().read_to_end(&mut content).unwrap();
    assert_eq!(content.len() as u64, 3 * CHUNK);
    assert!(taken(&path) < CHUNK, "this disk has no holes: the tests here say nothing");
}
