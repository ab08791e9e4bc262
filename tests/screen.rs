//! Each file is looked into before it gets its name. Whoever looks is the test's own here: a marker in a file's content is
//! a virus to it, and it can be slow, silent or away. No file with the marker ever has its name, whatever breaks.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use airlift::{
    disk::{Earlier, Quarantine, Screen, ScreenOf, SentBy, Watch},
    model::{
        Caught, FileFate, NotScanned, Outcome, ProblemKind, Report, Screening, Side, TransferId, Unscanned,
    },
    transfer::Attempt,
    wire::message::HOLES,
};
use support::{
    pair::{Outcomes, Pair},
    pipe::Budget,
    tree::{leftovers, noise, put},
};
use tempfile::{TempDir, tempdir};

const MARK: &[u8] = b"THE MARKER OF A TEST";
const FOUND: &str = "Test.Marker";
/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// Looks for the marker, and for nothing else.
struct Looker {
    /// What it says of a file without it, by its name.
    says: Box<dyn Fn(&str) -> Screening + Send + Sync>,
    gate: Gate,
    at_once: AtomicU64,
    most_at_once: AtomicU64,
    looks: AtomicU64,
}

/// Who comes waits until it is open.
#[derive(Default)]
struct Gate {
    is_shut: Mutex<bool>,
    opens: Condvar,
}

impl Gate {
    fn shut(&self) {
        *self.is_shut.lock().unwrap() = true;
    }

    fn open(&self) {
        *self.is_shut.lock().unwrap() = false;
        self.opens.notify_all();
    }

    fn pass(&self, is_over: &dyn Fn() -> bool) {
        let mut is_shut = self.is_shut.lock().unwrap();
        while *is_shut && !is_over() {
            is_shut = self.opens.wait_timeout(is_shut, Duration::from_millis(20)).unwrap().0;
        }
    }
}

impl Looker {
    fn new(says: impl Fn(&str) -> Screening + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            says: Box::new(says),
            gate: Gate::default(),
            at_once: AtomicU64::new(0),
            most_at_once: AtomicU64::new(0),
            looks: AtomicU64::new(0),
        })
    }

    fn clean() -> Arc<Self> {
        Self::new(|_| Screening::Clean)
    }
}

impl Screen for Looker {
    fn screen(&self, file: &fs::File, size: u64, name: &str, is_over: &dyn Fn() -> bool) -> Screening {
        use std::os::unix::fs::FileExt as _;
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.gate.pass(is_over);
        let mut content = vec![0; usize::try_from(size).unwrap()];
        file.read_exact_at(&mut content, 0).unwrap();
        let has_mark = content.windows(MARK.len()).any(|part| part == MARK);
        let said = if has_mark { Screening::Infected(FOUND.to_owned()) } else { (self.says)(name) };
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        said
    }
}

/// What is sent, where it goes, and where it must not get out of.
struct Places {
    from: TempDir,
    to: TempDir,
    home: TempDir,
}

impl Places {
    fn new() -> Self {
        Self { from: tempdir().unwrap(), to: tempdir().unwrap(), home: tempdir().unwrap() }
    }

    fn source(&self) -> PathBuf {
        self.from.path().join("t")
    }

    fn quarantine(&self) -> Quarantine {
        Quarantine::at(self.home.path().join("quarantine"))
    }

    fn watch(&self, looker: &Arc<Looker>, unscanned: Unscanned) -> Watch {
        let looker = Arc::clone(looker);
        let screens: ScreenOf = Arc::new(move |_: &Path| Some(Arc::clone(&looker) as Arc<dyn Screen>));
        Watch::by(screens, unscanned, self.quarantine(), SentBy { id: None, name: "Anna".to_owned() })
    }

    fn pair(&self, looker: &Arc<Looker>, unscanned: Unscanned) -> Pair {
        Pair { watch: self.watch(looker, unscanned), ..Pair::default() }
    }

    /// What has its name.
    fn named(&self) -> BTreeSet<String> {
        let mut named = BTreeSet::new();
        let mut folders = vec![self.to.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if !name.starts_with(".airlift-") {
                    let content = fs::read(&path).unwrap();
                    let has_mark = content.windows(MARK.len()).any(|part| part == MARK);
                    assert!(!has_mark, "{} has its name", path.display());
                    named.insert(name);
                }
            }
        }
        named
    }

    fn caught(&self) -> Vec<(String, Caught)> {
        let items = self.quarantine().list().unwrap();
        let mut caught: Vec<_> = items.into_iter().map(|item| (item.name, item.why.unwrap())).collect();
        caught.sort_by(|a, b| a.0.cmp(&b.0));
        caught
    }
}

fn infected() -> Caught {
    Caught::Infected(FOUND.to_owned())
}

fn is_incomplete(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(problem) if problem.kind == ProblemKind::Incomplete)
}

/// One file with the marker among 200.
fn two_hundred(places: &Places) {
    for number in 0..199 {
        put(
            places.from.path(),
            &format!("t/{number}.bin"),
            &noise(number, 1 + 37 * usize::try_from(number).unwrap()),
        );
    }
    put(places.from.path(), "t/evil.bin", &[b"some ", MARK, b" and more"].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_among_two_hundred_is_kept_apart_and_both_sides_say_so_and_the_rest_goes_on() {
    let places = Places::new();
    two_hundred(&places);
    let looker = Looker::clean();
    let Outcomes { sent, received, told_of_sent, told_of_received, .. } =
        places.pair(&looker, Unscanned::LetIn).run(&[&places.source()], places.to.path()).await;
    assert_eq!(places.named().len(), 199);
    assert_eq!(places.caught(), [("evil.bin".to_owned(), infected())]);
    assert_eq!(leftovers(places.to.path()), Vec::<PathBuf>::new());
    for report in [&sent, &received] {
        assert!(is_incomplete(&report.outcome), "{report:?}");
        assert_eq!((report.files, report.failed, report.hopeless), (199, 1, 1), "{report:?}");
        assert_eq!(report.problems.len(), 1);
        assert!(report.problems[0].path.ends_with("evil.bin") && report.problems[0].why.contains(FOUND));
    }
    let side = |report: &Report| report.problems[0].side;
    assert_eq!((side(&sent), side(&received)), (Side::There, Side::Here), "it is where it is kept");
    assert_eq!(received.notes, ["1 file is in quarantine."]);
    assert_eq!(
        sent.notes,
        ["1 file is in quarantine on the other device. Check it here before you send it again."]
    );
    for told in [&told_of_sent, &told_of_received] {
        assert_eq!(told.len(), 200);
        let FileFate::Infected { name, digest } = &told["t/evil.bin"].fate else { panic!("{told:?}") };
        assert!(name == FOUND && digest.is_some());
    }
    let FileFate::Stored { screening, .. } = &told_of_received["t/7.bin"].fate else {
        panic!("{told_of_received:?}")
    };
    assert_eq!(*screening, Screening::Clean);
    assert!(looker.most_at_once.load(Ordering::SeqCst) <= 2);
    assert_eq!(looker.looks.load(Ordering::SeqCst), 200, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_looked_into_is_let_in_and_marked_or_held_or_refused() {
    for (unscanned, stored, failed, held) in
        [(Unscanned::LetIn, 3, 0, 0), (Unscanned::Hold, 3, 0, 1), (Unscanned::Refuse, 2, 1, 0)]
    {
        let places = Places::new();
        for name in ["a", "b", "locked"] {
            put(places.from.path(), &format!("t/{name}"), name.as_bytes());
        }
        let looker = Looker::new(|name| match name {
            "locked" => Screening::NotScanned(NotScanned::Locked),
            _ => Screening::Clean,
        });
        let ends = places.pair(&looker, unscanned).run(&[&places.source()], places.to.path()).await;
        for report in [&ends.sent, &ends.received] {
            assert_eq!((report.files, report.failed), (stored, failed), "{unscanned:?}: {report:?}");
            assert_eq!(is_incomplete(&report.outcome), failed > 0, "{unscanned:?}: {report:?}");
            // It may be possible the next time.
            assert_eq!(report.hopeless, 0);
        }
        assert_eq!(ends.shown.sample().files, stored, "{unscanned:?}");
        assert_eq!(places.named().contains("locked"), unscanned == Unscanned::LetIn);
        assert_eq!(places.caught().len(), held);
        let (here, there) = (&ends.told_of_sent["t/locked"].fate, &ends.told_of_received["t/locked"].fate);
        match unscanned {
            Unscanned::LetIn => {
                let FileFate::Stored { screening, .. } = there else { panic!("{there:?}") };
                assert_eq!(*screening, Screening::NotScanned(NotScanned::Locked));
                let said =
                    "1 file was let in without a virus check: encrypted, so that nobody can look into it.";
                assert_eq!((&ends.received.notes[..], ends.sent.notes.len()), (&[said.to_owned()][..], 0));
            }
            Unscanned::Hold => {
                for fate in [here, there] {
                    assert!(matches!(fate, FileFate::Held { why: NotScanned::Locked, .. }), "{fate:?}");
                }
                let [received] = &ends.received.notes[..] else { panic!("{:?}", ends.received.notes) };
                let [sent] = &ends.sent.notes[..] else { panic!("{:?}", ends.sent.notes) };
                assert!(received.contains("held in quarantine") && sent.contains("held there"), "{sent}");
            }
            Unscanned::Refuse => {
                for fate in [here, there] {
                    assert!(matches!(fate, FileFate::Failed { .. }), "{fate:?}");
                }
                assert!(
                    ends.sent.problems[0].why.contains("checked for viruses"),
                    "{:?}",
                    ends.sent.problems
                );
            }
        }
    }
}

/// Counts partial files that are whole, by their sizes: they have come, and have no name yet.
fn come(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.filter(|entry| entry.as_ref().unwrap().metadata().is_ok_and(|there| there.len() == 10)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_while_somebody_still_looks_into_the_first_file() {
    let places = Places::new();
    let count = 1_000;
    for number in 0..count {
        put(places.from.path(), &format!("t/{number}"), format!("{number:010}").as_bytes());
    }
    let looker = Looker::clean();
    looker.gate.shut();
    let folder = places.to.path().join("t");
    let gate = Arc::clone(&looker);
    let watching = std::thread::spawn(move || {
        let began = Instant::now();
        while come(&folder) < count && began.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        let all = come(&folder);
        let are_named = fs::read_dir(&folder)
            .unwrap()
            .filter(|entry| !entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'))
            .count();
        gate.gate.open();
        (all, are_named)
    });
    let ends = places.pair(&looker, Unscanned::LetIn).run(&[&places.source()], places.to.path()).await;
    assert_eq!(watching.join().unwrap(), (count, 0), "all had come, and none had its name");
    assert_eq!(ends.received.outcome, Outcome::Complete, "{:?}", ends.received);
    assert_eq!(places.named().len(), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_is_cancelled_or_paused_waits_for_nobody_who_never_answers() {
    for paused in [false, true] {
        let places = Places::new();
        put(places.from.path(), "t/large", &noise(1, 5 << 20));
        put(places.from.path(), "t/small", b"small");
        let looker = Looker::clean();
        looker.gate.shut();
        let pair = places.pair(&looker, Unscanned::LetIn);
        let (cancel, pause) = (pair.cancel_receiver.clone(), pair.pause_receiver.clone());
        let theirs = Arc::clone(&looker);
        let stopping = std::thread::spawn(move || {
            let began = Instant::now();
            while theirs.looks.load(Ordering::SeqCst) < 2 && began.elapsed() < PATIENCE {
                std::thread::yield_now();
            }
            if paused { pause.cancel() } else { cancel.cancel() }
        });
        let ends = pair.run(&[&places.source()], places.to.path()).await;
        stopping.join().unwrap();
        match &ends.received.outcome {
            Outcome::Failed(problem) if paused => assert_eq!(problem.kind, ProblemKind::Paused),
            Outcome::Cancelled { by: Side::Here } if !paused => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(places.named(), BTreeSet::new(), "nobody has looked into it");
        // What another attempt can go on with stays, with its journal.
        assert_eq!(leftovers(places.to.path()).len(), if paused { 2 } else { 0 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_knows_no_such_thing_is_told_in_words_that_it_knows() {
    let places = Places::new();
    put(places.from.path(), "t/evil", MARK);
    put(places.from.path(), "t/held", b"held");
    put(places.from.path(), "t/good", b"good");
    let looker = Looker::new(|name| match name {
        "held" => Screening::NotScanned(NotScanned::Busy),
        _ => Screening::Clean,
    });
    let pair = Pair { can: HOLES, ..places.pair(&looker, Unscanned::Hold) };
    let ends = pair.run(&[&places.source()], places.to.path()).await;
    assert_eq!((ends.sent.files, ends.sent.failed), (2, 1), "{:?}", ends.sent);
    assert!(ends.sent.problems[0].why.contains(FOUND), "{:?}", ends.sent.problems);
    assert!(matches!(ends.told_of_sent["t/held"].fate, FileFate::Stored { .. }));
    assert!(matches!(ends.told_of_received["t/held"].fate, FileFate::Held { .. }));
}

/// Sends over links that are cut at these bytes, and lets it come to its end; checks after each.
async fn cut_at(cuts: &[usize], large: bool, can: u64) {
    let places = Places::new();
    put(places.from.path(), "t/a", b"a file");
    let evil = if large { [&noise(3, 5 << 20), MARK].concat() } else { MARK.to_vec() };
    put(places.from.path(), "t/evil", &evil);
    put(places.from.path(), "t/held", b"held");
    put(places.from.path(), "t/z", &noise(4, 100_000));
    let looker = Looker::new(|name| match name {
        "held" => Screening::NotScanned(NotScanned::Busy),
        _ => Screening::Clean,
    });
    let transfer = TransferId(airlift::identity::random());
    let mut kept: Option<Earlier> = None;
    let attempt = |kept: &Option<Earlier>| {
        kept.clone().map_or(Attempt::First, |earlier| Attempt::Again(Box::new(earlier)))
    };
    for cut in cuts {
        let pair = places.pair(&looker, Unscanned::Hold);
        let pair = Pair { transfer, can, budget: Budget::of(*cut), attempt: attempt(&kept), ..pair };
        let ends = pair.run(&[&places.source()], places.to.path()).await;
        kept = ends.kept.or(kept);
        let named = places.named();
        assert!(!named.contains("held") && !named.contains("evil"), "cut at {cuts:?}: {named:?}");
    }
    let pair = Pair { transfer, can, attempt: attempt(&kept), ..places.pair(&looker, Unscanned::Hold) };
    let ends = pair.run(&[&places.source()], places.to.path()).await;
    assert!(is_incomplete(&ends.received.outcome), "cut at {cuts:?}: {:?}", ends.received);
    assert_eq!((ends.received.files, ends.received.failed), (3, 1), "cut at {cuts:?}: {:?}", ends.received);
    if can != HOLES {
        assert!(is_incomplete(&ends.sent.outcome), "cut at {cuts:?}: {:?}", ends.sent);
        assert_eq!((ends.sent.files, ends.sent.failed), (3, 1), "cut at {cuts:?}: {:?}", ends.sent);
    }
    assert_eq!(places.named().into_iter().collect::<Vec<_>>(), ["a", "z"], "cut at {cuts:?}");
    let held = Caught::Held(NotScanned::Busy);
    let all = [("evil".to_owned(), infected()), ("held".to_owned(), held)];
    assert_eq!(places.caught(), all, "cut at {cuts:?}: each once");
    assert_eq!(leftovers(places.to.path()), Vec::<PathBuf>::new(), "cut at {cuts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_link_is_cut_nothing_gets_out_and_nothing_is_there_twice() {
    // From the hello to the last receipt, in steps that meet each message somewhere.
    for cut in (2_000..108_000).step_by(3_511) {
        cut_at(&[cut], false, Pair::default().can).await;
    }
    for cut in (104_000..107_500).step_by(97) {
        cut_at(&[cut, cut + 13], false, Pair::default().can).await;
    }
    cut_at(&[105_500], false, HOLES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_link_is_cut_a_large_file_that_is_caught_costs_once_and_is_there_once() {
    for cut in [1 << 20, 4 << 20, (5 << 20) + 50_000, (5 << 20) + 103_000, (5 << 20) + 105_000] {
        cut_at(&[cut], true, Pair::default().can).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_quarantine_is_not_sent_a_second_time_and_its_sender_hears_of_it_again() {
    let places = Places::new();
    put(places.from.path(), "t/evil", &[&noise(3, 1 << 20), MARK].concat());
    put(places.from.path(), "t/refused", b"refused");
    let is_away = Arc::new(AtomicBool::new(true));
    let theirs = Arc::clone(&is_away);
    let looker = Looker::new(move |_| {
        if theirs.load(Ordering::SeqCst) {
            Screening::NotScanned(NotScanned::NoScanner)
        } else {
            Screening::Clean
        }
    });
    let transfer = TransferId(airlift::identity::random());
    let pair = || Pair { transfer, ..places.pair(&looker, Unscanned::Refuse) };
    let first = pair().run(&[&places.source()], places.to.path()).await;
    assert_eq!((first.sent.failed, first.sent.hopeless), (2, 1), "{:?}", first.sent);
    is_away.store(false, Ordering::SeqCst);
    let again = Pair { attempt: Attempt::Again(Box::new(first.kept.unwrap())), ..pair() };
    let second = again.run(&[&places.source()], places.to.path()).await;
    for report in [&second.sent, &second.received] {
        assert_eq!((report.files, report.failed, report.hopeless), (1, 1, 1), "{report:?}");
        assert_eq!(report.notes.len(), 1, "{report:?}");
    }
    assert!(second.sent.pipeline.wire_bytes < 1_000, "{:?}", second.sent.pipeline);
    assert_eq!(places.caught(), [("evil".to_owned(), infected())]);
    assert_eq!(places.named().into_iter().collect::<Vec<_>>(), ["refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_a_file_is_told_again_by_every_later_attempt() {
    let places = Places::new();
    for (name, content) in [("clean", b"1".as_slice()), ("unseen", b"22"), ("evil", MARK)] {
        put(places.from.path(), &format!("t/{name}"), content);
    }
    let said = |name: &str| match name {
        "unseen" => Screening::NotScanned(NotScanned::Busy),
        _ => Screening::Clean,
    };
    let (looker, transfer) = (Looker::new(said), TransferId(airlift::identity::random()));
    let first = Pair { transfer, ..places.pair(&looker, Unscanned::LetIn) };
    let first = first.run(&[&places.source()], places.to.path()).await;
    let told = |told: &std::collections::BTreeMap<String, airlift::model::FileRecord>| {
        ["t/clean", "t/unseen", "t/evil"].map(|path| told[path].fate.clone())
    };
    let before = told(&first.told_of_received);
    let looks = looker.looks.load(Ordering::SeqCst);
    let attempt = Attempt::Again(Box::new(first.kept.unwrap()));
    let again = Pair { transfer, attempt, ..places.pair(&looker, Unscanned::LetIn) };
    let second = again.run(&[&places.source()], places.to.path()).await;
    assert_eq!(looker.looks.load(Ordering::SeqCst), looks, "nothing is looked into, as nothing comes");
    let stored = |content: &[u8], screening| FileFate::Stored {
        digest: Some(airlift::model::Digest(*blake3::hash(content).as_bytes())),
        screening,
    };
    let [clean, unseen, evil] = told(&second.told_of_received);
    assert_eq!(clean, stored(b"1", Screening::Clean));
    assert_eq!(unseen, stored(b"22", Screening::NotScanned(NotScanned::Busy)));
    assert!(matches!(evil, FileFate::Infected { name, .. } if name == FOUND));
    assert_eq!(before, told(&second.told_of_received));
}
