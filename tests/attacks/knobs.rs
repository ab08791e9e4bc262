//! Every number that a peer sets: clamped to what is possible here, or the end of its transfer. The caps on lengths
//! and offers are in `hostile.rs`.

use std::{io::Write, ops::ControlFlow, path::PathBuf, sync::Arc, time::Duration};

use airlift::{
    disk::{OffLimits, Scan},
    engine::Consent,
    model::{
        DeviceId, DeviceName, Digest, Outcome, Problem, ProblemKind, Progress, Report, Side, Source,
        TransferId,
    },
    net::Connection,
    pairing::{Ends, Responder},
    transfer::{self, Assent, Limiter, Meter, Outflow, SendJob, Stops},
    wire::{
        FromReceiver, FromSender, content, frame, limits,
        message::{
            Acquaintance, Ending, RawAccess, RawEntry, RawGroup, RawKind, RawPurpose, RawSkipped, Receipt,
        },
    },
};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf},
    sync::{Mutex, Notify, watch},
    time::timeout,
};

use crate::support::device::{Device, NOTHING_SKIPPED, Rogue, content_of, file, hear, say};

/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A file that parts of can be held.
const SIZE: usize = 5 << 20;

/// What is said to the sender; it is over already where nobody listens, and the test looks at how.
async fn tell<M: Serialize>(out: &Mutex<WriteHalf<DuplexStream>>, message: &M) {
    let _ = out.lock().await.write_all(&frame::encode(message)).await;
}

async fn next<M: DeserializeOwned>(stream: &mut ReadHalf<DuplexStream>) -> Option<M> {
    let mut header = [0; frame::HEADER];
    stream.read_exact(&mut header).await.ok()?;
    let mut body = vec![0; frame::body_len(header, 1 << 20).unwrap()];
    stream.read_exact(&mut body).await.ok()?;
    Some(frame::decode(&body).unwrap())
}

/// A content connection on which all that comes is thrown away, and its end is told.
struct Sink(Arc<Notify>);

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        let mut finish = Vec::new();
        content::put_finish(&mut finish, 1);
        if buf.ends_with(&finish) {
            self.0.notify_one();
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A receiver that says all of this before it accepts, while content flows, and when all of it has come.
#[derive(Default)]
pub struct Lies {
    pub before: Vec<FromReceiver>,
    pub flowing: Vec<FromReceiver>,
    pub after: Vec<FromReceiver>,
}

fn ends() -> Ends {
    let id = DeviceId::of_public_key(b"both");
    Ends { binding: [0; 32], sender: id, receiver: id }
}

async fn lie(stream: DuplexStream, lies: Lies, finished: &Notify) {
    let (heard, out) = tokio::io::split(stream);
    let out = Mutex::new(out);
    let alive = async {
        loop {
            tokio::time::sleep(limits::ALIVE).await;
            tell(&out, &FromReceiver::Alive).await;
        }
    };
    tokio::select! {
        () = follow(lies, heard, &out, finished) => {}
        () = alive => {}
    }
}

/// What it says, in its turn.
async fn follow(
    lies: Lies,
    mut heard: ReadHalf<DuplexStream>,
    out: &Mutex<WriteHalf<DuplexStream>>,
    finished: &Notify,
) {
    let responder = Responder::new(ends());
    let Some(FromSender::Hello { .. }) = next(&mut heard).await else { panic!("no hello") };
    let (name, commitment) = ("Ben".to_owned(), responder.commitment());
    tell(
        out,
        &FromReceiver::Hello {
            name,
            commitment,
            knows: Acquaintance::Known,
            can: airlift::wire::message::CAN,
        },
    )
    .await;
    let Some(FromSender::Nonce { nonce, .. }) = next(&mut heard).await else { panic!("no nonce") };
    tell(out, &FromReceiver::Nonce(responder.finish(&nonce).1)).await;
    while !matches!(next(&mut heard).await, Some(FromSender::Offered { .. }) | None) {}
    for message in &lies.before {
        tell(out, message).await;
    }
    tell(out, &FromReceiver::Accept { token: [7; 16] }).await;
    for message in &lies.flowing {
        tell(out, message).await;
    }
    let mut over = std::pin::pin!(async { while next::<FromSender>(&mut heard).await.is_some() {} });
    tokio::select! {
        () = finished.notified() => {}
        () = &mut over => return,
    }
    for message in &lies.after {
        tell(out, message).await;
    }
    over.await;
}

/// How the sender of one file of [`SIZE`] bytes ends, and what it shows.
fn sent_to(lies: Lies) -> (Report, Progress) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, vec![7; SIZE]).unwrap();
    send(path, lies)
}

/// How the sender of what is at that path ends, and what it shows.
pub fn send(path: PathBuf, lies: Lies) -> (Report, Progress) {
    let job = SendJob {
        transfer: TransferId([1; 16]),
        name: DeviceName::parse("Anna").unwrap(),
        scan: Scan::new(vec![Source::Path(path)], &OffLimits::default()).unwrap(),
        limiter: Arc::new(Limiter::new(None)),
        ends: ends(),
        assent: watch::channel(Assent::Known).1,
        admit: &|_| ControlFlow::Continue(()),
        account: Arc::new(airlift::transfer::NoAccount),
    };
    let (near, far) = tokio::io::duplex(1 << 16);
    let finished = Arc::<Notify>::default();
    let lane = |_| async {
        let stream = Box::new(Sink(Arc::clone(&finished)));
        Ok(Outflow { stream, stop: Box::new(|| {}), network: Arc::default() })
    };
    let meter = Arc::new(Meter::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let report = runtime.block_on(async {
        let sending = transfer::send(near, job, lane, Arc::clone(&meter), &|_| {}, Stops::default());
        let both = Box::pin(async { tokio::join!(sending, lie(far, lies, &finished)).0 });
        timeout(PATIENCE, both).await.expect("it ends")
    });
    (report, meter.sample())
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "that is what is tried")]
fn p8_what_a_receiver_says_of_entries_that_can_not_be_ends_the_transfer() {
    let held = |entry, first, level| FromReceiver::Held {
        entry,
        groups: vec![RawGroup { first, level, value: [0; 32] }],
    };
    let before = [
        FromReceiver::Except(vec![0..u32::MAX]),
        FromReceiver::Except(vec![1..0]),
        FromReceiver::Stored(vec![u32::MAX - 1..u32::MAX]),
        FromReceiver::Likely(vec![1..2]),
        held(u32::MAX, 0, 0),
        held(0, u64::MAX, 0),
        held(0, 0, 7),
        held(0, 0, u8::MAX),
        held(0, 1 << 63, 63),
    ];
    let after = [
        FromReceiver::Receipts(vec![Receipt::failed(u32::MAX, "no")]),
        FromReceiver::Receipts(vec![Receipt::stored(u32::MAX, Digest([0; 32]))]),
        FromReceiver::Differ(vec![u32::MAX]),
    ];
    let before = before.into_iter().map(|lie| Lies { before: vec![lie], ..Lies::default() });
    let after = after.into_iter().map(|lie| Lies { after: vec![lie], ..Lies::default() });
    for (nth, lies) in before.chain(after).enumerate() {
        let (report, _) = sent_to(lies);
        let Outcome::Failed(Problem { kind, side, .. }) = &report.outcome else {
            panic!("{nth}: {report:?}")
        };
        assert_eq!((*kind, *side), (ProblemKind::Protocol, Side::There), "{nth}");
    }
}

#[test]
fn p8_what_a_receiver_says_of_its_progress_and_its_time_is_never_more_than_can_be() {
    let digest = Digest(*blake3::hash(&vec![7; SIZE]).as_bytes());
    let mut flowing = vec![];
    for number in [0, u64::MAX, u64::MAX - 1, 1] {
        flowing.push(FromReceiver::Progress { bytes: number });
        flowing.push(FromReceiver::Load([number; 6]));
    }
    flowing.push(FromReceiver::Progress { bytes: u64::MAX });
    let after = vec![FromReceiver::Receipts(vec![Receipt::stored(0, digest)]), FromReceiver::Done];
    let (report, shown) = sent_to(Lies { flowing, after, ..Lies::default() });
    assert_eq!(report.outcome, Outcome::Complete);
    assert_eq!((report.files, report.bytes), (1, SIZE as u64));
    assert_eq!((shown.bytes, shown.total), (SIZE as u64, Some(SIZE as u64)), "no more than all of it");
}

#[test]
fn p8_what_a_peer_has_to_say_is_cut_to_a_sentence() {
    let long = || "word ".repeat(10_000);
    let short = |shown: &str| assert!((1..limits::MAX_TEXT + 100).contains(&shown.len()), "{}", shown.len());
    let ended = |message| sent_to(Lies { before: vec![message], ..Lies::default() }).0;
    short(&ended(FromReceiver::Decline { reason: Some(long()) }).outcome.problem().unwrap());
    short(&ended(FromReceiver::Ending(Ending::Failed { why: long() })).outcome.problem().unwrap());
    let failed = FromReceiver::Receipts(vec![Receipt::Failed { entry: 0, why: long() }]);
    let (report, _) = sent_to(Lies { after: vec![failed, FromReceiver::Done], ..Lies::default() });
    short(&report.problems[0].why);

    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    device.engine.block_on(async {
        let mut control = Rogue::new().greet(port).await;
        say(&mut control, &FromSender::Ending(Ending::Failed { why: long() })).await;
        while hear(&mut control).await.is_some() {}
    });
    short(&device.received(0).outcome.problem().unwrap());
}

/// An accepted offer of one file of seven bytes, and its content connection.
async fn accepted(rogue: &Rogue, port: u16, entry: RawEntry, end: &FromSender) -> (Connection, Connection) {
    let mut control = rogue.greet(port).await;
    say(&mut control, &FromSender::Entries(vec![entry])).await;
    say(&mut control, end).await;
    let token = loop {
        match hear(&mut control).await {
            Some(FromReceiver::Accept { token }) => break token,
            Some(_) => {}
            None => panic!("not accepted"),
        }
    };
    let mut lane = rogue.dial(port).await;
    say(&mut lane, &FromSender::Lane { token }).await;
    (control, lane)
}

#[test]
fn p8_no_number_in_a_header_of_content_is_believed() {
    let most = u32::try_from(limits::MAX_CHUNK).unwrap();
    let finish = |lanes| vec![4, lanes];
    let end = |entry, size| {
        let mut out = Vec::new();
        content::put_end(&mut out, entry, size, Digest(*blake3::hash(b"content").as_bytes()));
        out
    };
    let broken = |entry| {
        let mut out = Vec::new();
        content::put_broken(&mut out, entry);
        out
    };
    let headers: Vec<(&str, Vec<u8>)> = vec![
        ("an empty chunk", content::chunk_header(0, 0, 0).to_vec()),
        ("a chunk that is too long", content::chunk_header(0, 0, most + 1).to_vec()),
        ("the longest number", content::chunk_header(0, 0, u32::MAX).to_vec()),
        ("an offset at the end of numbers", content::chunk_header(0, u64::MAX, 1).to_vec()),
        ("an offset that wraps", content::chunk_header(0, u64::MAX - 6, 7).to_vec()),
        ("no such entry", content::chunk_header(u32::MAX, 0, 7).to_vec()),
        ("nothing packed", content::packed_header(0, 0, 7, 0).to_vec()),
        ("packed to more", content::packed_header(0, 0, 7, u32::MAX).to_vec()),
        ("packed to as much", content::packed_header(0, 0, 7, 7).to_vec()),
        ("unpacked to the longest number", content::packed_header(0, 0, u32::MAX, 7).to_vec()),
        ("an end of the longest number", end(0, u64::MAX)),
        ("an end of no such entry", end(u32::MAX, 7)),
        ("no such entry is broken", broken(u32::MAX)),
        ("no connections", finish(0)),
        ("one connection too many", finish(u8::try_from(limits::MAX_LANES).unwrap() + 1)),
        ("the largest number of connections", finish(u8::MAX)),
    ];
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    for (nth, (what, header)) in headers.iter().enumerate() {
        device.engine.block_on(async {
            let (mut control, mut lane) = accepted(&rogue, port, file("x", 7), &NOTHING_SKIPPED).await;
            let _ = lane.stream.write_all(header).await;
            // All that it takes follows, for whoever has overlooked it.
            let _ = lane.stream.write_all(&content_of(b"content")).await;
            let _ = lane.stream.flush().await;
            let _ = lane.stream.shutdown().await;
            let ended = async { while hear(&mut control).await.is_some() {} };
            timeout(PATIENCE, ended).await.expect(what);
        });
        let report = device.received_or_given_up(nth);
        let Outcome::Failed(problem) = &report.outcome else { panic!("{what}: {report:?}") };
        assert_eq!((problem.kind, report.files), (ProblemKind::Protocol, 0), "{what}: {problem:?}");
        assert_eq!(device.arrived(), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn p8_what_a_sender_says_of_its_time_its_dates_and_what_it_left_out_changes_nothing() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    let numbers = [0, 1, i64::MAX as u64, u64::MAX];
    for (nth, number) in numbers.into_iter().enumerate() {
        let skipped = RawSkipped { links: number, special: number, unreadable: number };
        let (kind, seconds) = (RawKind::File { size: Some(7) }, number.cast_signed());
        let modified = Some((seconds, 999_999_999));
        let entry = RawEntry { path: format!("x{nth}"), kind, modified, access: RawAccess::Shared };
        let end = FromSender::Offered { skipped, purpose: RawPurpose::Files };
        device.engine.block_on(async {
            let (mut control, mut lane) = accepted(&rogue, port, entry, &end).await;
            for load in [number, u64::MAX, 0, number] {
                say(&mut control, &FromSender::Load([load; 6])).await;
            }
            lane.stream.write_all(&content_of(b"content")).await.unwrap();
            lane.stream.flush().await.unwrap();
            while !matches!(hear(&mut control).await, Some(FromReceiver::Done) | None) {}
            say(&mut control, &FromSender::Bye).await;
        });
        let report = device.received(nth);
        assert_eq!((report.outcome, report.bytes), (Outcome::Complete, 7), "{number}");
        let shown = &device.state.transfers.iter().find(|t| t.summary.top[0].name == format!("x{nth}"));
        assert!(shown.unwrap().summary.skipped.total() >= number);
    }
}

#[test]
fn p8_no_more_content_connections_are_used_than_a_transfer_may_have() {
    const TOO_MANY: usize = 3 * limits::MAX_LANES;
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    device.engine.block_on(async {
        let mut control = rogue.greet(port).await;
        say(&mut control, &FromSender::Entries(vec![file("x", 7)])).await;
        say(&mut control, &NOTHING_SKIPPED).await;
        let Some(FromReceiver::Accept { token }) = hear(&mut control).await else { panic!("not accepted") };
        let mut first = rogue.dial(port).await;
        say(&mut first, &FromSender::Lane { token }).await;
        let mut others = FuturesUnordered::new();
        for _ in 1..TOO_MANY {
            let mut lane = rogue.dial(port).await;
            say(&mut lane, &FromSender::Lane { token }).await;
            // Nothing is ever said on it: this ends when it is closed.
            others.push(async move { lane.stream.read(&mut [0]).await });
        }
        let closing = async {
            for _ in limits::MAX_LANES..TOO_MANY {
                let _ = others.next().await;
            }
        };
        timeout(PATIENCE, closing).await.expect("those beyond are closed");
        first.stream.write_all(&content_of(b"content")).await.unwrap();
        first.stream.flush().await.unwrap();
        while !matches!(hear(&mut control).await, Some(FromReceiver::Done) | None) {}
        say(&mut control, &FromSender::Bye).await;
    });
    assert_eq!(device.received(0).outcome, Outcome::Complete);
}
