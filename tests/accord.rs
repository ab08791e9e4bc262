//! A yes is to a list, made once. Random histories of one accepted transfer: the sender's files change between attempts, links
//! are cut after any byte, and what stands at the receiver changes, too. The model is what was agreed.
//!
//! `AIRLIFT_HISTORIES=N` makes N of them, instead of a few.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "support/histories.rs"]
mod histories;
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use airlift::{
    engine::{Command, Consent, Settings},
    model::{
        Answer, ByteRate, Conflict, Direction, Landing, Outcome, Report, Rest, Transfer, TransferId,
        TransferState,
    },
    transfer::Attempt,
    wire::limits,
};
use histories::{cases, conflict};
use proptest::prelude::*;
use support::{
    device::Device,
    pair::Pair,
    pipe::Budget,
    tree::{contents, noise, put},
};

/// What happens between two attempts, at either end. Names are numbers of a few.
#[derive(Clone, Debug)]
enum Act {
    /// The sender's file has other content, of so many bytes.
    Edit {
        name: u8,
        bytes: usize,
    },
    Remove {
        name: u8,
    },
    /// A file stands at the receiver that was not there.
    Appear {
        name: u8,
        bytes: usize,
    },
    /// An attempt, whose link is cut after so many bytes; `None`: it is not.
    Attempt {
        cut: Option<usize>,
    },
}

/// What takes longer than this on loopback has failed.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// Names of files: the first three are sent, the others are made later.
const NAMES: u8 = 6;

fn act() -> impl Strategy<Value = Act> {
    let name = 0..NAMES;
    let bytes = prop_oneof![0_usize..200, Just(700_000_usize), Just(3_000_000_usize)];
    let cut = prop_oneof![
        1 => Just(None),
        4 => (3_000_usize..20_000).prop_map(Some),
        4 => (20_000_usize..1_500_000).prop_map(Some),
    ];
    prop_oneof![
        3 => (name.clone(), bytes.clone()).prop_map(|(name, bytes)| Act::Edit { name, bytes }),
        1 => name.clone().prop_map(|name| Act::Remove { name }),
        1 => (name, bytes).prop_map(|(name, bytes)| Act::Appear { name, bytes }),
        4 => cut.prop_map(|cut| Act::Attempt { cut }),
    ]
}

fn path(folder: &Path, name: u8) -> std::path::PathBuf {
    folder.join("t").join(format!("f{name}"))
}

struct World {
    from: tempfile::TempDir,
    to: tempfile::TempDir,
    transfer: TransferId,
    conflict: Conflict,
    /// Every content that the sender has had, by path: all that may be stored.
    sent: BTreeMap<u8, BTreeSet<Vec<u8>>>,
    /// What the first attempt has offered, and its size.
    agreed: Option<BTreeSet<u8>>,
    agreed_bytes: usize,
    /// What stands at the receiver and is its own, with its content; those that may be replaced go.
    own: BTreeMap<String, Vec<u8>>,
    replaceable: BTreeSet<String>,
    attempt: Attempt,
    is_over: bool,
}

impl World {
    fn new(conflict: Conflict, sizes: [usize; 3], there: [bool; 3]) -> Self {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in [from.path(), to.path()] {
            fs::create_dir(folder.join("t")).unwrap();
        }
        let mut world = Self {
            from,
            to,
            transfer: TransferId(airlift::identity::random()),
            conflict,
            sent: BTreeMap::new(),
            agreed: None,
            agreed_bytes: 0,
            own: BTreeMap::new(),
            replaceable: BTreeSet::new(),
            attempt: Attempt::First,
            is_over: false,
        };
        for (name, bytes) in (0..).zip(sizes) {
            world.edit(name, bytes, u64::from(name));
        }
        for (name, is_there) in (0..).zip(there) {
            if is_there {
                world.appear(name, 50, 1000 + u64::from(name));
            }
        }
        world
    }

    fn edit(&mut self, name: u8, bytes: usize, mark: u64) {
        let content = noise(mark, bytes);
        fs::write(path(self.from.path(), name), &content).unwrap();
        self.sent.entry(name).or_default().insert(content);
    }

    fn appear(&mut self, name: u8, bytes: usize, mark: u64) {
        let path = path(self.to.path(), name);
        if self.conflict == Conflict::KeepBoth || path.exists() {
            // Where both are kept, the transfer has a folder of its own.
            return;
        }
        let content = noise(mark, bytes);
        fs::write(&path, &content).unwrap();
        self.own.insert(format!("t/f{name}"), content);
    }

    async fn attempt(&mut self, cut: Option<usize>) {
        if self.is_over || fs::read_dir(self.from.path().join("t")).unwrap().next().is_none() {
            return;
        }
        if self.agreed.is_none() {
            let there: BTreeSet<u8> =
                (0..NAMES).filter(|name| path(self.from.path(), *name).exists()).collect();
            self.agreed_bytes =
                there.iter().map(|name| fs::read(path(self.from.path(), *name)).unwrap().len()).sum();
            // The person was told of these.
            if self.conflict == Conflict::Replace {
                self.replaceable = there.iter().map(|name| format!("t/f{name}")).collect();
                self.replaceable.retain(|path| self.own.contains_key(path));
            }
            self.agreed = Some(there);
        }
        let attempt = std::mem::replace(&mut self.attempt, Attempt::First);
        let earlier = match &attempt {
            Attempt::First => None,
            Attempt::Again(earlier) => Some(earlier.clone()),
        };
        let budget = cut.map_or_else(Budget::default, Budget::of);
        let pair =
            Pair { transfer: self.transfer, conflict: self.conflict, budget, attempt, ..Pair::default() };
        let ends = pair.run(&[&self.from.path().join("t")], self.to.path()).await;
        match ends.kept.map(Box::new).or(earlier) {
            Some(earlier) => self.attempt = Attempt::Again(earlier),
            // Nothing was accepted: the next offer is a new question.
            None => self.agreed = None,
        }
        self.is_over = ends.received.outcome == Outcome::Complete;
    }

    /// Whatever has happened: nothing is there that was not agreed, nothing of its own was touched that was not
    /// told, and not more has come than a yes is good for.
    fn check(&self, history: &dyn std::fmt::Debug) {
        let there = contents(self.to.path());
        for (path, content) in &self.own {
            if there.get(path) != Some(content) {
                assert!(self.replaceable.contains(path), "{path} is gone, and nobody was told: {history:?}");
            }
        }
        let mut came = 0;
        for (path, content) in there.iter().filter(|(path, content)| self.own.get(*path) != Some(content)) {
            let file = path.rsplit('/').next().unwrap();
            let name: u8 = file[1..2].parse().unwrap();
            let is_agreed = self.agreed.as_ref().is_some_and(|agreed| agreed.contains(&name));
            assert!(is_agreed, "{path} was not agreed: {history:?}");
            assert!(self.sent[&name].contains(content), "{path} is not what was sent: {history:?}");
            came += content.len();
        }
        let most = self.agreed_bytes + (self.agreed_bytes / 10).max(1 << 20);
        assert!(came <= most, "{came} bytes of {}: {history:?}", self.agreed_bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_changes_between_attempts_no_more_comes_than_was_agreed(
        conflict in conflict(),
        sizes in [0_usize..100, 0_usize..100_000, 0_usize..2_000_000],
        there in [any::<bool>(), any::<bool>(), any::<bool>()],
        acts in prop::collection::vec(act(), 4..24),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut world = World::new(conflict, sizes, there);
        runtime.block_on(world.attempt(Some(6_000)));
        world.check(&"the first attempt");
        for (number, act) in (10..).zip(&acts) {
            match *act {
                Act::Edit { name, bytes } => world.edit(name, bytes, number),
                Act::Remove { name } => drop(fs::remove_file(path(world.from.path(), name))),
                Act::Appear { name, bytes } => world.appear(name, bytes, 1000 * number),
                Act::Attempt { cut } => runtime.block_on(world.attempt(cut)),
            }
            world.check(&(conflict, sizes, there, &acts));
        }
        runtime.block_on(world.attempt(None));
        world.check(&(conflict, sizes, there, &acts));
    }
}

/// A folder with one long file and a small one, on its way to another device, paused at the sender.
fn paused_on_its_way() -> (Device, Device, u16, TransferId) {
    // It may have been stored in the moment before its sender is heard.
    let is_on_its_way =
        |paused: &(Device, Device, u16, TransferId)| !contents(paused.1.inbox.path()).contains_key("trip/a");
    (0..50).map(|_| paused_at_once()).find(is_on_its_way).expect("it is always faster")
}

fn paused_at_once() -> (Device, Device, u16, TransferId) {
    let (mut sender, mut receiver) = (Device::start("Sender"), Device::start("Receiver"));
    let limit = ByteRate::new(15_000_000);
    sender.tell(Command::Apply(Settings { limit, ..sender.state.settings.clone() }));
    let port = receiver.receive(Consent::All);
    put(sender.inbox.path(), "trip/film", &noise(7, 30 << 20));
    put(sender.inbox.path(), "trip/a", b"small");
    let id = sender.send(port, &[sender.inbox.path().join("trip")]);
    sender.until("content", |state| (state.transfer(id)?.state == TransferState::Active).then_some(()));
    sender.tell(Command::Pause(id));
    sender.until("the pause", |state| {
        matches!(state.transfer(id)?.state, TransferState::Paused(_)).then_some(())
    });
    // Until it has heard of it, its end would be the end of the transfer.
    receiver.until("the pause there", |state| state.transfers.first()?.rests().then_some(()));
    (sender, receiver, port, id)
}

fn ends(sender: &mut Device, receiver: &mut Device, id: TransferId) -> Report {
    sender.tell(Command::Apply(Settings { limit: None, ..sender.state.settings.clone() }));
    sender.tell(Command::Resume(id));
    let sent = sender.report(id);
    assert_eq!(sent.outcome, Outcome::Complete, "{sent:?}");
    assert_eq!(receiver.received(0).outcome, Outcome::Complete);
    sent
}

#[test]
fn what_is_made_in_a_folder_while_it_is_paused_is_not_sent_and_costs_nothing_that_has_come() {
    for restarts in [false, true] {
        let (mut sender, mut receiver, port, mut id) = paused_on_its_way();
        put(sender.inbox.path(), "trip/.DS_Store", b"new");
        put(sender.inbox.path(), "trip/letter to my doctor", b"private");
        if restarts {
            (sender, receiver) = (sender.restart(), receiver.restart());
            receiver.receive_on(port, Consent::Nobody("nobody is there"));
            id = sender.until("what was left", |state| {
                Some(state.transfers.iter().find(|t| t.direction == Direction::Send)?.id)
            });
        }
        let sent = ends(&mut sender, &mut receiver, id);
        assert_eq!(sent.files, 2);
        let notes = &sender.state.transfer(id).unwrap().notes;
        assert!(notes.iter().any(|note| note.starts_with("2 things are new since")), "{notes:?}");
        assert_eq!(contents(receiver.inbox.path()).into_keys().collect::<Vec<_>>(), ["trip/a", "trip/film"]);
    }
}

#[test]
fn what_is_gone_when_a_transfer_goes_on_is_told_and_the_rest_arrives() {
    let (mut sender, mut receiver, _, id) = paused_on_its_way();
    fs::remove_file(sender.inbox.path().join("trip/a")).unwrap();
    ends(&mut sender, &mut receiver, id);
    assert_eq!(sender.state.transfer(id).unwrap().summary.skipped.gone, 1);
    assert_eq!(receiver.state.transfers[0].summary.skipped.gone, 1);
    assert!(contents(receiver.inbox.path()).contains_key("trip/film"));
}

/// The same, and the small file grows by more than was agreed before it goes on: both sides are told.
fn grown_on_its_way() -> (Device, Device, u16, TransferId) {
    let (mut sender, mut receiver, port, id) = paused_on_its_way();
    put(sender.inbox.path(), "trip/a", &noise(8, 5 << 20));
    sender.tell(Command::Apply(Settings { limit: None, ..sender.state.settings.clone() }));
    sender.tell(Command::Resume(id));
    let reports =
        [(sender.report(id), "its receiver is asked"), (receiver.received(0), "then you are asked")];
    for (report, says) in reports {
        assert!(report.is_incomplete(), "{report:?}");
        let [problem] = &report.problems[..] else { panic!("{report:?}") };
        assert!(problem.path == "trip/a" && problem.why.contains(says), "{problem:?}");
    }
    assert_eq!(contents(receiver.inbox.path()).into_keys().collect::<Vec<_>>(), ["trip/film"]);
    (sender, receiver, port, id)
}

/// What the receiver's person is asked: of one file of five mebibytes, and nothing else.
fn question(receiver: &mut Device) -> TransferId {
    let asked = receiver.until("the question", |state| state.transfers.iter().find(|t| t.asks()).cloned());
    assert_eq!((asked.summary.files, asked.summary.bytes), (1, 5 << 20));
    assert_eq!(asked.summary.top[0].name, "trip/a");
    assert!(asked.notes[0].contains("by more than you were told"), "{:?}", asked.notes);
    asked.id
}

#[test]
fn what_has_grown_beyond_what_was_agreed_is_asked_when_it_is_sent_again_and_comes_after_a_yes() {
    for restarts in [false, true] {
        let (mut sender, mut receiver, port, mut id) = grown_on_its_way();
        if restarts {
            (sender, receiver) = (sender.restart(), receiver.restart());
        }
        receiver.receive_on(port, Consent::Ask);
        if restarts {
            // The same command once more.
            let paths = [sender.inbox.path().join("trip")];
            id = sender.send(port, &paths);
        } else {
            sender.tell(Command::Retry(id));
        }
        let asked = question(&mut receiver);
        receiver.tell(Command::Answer { id: asked, answer: Answer::Accept(Landing::default()) });
        let sent = sender.until("its end", |state| match &state.transfer(id)?.state {
            TransferState::Finished(report) if report.outcome == Outcome::Complete => Some(report.clone()),
            _ => None,
        });
        assert_eq!((sent.files, sent.failed), (2, 0), "{sent:?}");
        let there = contents(receiver.inbox.path());
        assert_eq!(there.keys().collect::<Vec<_>>(), ["trip/a", "trip/film"]);
        assert!(there["trip/a"] == noise(8, 5 << 20));
        // Of what it is by now, not of what was asked last.
        let shown = receiver.until("the end there", |state| {
            state.transfers.iter().find(|t| t.is_finished() && t.summary.files == 2).cloned()
        });
        assert_eq!(shown.summary.bytes, (30 << 20) + (5 << 20));
    }
}

#[test]
fn what_has_grown_and_is_refused_stays_away_and_costs_nothing_that_has_come() {
    let (mut sender, mut receiver, port, id) = grown_on_its_way();
    receiver.receive_on(port, Consent::Ask);
    for is_asked in [true, false] {
        sender.tell(Command::Retry(id));
        sender.until("the next attempt", |state| (!state.transfer(id)?.is_finished()).then_some(()));
        // Once it was refused, its sender may call as often as it likes: nobody is asked again so soon.
        if is_asked {
            let asked = question(&mut receiver);
            receiver.tell(Command::Answer { id: asked, answer: Answer::Decline(None) });
        }
        let report = sender.until("its end", |state| match &state.transfer(id)?.state {
            TransferState::Finished(report) => Some(report.clone()),
            _ => None,
        });
        assert!(report.is_incomplete(), "{report:?}");
        receiver
            .until("the end there", |state| state.transfers.iter().all(Transfer::is_finished).then_some(()));
        assert_eq!(contents(receiver.inbox.path()).into_keys().collect::<Vec<_>>(), ["trip/film"]);
    }
    // Where nobody is asked, nobody says yes.
    receiver.receive_on(port, Consent::Nobody("nobody is there"));
    sender.tell(Command::Retry(id));
    sender.until("the next attempt", |state| (!state.transfer(id)?.is_finished()).then_some(()));
    assert!(sender.report(id).is_incomplete());
    assert_eq!(contents(receiver.inbox.path()).into_keys().collect::<Vec<_>>(), ["trip/film"]);
}

#[test]
fn who_calls_again_while_more_is_asked_is_asked_about_again() {
    let (sender, mut receiver, port, id) = grown_on_its_way();
    receiver.receive_on(port, Consent::Ask);
    sender.tell(Command::Retry(id));
    question(&mut receiver);
    // It dies, and nobody is asked any more.
    let mut sender = sender.crash();
    receiver.until("that it is interrupted", |state| {
        state.transfers.iter().any(|t| matches!(t.state, TransferState::Interrupted { .. })).then_some(())
    });
    let asked = question(&mut receiver);
    receiver.tell(Command::Answer { id: asked, answer: Answer::Accept(Landing::default()) });
    let is_over =
        |t: &&Transfer| matches!(&t.state, TransferState::Finished(r) if r.outcome == Outcome::Complete);
    sender.until("its end", |state| state.transfers.iter().find(is_over).map(drop));
    assert!(contents(receiver.inbox.path())["trip/a"] == noise(8, 5 << 20));
}

#[test]
fn what_was_picked_and_is_gone_when_it_goes_on_does_not_keep_the_rest_from_arriving_under_its_own_names() {
    let (mut sender, mut receiver) = (Device::start("Sender"), Device::start("Receiver"));
    let port = receiver.receive(Consent::All);
    let limit = ByteRate::new(15_000_000);
    sender.tell(Command::Apply(Settings { limit, ..sender.state.settings.clone() }));
    for (number, bytes) in [(1, 9), (2, 9), (3, 30 << 20)] {
        put(sender.inbox.path(), &format!("{number}/film.mp4"), &noise(number, bytes));
    }
    let picks: Vec<_> = (1..4).map(|n| sender.inbox.path().join(format!("{n}/film.mp4"))).collect();
    let id = sender.send(port, &picks);
    let first = receiver.inbox.path().join("film.mp4");
    receiver.engine.block_on(async {
        let comes = async {
            while !first.exists() {
                tokio::time::sleep(limits::PLACE_LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, comes).await.expect("the first file in time");
    });
    sender.tell(Command::Pause(id));
    sender.until("the pause", |state| {
        matches!(state.transfer(id)?.state, TransferState::Paused(_)).then_some(())
    });
    receiver.until("the pause there", |state| state.transfers.first()?.rests().then_some(()));
    fs::remove_dir_all(sender.inbox.path().join("1")).unwrap();
    ends(&mut sender, &mut receiver, id);
    let there = contents(receiver.inbox.path());
    assert_eq!(there.keys().collect::<Vec<_>>(), ["film (1).mp4", "film (2).mp4", "film.mp4"]);
    assert!(there["film.mp4"] == noise(1, 9) && there["film (2).mp4"] == noise(3, 30 << 20));
    assert_eq!(sender.state.transfer(id).unwrap().summary.skipped.gone, 1);
    // It had come before.
    assert_eq!(receiver.state.transfers[0].summary.skipped.gone, 0);
}

#[test]
fn a_sender_that_has_lost_its_list_offers_nothing_before_its_person_says_that_it_goes_on() {
    for lost in ["torn", "removed"] {
        let (sender, mut receiver, _, _) = paused_on_its_way();
        let lists = fs::read_dir(sender.home().join("transfers")).unwrap();
        let mut lists = lists
            .map(|item| item.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "accord"));
        let list = lists.next().unwrap();
        if lost == "torn" {
            fs::write(&list, b"").unwrap();
        } else {
            fs::remove_file(&list).unwrap();
        }
        put(sender.inbox.path(), "trip/letter to my doctor", b"private");
        let mut sender = sender.restart();
        let id = sender.until("that it asks", |state| {
            let asks = |t: &&Transfer| matches!(t.state, TransferState::Left { rest: Rest::Asks, .. });
            state.transfers.iter().find(asks).map(|t| t.id)
        });
        // A person does, and it is held to what it offers then.
        sender.tell(Command::Apply(Settings { limit: None, ..sender.state.settings.clone() }));
        sender.tell(Command::Retry(id));
        assert_eq!(sender.report(id).outcome, Outcome::Complete, "{lost}");
        assert_eq!(receiver.received(0).outcome, Outcome::Complete);
        assert_eq!(contents(receiver.inbox.path()).into_keys().collect::<Vec<_>>(), ["trip/a", "trip/film"]);
    }
}
