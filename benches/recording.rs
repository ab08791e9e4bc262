//! What recording costs the transfers that are recorded: 10,000 small files between two devices of one process, with a
//! history and without one, in turns. What counts is the median of the pairs' ratios.
//!
//! `AIRLIFT_ROUNDS` says how many pairs, `AIRLIFT_BENCH_DIR` on which disk; see docs/PERFORMANCE.md.
#![allow(clippy::unwrap_used, reason = "a measurement that can’t go on has failed")]
#![allow(clippy::print_stdout, reason = "its result")]

use std::{env, fs, path::Path, sync::Arc, time::Instant};

use airlift::{
    engine::{
        Command, Config, Consent, Earlier, Engine, Events, Handle, Keep, Manner, Multicast, PortChoice,
        Receiving, ReceivingState, Settings, Snapshot, Strangers, Update,
        history::{Query, Reader},
    },
    model::{Address, DeviceName, Landing, Outcome, Report, Source, TransferState},
};
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;

const FILES: usize = 10_000;
const SIZE: usize = 4096;

/// What is measured of a transfer, in seconds.
const MEASURED: [&str; 5] = [
    "as its sender says",
    "as its receiver says",
    "until both have ended",
    "processor until then",
    "processor after",
];

struct Device {
    engine: Engine,
    events: Events,
    state: Snapshot,
    home: TempDir,
}

impl Device {
    fn start(name: &str, history: Keep, root: &Path) -> Self {
        let home = tempfile::tempdir_in(root).unwrap();
        Settings { history, ..Settings::default() }.save(home.path()).unwrap();
        let config = Config {
            home: home.path().to_owned(),
            device_name: Some(DeviceName::parse(name).unwrap()),
            limit: None,
            earlier: Earlier::None,
            multicast: Multicast::Never,
        };
        let engine = Engine::start(config, Arc::new(|| {})).unwrap();
        let (state, events) = engine.handle().subscribe();
        Self { engine, events, state, home }
    }

    fn tell(&self, command: Command) {
        let handle = self.engine.handle();
        self.engine.block_on(handle.send(command)).unwrap();
    }

    fn until<T>(&mut self, found: impl Fn(&Snapshot) -> Option<T>) -> T {
        let Self { engine, events, state, .. } = self;
        engine.block_on(async {
            loop {
                if let Some(found) = found(state) {
                    return found;
                }
                match events.next().await.unwrap() {
                    Update::Event(event) => state.apply(&event),
                    Update::Resync(all) => *state = *all,
                }
            }
        })
    }

    fn report(&mut self) -> Report {
        self.until(|state| match &state.transfers.first()?.state {
            TransferState::Finished(report) => Some((**report).clone()),
            _ => None,
        })
    }

    /// How many files are recorded, once all is written.
    fn stop(self) -> usize {
        let Self { engine, home, .. } = self;
        engine.stop();
        let page = Reader::open(home.path()).unwrap().page(&Query::default(), None, FILES + 1);
        page.unwrap().rows.len()
    }
}

/// Seconds of processor time of this process.
#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn processor() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

fn transfer(history: Keep, root: &Path, tree: &Path) -> [f64; MEASURED.len()] {
    let (mut anna, mut ben) = (Device::start("Anna", history, root), Device::start("Ben", history, root));
    let inbox = tempfile::tempdir_in(root).unwrap();
    let landing = Landing { folder: Some(inbox.path().to_owned()), ..Landing::default() };
    ben.tell(Command::Receive(Receiving { port: PortChoice::Exactly(0), consent: Consent::All, landing }));
    let port = ben.until(|state| match &state.receiving {
        ReceivingState::On { port, .. } => Some(*port),
        _ => None,
    });
    let to = Address { host: "127.0.0.1".into(), port: Some(port) };
    let manner = Manner { strangers: Strangers::GoAhead, ..Manner::default() };
    let sources = vec![Source::Path(tree.to_owned())];
    let (began, before) = (Instant::now(), processor());
    anna.tell(Command::Send { id: Handle::new_transfer(), to: to.into(), sources, manner });
    let (sent, received) = (anna.report(), ben.report());
    let (ended, at_end) = (began.elapsed(), processor());
    assert!([&sent, &received].iter().all(|report| report.outcome == Outcome::Complete));
    let recorded = [anna, ben].map(Device::stop);
    assert_eq!(recorded, [if history == Keep::Off { 0 } else { FILES }; 2]);
    let [sent, received, ended] = [sent.took, received.took, ended].map(|time| time.as_secs_f64());
    [sent, received, ended, at_end - before, processor() - at_end]
}

fn median(of: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = of.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn main() {
    // Cargo’s own arguments say nothing to it.
    let rounds: usize = env::var("AIRLIFT_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap());
    let root = env::var_os("AIRLIFT_BENCH_DIR").map_or_else(tempfile::tempdir, tempfile::tempdir_in).unwrap();
    let tree = root.path().join("tree");
    for file in 0..FILES {
        let folder = tree.join((file % 100).to_string());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("note {file:05}.txt")), format!("{file:08}").repeat(SIZE / 8)).unwrap();
    }
    // The first one finds nothing in memory.
    transfer(Keep::Off, root.path(), &tree);
    let mut pairs = Vec::new();
    for round in 0..rounds {
        let run = |history| transfer(history, root.path(), &tree);
        // Whoever comes second has a disk that is busy still.
        pairs.push(if round % 2 == 0 {
            let without = run(Keep::Off);
            (without, run(Keep::ForEver))
        } else {
            let with = run(Keep::ForEver);
            (run(Keep::Off), with)
        });
    }
    println!("{FILES} files of {SIZE} bytes, {rounds} pairs; medians, seconds");
    for (at, what) in MEASURED.iter().enumerate() {
        let (without, with) = (median(pairs.iter().map(|p| p.0[at])), median(pairs.iter().map(|p| p.1[at])));
        let ratio = median(pairs.iter().map(|(without, with)| with[at] / without[at]));
        println!("{what:24} without {without:7.3}  with {with:7.3}  ratio of pairs {ratio:.3}");
    }
}
