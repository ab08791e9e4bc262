//! A sender and a receiver joined in memory: no sockets, no encryption, real files.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    path::Path,
    sync::{Arc, Mutex},
};

use airlift::{
    disk::{Earlier, Ledger, Names, OffLimits, Scan, Watch},
    model::{
        Accord, Answer, Conflict, DeviceId, DeviceName, FileRecord, Landing, Outcome, Problem, ProblemKind,
        Report, Shortfall, Side, Source, Summary, TransferId,
    },
    pairing::Ends,
    transfer::{
        self, Account, Assent, Attempt, Compared, Host, IncomingOffer, Inflow, Keep, Leeway, Limiter, Meter,
        More, Notice, Outflow, ReceiveJob, Refusal, SendJob, Stops,
    },
    wire::{
        FromSender,
        message::{Acquaintance, CAN, Capabilities},
    },
};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::pipe::{Budget, control, pipe};

/// What takes longer than this in memory has failed.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// Answers an offer in a test.
pub type Ask = Box<dyn FnOnce(&IncomingOffer) -> Option<Answer> + Send>;

pub struct Pair {
    /// Each has one of its own, as those of different peers have.
    pub transfer: TransferId,
    /// Bytes that fit into each pipe.
    pub capacity: usize,
    pub budget: Budget,
    pub conflict: Conflict,
    pub sending: Arc<Limiter>,
    pub receiving: Arc<Limiter>,
    /// `None`: whoever is asked never answers.
    pub answer: Ask,
    /// What an earlier attempt has left at the receiver.
    pub attempt: Attempt,
    /// Where the receiver notes what it stores; another attempt has one already.
    pub ledger: Arc<Ledger>,
    /// Who looks into what comes.
    pub watch: Watch,
    /// What the sender is said to be able to do beyond the first version.
    pub can: Capabilities,
    pub cancel_sender: CancellationToken,
    pub cancel_receiver: CancellationToken,
    pub pause_sender: CancellationToken,
    pub pause_receiver: CancellationToken,
}

impl Default for Pair {
    fn default() -> Self {
        Self {
            transfer: TransferId(airlift::identity::random()),
            capacity: 64 * 1024,
            budget: Budget::default(),
            conflict: Conflict::KeepBoth,
            sending: Arc::new(Limiter::new(None)),
            receiving: Arc::new(Limiter::new(None)),
            answer: Box::new(|_| Some(Answer::Accept(Landing::default()))),
            attempt: Attempt::First,
            ledger: Arc::default(),
            watch: Watch::nobody(),
            can: CAN,
            cancel_sender: CancellationToken::new(),
            cancel_receiver: CancellationToken::new(),
            pause_sender: CancellationToken::new(),
            pause_receiver: CancellationToken::new(),
        }
    }
}

pub struct Outcomes {
    pub sent: Report,
    pub received: Report,
    /// What the receiver's person was shown.
    pub offer: Option<IncomingOffer>,
    pub receiver_notices: Vec<Notice>,
    /// What another attempt needs, and is held to; `None` before anything was accepted.
    pub kept: Option<Earlier>,
    /// What the sender's account was told of each file, by its path.
    pub told_of_sent: BTreeMap<String, FileRecord>,
    /// The same of the receiver's.
    pub told_of_received: BTreeMap<String, FileRecord>,
    /// How far the receiver has shown to have come.
    pub shown: Arc<Meter>,
}

/// An account in memory, for one attempt: nothing is told twice.
#[derive(Default)]
struct Told(Mutex<Vec<FileRecord>>);

impl Told {
    fn all(&self) -> BTreeMap<String, FileRecord> {
        let mut told = BTreeMap::new();
        for record in self.0.lock().unwrap().drain(..) {
            let path = record.path.clone();
            assert!(told.insert(path.clone(), record).is_none(), "{path} was told twice");
        }
        told
    }
}

impl Account for Told {
    fn file(&self, file: FileRecord) {
        self.0.lock().unwrap().push(file);
    }

    fn settled_before(&self, file: FileRecord) {
        self.file(file);
    }

    fn has(&self, _: &str) -> bool {
        false
    }
}

impl Pair {
    /// Sends these paths into that folder.
    pub async fn run(self, sources: &[&Path], inbox: &Path) -> Outcomes {
        let sources = sources.iter().map(|path| Source::Path(path.to_path_buf())).collect();
        self.run_sources(sources, inbox).await
    }

    pub async fn run_sources(self, sources: Vec<Source>, inbox: &Path) -> Outcomes {
        self.run_scan(Scan::new(sources, &OffLimits::default()).unwrap(), inbox).await
    }

    pub async fn run_scan(self, scan: Scan, inbox: &Path) -> Outcomes {
        let (near, mut far, relay) = control(self.capacity, self.budget.clone());
        let name = |text| DeviceName::parse(text).unwrap();
        let transfer = self.transfer;
        let landing = Landing { conflict: self.conflict, ..Landing::default() };
        let (told_of_sent, told_of_received) = (Arc::<Told>::default(), Arc::<Told>::default());
        let send_job = job(transfer, scan, self.sending, Arc::clone(&told_of_sent));
        let keeping = Keeping::after(&self.attempt, &self.ledger);
        let receive_job = ReceiveJob {
            transfer,
            name: name("Ben"),
            inbox: inbox.to_owned(),
            off_limits: OffLimits::default(),
            landing,
            limiter: self.receiving,
            attempt: self.attempt,
            leeway: Leeway::wide(),
            ends: ends(),
            knows: Acquaintance::Known,
            keep: keeping.keep(),
            account: Arc::clone(&told_of_received) as _,
            can: self.can,
            watch: self.watch,
        };

        let expected = Arc::new(Mutex::new(None));
        let (capacity, budget) = (self.capacity, self.budget.clone());
        let open_lane = {
            let expected = Arc::clone(&expected);
            move |token| {
                let (writer, reader) = pipe(capacity, budget.clone());
                let (their_token, lanes): (_, mpsc::Sender<Inflow>) =
                    expected.lock().unwrap().clone().unwrap();
                async move {
                    assert_eq!(token, their_token, "the token arrives as it was made");
                    let (stop_out, stop_in) = (writer.clone(), reader.clone());
                    let inflow = Inflow {
                        stream: Box::new(reader),
                        stop: Box::new(move || stop_in.close()),
                        network: Arc::default(),
                    };
                    let _ = lanes.send(inflow).await;
                    Ok(Outflow {
                        stream: Box::new(Closing(writer)),
                        stop: Box::new(move || stop_out.close()),
                        network: Arc::default(),
                    })
                }
            }
        };
        let lanes = move |token| {
            let (to_receiver, lanes) = mpsc::channel(8);
            *expected.lock().unwrap() = Some((token, to_receiver));
            lanes
        };
        let person = Person {
            answer: Mutex::new(Some(self.answer)),
            conflict: self.conflict,
            shown: Mutex::new(None),
        };
        let stops = |cancel, pause| Stops { cancel, pause, ..Stops::default() };
        let notices = Mutex::new(Vec::new());
        let shown = Arc::new(Meter::default());
        let meter = Arc::clone(&shown);
        let note = |notice| notices.lock().unwrap().push(notice);
        let both = Box::pin(async {
            tokio::join!(
                transfer::send(
                    near,
                    send_job,
                    open_lane,
                    Arc::new(Meter::default()),
                    &|_| {},
                    stops(self.cancel_sender, self.pause_sender)
                ),
                async {
                    // The engine reads the hello, to find out who is there and what they want.
                    match transfer::read_first(&mut far).await {
                        Ok(FromSender::Hello { .. }) => {}
                        Ok(other) => panic!("{other:?} instead of hello"),
                        Err(e) => return nobody_came(&e.to_string()),
                    }
                    let stops = stops(self.cancel_receiver, self.pause_receiver);
                    Box::pin(transfer::receive(far, receive_job, &person, lanes, meter, &note, stops)).await
                },
                relay.run(),
            )
        });
        let (sent, received, ()) =
            tokio::time::timeout(PATIENCE, both).await.expect("both ends come to an end");
        let (offer, kept) = (person.shown.into_inner().unwrap(), keeping.kept());
        Outcomes {
            sent,
            received,
            offer,
            receiver_notices: notices.into_inner().unwrap(),
            kept,
            told_of_sent: told_of_sent.all(),
            told_of_received: told_of_received.all(),
            shown,
        }
    }
}

/// Who is asked at the receiver.
struct Person {
    answer: Mutex<Option<Ask>>,
    conflict: Conflict,
    shown: Mutex<Option<IncomingOffer>>,
}

impl Host for Person {
    fn admit(&self, _: &Summary, _: Option<Shortfall>) -> Result<(), Refusal> {
        Ok(())
    }

    async fn compare(&self, _: Summary) -> Compared {
        unreachable!("the two know each other")
    }

    async fn answer(&self, offer: IncomingOffer) -> Answer {
        let answer = self.answer.lock().unwrap().take().expect("asked once");
        let mut answer = answer(&offer);
        *self.shown.lock().unwrap() = Some(offer);
        match &mut answer {
            Some(Answer::Accept(landing)) => landing.conflict = self.conflict,
            Some(Answer::Decline(_)) => {}
            None => std::future::pending().await,
        }
        answer.unwrap()
    }

    async fn more(&self, _: IncomingOffer) -> More {
        More::Refused
    }
}

fn job(transfer: TransferId, scan: Scan, limiter: Arc<Limiter>, account: Arc<Told>) -> SendJob<'static> {
    let (name, assent) = (DeviceName::parse("Anna").unwrap(), watch::channel(Assent::Known).1);
    let admit = &|_: &DeviceName| ControlFlow::Continue(());
    SendJob { transfer, name, scan, limiter, ends: ends(), assent, admit, account }
}

/// Pipes have no secret of their own.
fn ends() -> Ends {
    let id = DeviceId::of_public_key(b"both");
    Ends { binding: [0; 32], sender: id, receiver: id }
}

type Chosen = Option<(Names, Arc<Accord>)>;

/// What an attempt leaves for the next one, as the engine keeps it.
#[derive(Clone)]
struct Keeping {
    chosen: Arc<Mutex<Chosen>>,
    ledger: Arc<Ledger>,
}

impl Keeping {
    fn after(attempt: &Attempt, new: &Arc<Ledger>) -> Self {
        let ledger = match attempt {
            Attempt::First => Arc::clone(new),
            Attempt::Again(earlier) => Arc::clone(&earlier.ledger),
        };
        Self { chosen: Arc::default(), ledger }
    }

    fn keep(&self) -> Keep {
        let (chosen, ledger) = (Arc::clone(&self.chosen), Arc::clone(&self.ledger));
        Box::new(move |names, accord| {
            *chosen.lock().unwrap() = Some((names.clone(), Arc::clone(accord)));
            Ok(ledger)
        })
    }

    fn kept(&self) -> Option<Earlier> {
        let (names, accord) = self.chosen.lock().unwrap().take()?;
        Some(Earlier { names, accord: Some(accord), ledger: Arc::clone(&self.ledger), volume: None })
    }
}

/// What the receiver's side has to say of somebody who left before they said hello.
fn nobody_came(why: &str) -> Report {
    let problem = Problem { side: Side::There, kind: ProblemKind::Link, text: why.to_owned() };
    Report::of(Outcome::Failed(problem))
}

/// Closes its pipe when the sender's stage lets go of it, as a socket does.
struct Closing(super::pipe::End);

impl std::io::Write for Closing {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}
