//! Content over several connections, through pipes, between real files.

use std::{
    fs,
    io::{self, PipeReader, PipeWriter, Read, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use tokio::sync::mpsc;

use super::{
    Inflow, Limiter, LinkError, Meter, Outflow, TransferError,
    receiver::{self, content as inflow},
    sender::{self, Wants, content as outflow},
    stages::Halt,
};
use crate::{
    disk::{Inbox, Intake, OffLimits, Scan, Sources, Watch},
    model::{CHUNK, Conflict, Digest, Entry, EntryNo, Source, TransferId},
    wire::content,
};

fn content(seed: u8, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut bytes);
    bytes
}

/// Offers what is in a folder, and has it accepted in another.
fn offer(from: &Path, to: &Path) -> (Arc<Sources>, Arc<Intake>) {
    let mut scan = Scan::new(vec![Source::Path(from.to_owned())], &OffLimits::default()).unwrap();
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let batch = scan.next_batch(100).unwrap();
        if batch.is_empty() {
            break;
        }
        entries.extend(batch);
    }
    let inbox = Inbox::open(to, &OffLimits::default()).unwrap();
    let plan = inbox.plan(&entries, None, Conflict::KeepBoth).unwrap();
    let intake = Intake::begin(inbox, entries, plan, TransferId([7; 16]), Watch::nobody()).unwrap();
    (Arc::new(scan.finish()), Arc::new(intake))
}

/// A pipe whose reader is slow now and then, so that connections get ahead of each other.
struct Stumbling(PipeReader, u8);

impl Read for Stumbling {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1.wrapping_mul(5).wrapping_add(113);
        for _ in 0..u32::from(self.1) * 8 {
            std::thread::yield_now();
        }
        self.0.read(buf)
    }
}

fn lane(seed: u8) -> (Outflow, Inflow) {
    let (reader, writer) = io::pipe().unwrap();
    let out = Outflow { stream: Box::new(writer), stop: Box::new(|| {}), network: Arc::default() };
    let inn =
        Inflow { stream: Box::new(Stumbling(reader, seed)), stop: Box::new(|| {}), network: Arc::default() };
    (out, inn)
}

/// A file, and the digest of what was stored.
type Known = (EntryNo, Option<Digest>);

/// What the receiver makes of content, and the fates of the files.
fn receive(intake: &Arc<Intake>, lanes: Vec<Inflow>) -> (Result<(), TransferError>, Vec<Known>) {
    let (fates, mut told) = mpsc::channel(256);
    let job = receiver::job::Job {
        intake: Arc::clone(intake),
        meter: Arc::default(),
        limiter: Arc::new(Limiter::new(None)),
        fates,
        rests: receiver::job::Rests::No,
    };
    let (joining, joined) = inflow::joining();
    for lane in lanes {
        joining.try_send(inflow::Event::Lane(lane)).ok().unwrap();
    }
    let known = Mutex::new(Vec::new());
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            for fate in std::iter::from_fn(|| told.blocking_recv()).flatten() {
                let mut known = known.lock().unwrap();
                match fate {
                    receiver::job::Fate::Stored { entry, stored } => known.push((entry, Some(stored.digest))),
                    receiver::job::Fate::Failed { entry, .. } | receiver::job::Fate::Broken { entry } => {
                        known.push((entry, None));
                    }
                    receiver::job::Fate::Fatal(TransferError::Violation(_)) => {}
                    receiver::job::Fate::Fatal(e) => panic!("{e}"),
                    likely => panic!("{likely:?} of what was not there"),
                }
            }
        });
        let job = job;
        inflow::run(&job, (joining, joined), &Halt::default())
    });
    (result, known.into_inner().unwrap())
}

#[test]
fn files_that_come_over_several_connections_at_once_are_whole() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let top = from.path().join("top");
    fs::create_dir(&top).unwrap();
    let sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5, 33 << 20, 7, 2 * CHUNK, (40 << 20) + 1, 0];
    for (i, size) in (0..).zip(sizes) {
        fs::write(top.join(format!("{i:02}")), content(i, size)).unwrap();
    }
    for i in 50..150 {
        fs::write(top.join(format!("{i}")), content(i, usize::from(i) * 100)).unwrap();
    }
    let (sources, intake) = offer(&top, to.path());
    let (outs, inns): (Vec<_>, Vec<_>) = (1..=5).map(lane).unzip();
    let (fates, mut sent) = mpsc::channel(1024);
    let meter = Arc::new(Meter::default());
    let limiter = Arc::new(Limiter::new(None));
    let job =
        sender::job::Job { sources, answer: Wants::default(), meter: Arc::clone(&meter), limiter, fates };
    let (joining, joined) = outflow::joining();
    for out in outs {
        joining.try_send(outflow::Event::Lane(out)).ok().unwrap();
    }
    let (result, known) = std::thread::scope(|scope| {
        let sending = scope.spawn(|| outflow::run(&job, (joining, joined), &Halt::default()));
        let received = receive(&intake, inns);
        sending.join().unwrap().unwrap();
        received
    });
    result.unwrap();
    assert_eq!(known.len(), sizes.len() + 100);
    for (entry, digest) in &known {
        let path = &intake.entry(*entry).unwrap().path;
        let original = fs::read(from.path().join(path.as_str())).unwrap();
        assert_eq!(*digest, Some(Digest(*blake3::hash(&original).as_bytes())), "{path}");
        assert!(fs::read(to.path().join(path.as_str())).unwrap() == original, "{path}");
    }
    drop(job);
    for fate in std::iter::from_fn(|| sent.blocking_recv()).flatten() {
        let sender::job::Fate::Sent { entry, sent } = fate else { panic!("{fate:?}") };
        assert!(known.contains(&(entry, Some(sent.digest))));
    }
    assert_eq!(meter.pipeline().lanes, 5);
}

/// A file of two chunks and a bit, accepted; and lanes whose bytes a test writes itself.
fn by_hand(lanes: usize) -> (tempfile::TempDir, Arc<Intake>, Vec<u8>, Vec<PipeWriter>, Vec<Inflow>) {
    let temp = tempfile::tempdir().unwrap();
    let bytes = content(1, 2 * CHUNK + 10);
    fs::write(temp.path().join("f"), &bytes).unwrap();
    let (_, intake) = offer(&temp.path().join("f"), &temp.path().join("in"));
    let (mut writers, mut inns) = (Vec::new(), Vec::new());
    for _ in 0..lanes {
        let (reader, writer) = io::pipe().unwrap();
        writers.push(writer);
        inns.push(Inflow { stream: Box::new(reader), stop: Box::new(|| {}), network: Arc::default() });
    }
    (temp, intake, bytes, writers, inns)
}

fn chunk(bytes: &[u8], number: usize) -> Vec<u8> {
    let start = number * CHUNK;
    let part = &bytes[start..bytes.len().min(start + CHUNK)];
    let mut out = content::chunk_header(0, start as u64, u32::try_from(part.len()).unwrap()).to_vec();
    out.extend_from_slice(part);
    out
}

fn end(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    content::put_end(&mut out, 0, bytes.len() as u64, Digest(*blake3::hash(bytes).as_bytes()));
    out
}

fn finish(lanes: u8) -> Vec<u8> {
    let mut out = Vec::new();
    content::put_finish(&mut out, lanes);
    out
}

/// Writes these to each lane, and gives what the receiver makes of it.
fn told(lanes: &[Vec<Vec<u8>>]) -> (Result<(), TransferError>, Vec<Known>, bool) {
    let (temp, intake, bytes, writers, inns) = by_hand(lanes.len());
    let (result, known) = std::thread::scope(|scope| {
        for (mut writer, parts) in writers.into_iter().zip(lanes) {
            scope.spawn(move || {
                for part in parts {
                    // Whoever breaks the rules may find nobody listening any more.
                    let _ = writer.write_all(part);
                }
            });
        }
        receive(&intake, inns)
    });
    drop(intake);
    let stored = fs::read(temp.path().join("in/f"));
    assert!(stored.as_ref().is_ok_and(|stored| *stored == bytes) || stored.is_err(), "whole or absent");
    (result, known, stored.is_ok())
}

#[test]
fn an_end_may_come_before_the_chunks_of_other_connections() {
    let bytes = content(1, 2 * CHUNK + 10);
    let (result, known, stored) = told(&[
        vec![chunk(&bytes, 2), end(&bytes), finish(2)],
        vec![chunk(&bytes, 1), chunk(&bytes, 0), finish(2)],
    ]);
    assert!(result.is_ok() && stored, "{result:?} {known:?}");
}

#[test]
fn a_chunk_that_never_comes_comes_twice_or_is_wrong_is_noticed() {
    let bytes = content(1, 2 * CHUNK + 10);
    let missing = told(&[vec![chunk(&bytes, 0), end(&bytes), finish(2)], vec![chunk(&bytes, 2), finish(2)]]);
    assert!(missing.0.is_err() && !missing.2, "{missing:?}");
    let twice = told(&[
        vec![chunk(&bytes, 0), chunk(&bytes, 1), finish(2)],
        vec![chunk(&bytes, 1), chunk(&bytes, 2), end(&bytes), finish(2)],
    ]);
    // If all had come before it, the file is whole, and the second one breaks the rules.
    assert!(twice.1 == [(0, None)] || twice.0.is_err(), "{twice:?}");
    let mut other = bytes.clone();
    other[CHUNK + 3] ^= 1;
    let wrong = told(&[vec![chunk(&bytes, 0), chunk(&other, 1), chunk(&bytes, 2), end(&bytes), finish(1)]]);
    assert!(!wrong.2 && wrong.1 == [(0, None)], "{wrong:?}");
}

#[test]
fn a_connection_that_breaks_while_others_go_on_tears_the_transfer() {
    let bytes = content(1, 2 * CHUNK + 10);
    let all = vec![chunk(&bytes, 0), chunk(&bytes, 1), finish(2)];
    for cut in [1, 17, 26] {
        let part = vec![chunk(&bytes, 2)[..cut].to_vec()];
        let (result, known, stored) = told(&[all.clone(), part]);
        assert!(matches!(result, Err(TransferError::Link(LinkError::Closed))), "{cut}: {result:?}");
        assert!(known.is_empty() && !stored, "{cut}");
    }
}

#[test]
fn a_connection_that_brings_nothing_and_goes_does_no_harm_unless_it_is_the_only_one() {
    let bytes = content(1, 2 * CHUNK + 10);
    let all = vec![chunk(&bytes, 0), chunk(&bytes, 1), chunk(&bytes, 2), end(&bytes), finish(1)];
    for _ in 0..10 {
        let (result, known, stored) = told(&[vec![], all.clone(), vec![]]);
        assert!(result.is_ok() && stored, "{result:?} {known:?}");
    }
    let (result, ..) = told(&[vec![]]);
    assert!(matches!(result, Err(TransferError::Link(LinkError::Closed))), "{result:?}");
}

#[test]
fn a_transfer_that_is_ended_waits_for_no_connection_that_was_promised() {
    let (_temp, intake, bytes, mut writers, inns) = by_hand(1);
    let (fates, mut told) = mpsc::channel(256);
    let limiter = Arc::new(Limiter::new(None));
    let job =
        receiver::job::Job { intake, meter: Arc::default(), limiter, fates, rests: receiver::job::Rests::No };
    let (joining, joined) = inflow::joining();
    for lane in inns {
        joining.try_send(inflow::Event::Lane(lane)).ok().unwrap();
    }
    let halt = Halt::default();
    std::thread::scope(|scope| {
        let receiving = scope.spawn(|| inflow::run(&job, (joining, joined), &halt));
        for part in [chunk(&bytes, 0), chunk(&bytes, 1), chunk(&bytes, 2), end(&bytes), finish(2)] {
            writers[0].write_all(&part).unwrap();
        }
        assert!(matches!(&*told.blocking_recv().unwrap(), [receiver::job::Fate::Stored { .. }]));
        halt.tell();
        // What stopping does to a real connection.
        writers.clear();
        assert!(matches!(receiving.join().unwrap(), Err(TransferError::Link(LinkError::Closed))));
    });
}
