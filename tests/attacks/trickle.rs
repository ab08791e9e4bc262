//! Peers that never fall quite silent: bytes that trickle, and words that only say that somebody is there. Every
//! wait for something is bounded as a whole, and not from one byte to the next.

use std::{future::Future, ops::ControlFlow, sync::Arc, time::Duration};

use airlift::{
    disk::{OffLimits, Scan},
    engine::Consent,
    model::{
        Answer, DeviceId, DeviceName, Landing, Outcome, Problem, Report, Shortfall, Side, Source, Summary,
        TransferId,
    },
    pairing::Ends,
    transfer::{
        self, Assent, Attempt, Compared, Farewell, Host, IncomingOffer, Leeway, Limiter, Meter, More,
        NoAccount, ReceiveJob, Refusal, SendJob, Stops, Told, farewell,
    },
    wire::{
        self, FromReceiver, FromSender, frame, limits,
        message::{Acquaintance, Stance},
    },
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream},
    net::TcpStream,
    sync::{mpsc, watch},
    time::{interval, sleep, timeout},
};
use tokio_rustls::TlsConnector;

use super::{
    identity::{Stubborn, client},
    names::bring,
};
use crate::support::device::{Device, Rogue, file};

/// From one byte to the next, where it is a real clock that runs.
const DRIP: Duration = Duration::from_millis(50);

/// What takes longer than this, of a real clock, has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// What takes longer than this, where no clock runs, takes for ever.
const FOR_EVER: Duration = Duration::from_hours(24);

/// Sends these bytes, and then zeros without end, one at a time, until it is hung up on.
async fn drip(stream: impl AsyncRead + AsyncWrite, bytes: &[u8], pace: Duration) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut pace = interval(pace);
    let mut bytes = bytes.iter().copied().chain(std::iter::repeat(0));
    let mut heard = [0; 1024];
    loop {
        tokio::select! {
            read = reader.read(&mut heard) => if !matches!(read, Ok(1..)) { return },
            _ = pace.tick() => {
                let Some(byte) = bytes.next() else { return };
                if writer.write_all(&[byte]).await.and(writer.flush().await).is_err() {
                    return;
                }
            }
        }
    }
}

/// Not too long for one step, and too long for two.
const A_STEP: Duration = Duration::from_secs(6);

/// What becomes of what an attacker's handshake sends after its first flight.
#[derive(Clone, Copy)]
enum Later {
    Trickles,
    /// Is [`A_STEP`] late.
    Dawdles,
}

/// Passes on what a TLS client says over this socket, until it is hung up on.
async fn pass(socket: TcpStream, client: DuplexStream, later: Later) {
    let (mut from_peer, mut to_peer) = socket.into_split();
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let passing = async {
        let mut flight = vec![0; 4096];
        let mut pace = interval(DRIP);
        for nth in 0.. {
            let count = from_client.read(&mut flight).await?;
            match later {
                Later::Dawdles if nth == 1 => sleep(A_STEP).await,
                Later::Trickles if nth > 0 => {
                    for byte in &flight[..count] {
                        pace.tick().await;
                        to_peer.write_all(&[*byte]).await?;
                    }
                    continue;
                }
                _ => {}
            }
            to_peer.write_all(&flight[..count]).await?;
        }
        std::io::Result::Ok(())
    };
    tokio::select! {
        // However it ends: it has ended.
        _ = tokio::io::copy(&mut from_peer, &mut to_client) => {}
        _ = passing => {}
    }
}

/// Shakes hands like that, and says hello: whether it is answered.
async fn knock(socket: TcpStream, later: Later) -> bool {
    let (near, far) = tokio::io::duplex(1 << 16);
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connector = TlsConnector::from(client(Stubborn::honest(), &[wire::ALPN]));
    let knocking = async {
        let mut tls = connector.connect(name, near).await?;
        // What ends the handshake is on its way for one of them.
        sleep(2 * A_STEP).await;
        tls.write_all(&frame::encode(&hello())).await?;
        tls.flush().await?;
        tls.read_exact(&mut [0; frame::HEADER]).await
    };
    tokio::select! {
        answer = knocking => answer.is_ok(),
        () = pass(socket, far, later) => false,
    }
}

fn hello() -> FromSender {
    FromSender::Hello { name: "Rogue".into(), transfer: [1; 16], can: airlift::wire::message::CAN }
}

#[test]
fn p2_whoever_does_not_say_what_they_want_in_time_is_hung_up_on_however_steadily_they_go_on() {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    let rogue = Rogue::new();
    device.engine.block_on(async {
        let connect = || async { TcpStream::connect(("127.0.0.1", port)).await.unwrap() };
        // All are there before any is slow: none has to make room for another.
        let (mut mute, raw, shaking, slow) =
            (connect().await, connect().await, connect().await, connect().await);
        let (mut quiet, greeting) = (rogue.dial(port).await.stream, rogue.dial(port).await.stream);
        let within = |what: &'static str, ended: bool| assert!(ended, "{what} is still there");
        tokio::join!(
            async {
                let hung_up = timeout(PATIENCE, mute.read(&mut [0])).await;
                within("who says nothing", hung_up.is_ok());
            },
            async {
                let record = [0x16, 3, 1, 0x3f, 0xff];
                within(
                    "a first record that trickles",
                    timeout(PATIENCE, drip(raw, &record, DRIP)).await.is_ok(),
                );
            },
            async {
                let answered = timeout(PATIENCE, knock(shaking, Later::Trickles)).await;
                within("a handshake that trickles", answered.is_ok_and(|answered| !answered));
            },
            async {
                let answered = timeout(PATIENCE, knock(slow, Later::Dawdles)).await;
                within("who is slow twice", answered.is_ok_and(|answered| !answered));
            },
            async {
                let hung_up = timeout(PATIENCE, quiet.read(&mut [0])).await;
                within("who says nothing after the handshake", hung_up.is_ok());
            },
            async {
                let frame = 4000u32.to_le_bytes();
                within(
                    "a hello that trickles",
                    timeout(PATIENCE, drip(greeting, &frame, DRIP)).await.is_ok(),
                );
            },
        );
        bring(&rogue, port, vec![file("honest", 0)]).await.unwrap();
    });
    assert_eq!(device.received(0).outcome, Outcome::Complete);
    assert_eq!(device.state.transfers.len(), 1, "knocking is no transfer");
}

/// What a peer says after its hello, over and over.
enum Says {
    /// Nothing at all.
    Nothing,
    /// The bytes of this message, apart from each other, and more of them than it has.
    Bytes(Vec<u8>),
    /// These messages, and then this one again and again.
    Messages(Vec<Vec<u8>>, Vec<u8>),
}

/// Says that from time to time, for as long as somebody listens.
async fn go_on(stream: DuplexStream, says: Says, pace: Duration) {
    match says {
        Says::Nothing => drop(drain(stream).await),
        Says::Bytes(bytes) => drip(stream, &bytes, pace).await,
        Says::Messages(first, again) => {
            let (reader, mut writer) = tokio::io::split(stream);
            let speaking = async {
                for message in &first {
                    writer.write_all(message).await?;
                }
                let mut pace = interval(pace);
                loop {
                    pace.tick().await;
                    writer.write_all(&again).await?;
                }
            };
            let spoken: std::io::Result<()> = tokio::select! {
                spoken = speaking => spoken,
                drained = drain(reader) => drained.map(drop),
            };
            drop(spoken);
        }
    }
}

async fn drain(mut stream: impl AsyncRead + Unpin) -> std::io::Result<u64> {
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
}

fn paused<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let within = async { timeout(FOR_EVER, test).await.expect("it never ends") };
    runtime.unwrap().block_on(within)
}

fn ends() -> Ends {
    let id = DeviceId::of_public_key(b"both");
    Ends { binding: [0; 32], sender: id, receiver: id }
}

fn name() -> DeviceName {
    DeviceName::parse("Ben").unwrap()
}

/// What becomes of a sender whose receiver goes on like that, from the hello on.
fn sending_to(says: Says, pace: Duration) -> Report {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x"), b"x").unwrap();
    let job = SendJob {
        transfer: TransferId([1; 16]),
        name: name(),
        scan: Scan::new(vec![Source::Path(folder.path().join("x"))], &OffLimits::default()).unwrap(),
        limiter: Arc::new(Limiter::new(None)),
        ends: ends(),
        assent: watch::channel(Assent::Known).1,
        admit: &|_| ControlFlow::Continue(()),
        account: std::sync::Arc::new(NoAccount),
    };
    let (near, far) = tokio::io::duplex(1 << 16);
    let lane = |_| async { unreachable!("nothing was accepted") };
    let (meter, stops) = (Arc::new(Meter::default()), Stops::default());
    paused(async {
        tokio::join!(transfer::send(near, job, lane, meter, &|_| {}, stops), go_on(far, says, pace)).0
    })
}

/// Declines everything.
struct Nobody;

impl Host for Nobody {
    fn admit(&self, _: &Summary, _: Option<Shortfall>) -> Result<(), Refusal> {
        Ok(())
    }

    async fn compare(&self, _: Summary) -> Compared {
        Compared::Declined(None)
    }

    async fn answer(&self, _: IncomingOffer) -> Answer {
        Answer::Decline(None)
    }

    async fn more(&self, _: IncomingOffer) -> More {
        More::Refused
    }
}

/// The same of a receiver.
fn receiving_from(says: Says, pace: Duration) -> Report {
    let inbox = tempfile::tempdir().unwrap();
    let job = ReceiveJob {
        transfer: TransferId([1; 16]),
        name: name(),
        inbox: inbox.path().to_owned(),
        off_limits: OffLimits::default(),
        landing: Landing::default(),
        limiter: Arc::new(Limiter::new(None)),
        attempt: Attempt::First,
        leeway: Leeway::wide(),
        ends: ends(),
        knows: Acquaintance::Known,
        keep: Box::new(|_, _| Ok(std::sync::Arc::default())),
        account: std::sync::Arc::new(NoAccount),
        can: 0,
        watch: airlift::disk::Watch::nobody(),
    };
    let (near, far) = tokio::io::duplex(1 << 16);
    let lanes = |_| mpsc::channel(1).1;
    let (meter, stops) = (Arc::new(Meter::default()), Stops::default());
    paused(async {
        let receiving = transfer::receive(near, job, &Nobody, lanes, meter, &|_| {}, stops);
        tokio::join!(receiving, go_on(far, says, pace)).0
    })
}

/// It has failed, because of the other side.
fn given_up(what: &str, report: &Report, says: &str) {
    let Outcome::Failed(Problem { side: Side::There, text, .. }) = &report.outcome else {
        panic!("{what}: {report:?}")
    };
    assert!(text.contains(says), "{what}: {text}");
}

#[test]
fn p2_a_sender_that_trickles_after_its_hello_is_given_up() {
    let nonce = || frame::encode(&FromSender::Nonce { nonce: [7; 32], stance: Stance::Knows });
    let compares = || frame::encode(&FromSender::Nonce { nonce: [7; 32], stance: Stance::Compares });
    let counting = || frame::encode(&FromSender::Counting);
    let alive = || frame::encode(&FromSender::Alive);
    let entries = |name: &str| frame::encode(&FromSender::Entries(vec![file(name, 1)]));
    for (what, says, pace, why) in [
        ("nothing", Says::Nothing, limits::ALIVE, "silent"),
        ("a nonce that trickles", Says::Bytes(nonce()), limits::SILENCE / 3, "silent"),
        ("no nonce", Says::Messages(vec![], alive()), limits::ALIVE, "didn’t go on"),
        ("no offer", Says::Messages(vec![nonce()], alive()), limits::ALIVE, "didn’t go on"),
        ("no counts", Says::Messages(vec![compares()], alive()), limits::ALIVE, "didn’t go on"),
        ("counting without end", Says::Messages(vec![compares()], counting()), limits::ALIVE, "didn’t go on"),
        ("no end", Says::Messages(vec![nonce(), entries("x")], alive()), limits::ALIVE, "didn’t go on"),
        // A part now and then, as if it were a slow disk.
        (
            "an offer that trickles",
            Says::Messages(vec![nonce()], entries("x")),
            limits::ALIVE,
            "didn’t go on",
        ),
    ] {
        given_up(what, &receiving_from(says, pace), why);
    }
}

#[test]
fn p2_a_receiver_that_trickles_is_given_up() {
    let hello = || FromReceiver::Hello {
        name: "Ben".into(),
        commitment: [0; 32],
        knows: Acquaintance::Known,
        can: airlift::wire::message::CAN,
    };
    let (hello, alive) = (|| frame::encode(&hello()), || frame::encode(&FromReceiver::Alive));
    for (what, says, pace, why) in [
        ("nothing", Says::Nothing, limits::ALIVE, "silent"),
        ("a hello that trickles", Says::Bytes(hello()), limits::SILENCE / 3, "silent"),
        ("no hello", Says::Messages(vec![], alive()), limits::ALIVE, "silent"),
        ("no answer", Says::Messages(vec![hello()], alive()), limits::ALIVE, "Nobody answered"),
    ] {
        given_up(what, &sending_to(says, pace), why);
    }
}

#[test]
fn p2_a_receiver_that_is_told_that_it_is_over_and_only_says_that_it_is_there_is_left() {
    let (near, far) = tokio::io::duplex(1 << 16);
    let says = Says::Messages(vec![], frame::encode(&FromReceiver::Alive));
    let name = name();
    let told = paused(async {
        let telling = farewell(near, &name, TransferId([1; 16]), Farewell::Cancelled);
        tokio::join!(telling, go_on(far, says, limits::ALIVE)).0
    });
    assert_eq!(told, Told::No);
}
