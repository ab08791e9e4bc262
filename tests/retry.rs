//! Files that fail while others are stored, and are sent once more by themselves.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use airlift::{
    engine::{Command, Consent, Settings},
    model::{
        Answer, ByteRate, Landing, Outcome, ProblemKind, Report, Retry, Side, TransferId, TransferState,
    },
};
use support::{
    device::Device,
    tree::{describe, leftovers, noise, put},
};

/// A sender with a tree, and a receiver that asks.
struct Two {
    sender: Device,
    receiver: Device,
    port: u16,
}

impl Two {
    fn meet() -> Self {
        let (sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
        for (name, size) in [("a", 3_000_000), ("b/late", 400), ("c", 5_000_000), ("d", 0)] {
            put(sender.inbox.path(), &format!("tree/{name}"), &noise(size as u64, size));
        }
        let port = receiver.receive(Consent::Ask);
        Self { sender, receiver, port }
    }

    fn source(&self) -> PathBuf {
        self.sender.inbox.path().join("tree")
    }

    fn arrived(&self) -> PathBuf {
        self.receiver.inbox.path().join("tree")
    }

    /// Sends the tree, and does something once all of it was offered, before the answer.
    fn send(&mut self, before: impl FnOnce(&Path)) -> TransferId {
        let id = self.sender.send(self.port, &[self.source()]);
        let asked = self.receiver.until("an offer", |state| {
            state.transfers.iter().find(|transfer| transfer.asks()).map(|transfer| transfer.id)
        });
        before(&self.source());
        let landing = Landing { folder: Some(self.receiver.inbox.path().to_owned()), ..Landing::default() };
        self.receiver.tell(Command::Answer { id: asked, answer: Answer::Accept(landing) });
        id
    }

    /// The next end of that transfer after the one that was retried.
    fn retry(&mut self, id: TransferId) -> Report {
        self.sender.tell(Command::Retry(id));
        self.sender.until("the retry to begin", |state| {
            (!matches!(state.transfer(id)?.state, TransferState::Finished(_))).then_some(())
        });
        self.sender.report(id)
    }

    /// Retries it, and writes a file anew while its content is on its way.
    fn change_while_it_flows(&mut self, id: TransferId, name: &str) {
        let limit = |limit| Settings { limit, ..self.sender.state.settings.clone() };
        let (slow, fast) = (limit(Some(ByteRate::MIN)), limit(None));
        fs::write(self.source().join(name), noise(8, 5_000_000)).unwrap();
        self.sender.tell(Command::Apply(slow));
        self.sender.tell(Command::Retry(id));
        self.sender.until("content to flow", |state| {
            (state.transfer(id)?.state == TransferState::Active).then_some(())
        });
        fs::write(self.source().join(name), noise(9, 5_000_000)).unwrap();
        self.sender.tell(Command::Apply(fast));
    }

    /// Both sides call it complete, and it is; the receiver was asked once.
    fn check_complete(&mut self, report: &Report) {
        assert_eq!(report.outcome, Outcome::Complete, "{report:?}");
        assert_eq!((report.files, report.failed, report.retry), (4, 0, Retry::Impossible));
        let received =
            self.receiver.until("all that is received", |state| match &state.transfers.first()?.state {
                TransferState::Finished(report) if report.outcome == Outcome::Complete => {
                    Some(report.clone())
                }
                _ => None,
            });
        assert_eq!((received.files, received.bytes), (report.files, report.bytes));
        assert_eq!(describe(&self.arrived()), describe(&self.source()));
        assert_eq!(self.receiver.arrived(), ["tree"]);
        assert_eq!(leftovers(self.receiver.inbox.path()), Vec::<PathBuf>::new());
        assert_eq!(self.receiver.state.transfers.len(), 1, "it is one transfer");
    }
}

fn check_incomplete(report: &Report, failed: u64, side: Side) {
    let Outcome::Failed(problem) = &report.outcome else { panic!("{report:?}") };
    assert_eq!((problem.kind, problem.side), (ProblemKind::Incomplete, side));
    assert_eq!((report.files, report.failed), (4 - failed, failed), "{report:?}");
}

#[test]
fn files_that_could_not_be_read_are_listed_and_sent_once_more_when_they_can_be() {
    let mut two = Two::meet();
    let away = two.sender.inbox.path().join("away");
    fs::create_dir(&away).unwrap();
    let id = two.send(|source| {
        fs::rename(source.join("b/late"), away.join("late")).unwrap();
        fs::rename(source.join("c"), away.join("c")).unwrap();
    });
    let first = two.sender.report(id);
    check_incomplete(&first, 2, Side::Here);
    assert_eq!(first.retry, Retry::Possible);
    let mut listed: Vec<_> = first.problems.iter().map(|problem| problem.path.as_str()).collect();
    listed.sort_unstable();
    assert_eq!(listed, ["tree/b/late", "tree/c"]);
    let received = two.receiver.received(0);
    check_incomplete(&received, 2, Side::There);
    assert_eq!(received.retry, Retry::Impossible, "it is not for the receiver to send");
    fs::rename(away.join("late"), two.source().join("b/late")).unwrap();
    fs::rename(away.join("c"), two.source().join("c")).unwrap();
    let second = two.retry(id);
    assert!((5_000_400..5_010_000).contains(&second.pipeline.wire_bytes), "{second:?}");
    two.check_complete(&second);
}

#[test]
fn a_file_that_changed_while_it_was_sent_is_sent_as_it_is_then() {
    let mut two = Two::meet();
    let id = two.send(|source| fs::write(source.join("c"), noise(9, 6_000_000)).unwrap());
    check_incomplete(&two.sender.report(id), 1, Side::Here);
    assert!(!two.arrived().join("c").exists(), "never a mixed file");
    let second = two.retry(id);
    two.check_complete(&second);
}

#[test]
fn what_fails_again_is_listed_again_and_can_be_tried_a_third_time() {
    let mut two = Two::meet();
    let id = two.send(|source| fs::remove_file(source.join("c")).unwrap());
    check_incomplete(&two.sender.report(id), 1, Side::Here);
    two.change_while_it_flows(id, "c");
    let second = two.sender.report(id);
    check_incomplete(&second, 1, Side::Here);
    assert_eq!(second.retry, Retry::Possible);
    assert!(!two.arrived().join("c").exists());
    let third = two.retry(id);
    two.check_complete(&third);
}

#[test]
fn what_is_no_longer_on_the_list_is_not_retried() {
    let mut two = Two::meet();
    let id = two.send(|source| fs::remove_file(source.join("c")).unwrap());
    check_incomplete(&two.sender.report(id), 1, Side::Here);
    two.sender.tell(Command::Forget(id));
    two.sender.tell(Command::Retry(id));
    let (reply, measured) = tokio::sync::oneshot::channel();
    // After its answer, what was asked before has had its effect.
    two.sender.tell(Command::Measure { path: two.source(), reply });
    two.sender.engine.block_on(measured).unwrap().unwrap();
    two.sender.drain();
    assert!(two.sender.state.transfers.is_empty(), "{:?}", two.sender.state.transfers);
}

#[test]
fn the_same_sent_again_instead_of_retried_costs_what_failed_as_well() {
    let mut two = Two::meet();
    let id = two.send(|source| fs::rename(source.join("c"), source.join("../away")).unwrap());
    check_incomplete(&two.sender.report(id), 1, Side::Here);
    fs::rename(two.source().join("../away"), two.source().join("c")).unwrap();
    let again = two.sender.send(two.port, &[two.source()]);
    let second = two.sender.report(again);
    assert!((5_000_000..5_010_000).contains(&second.pipeline.wire_bytes), "{second:?}");
    two.check_complete(&second);
}
