//! A device that is known and not here: what is sent to it waits until it is back, where that is wanted.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::fs;

use airlift::{
    engine::{Absence, Command, Consent, Handle, Manner, ReceivingState, Strangers},
    model::{Link, Outcome, ProblemKind, Side, Source, Target, TransferId, TransferState},
};
use support::device::Device;

/// A device that is known at the other, and where it was last.
struct Gone {
    sender: Device,
    receiver: Device,
    port: u16,
    to: Target,
}

impl Gone {
    fn new() -> Self {
        let (mut sender, mut receiver) = (Device::start("Anna"), Device::start("Ben"));
        let port = receiver.receive(Consent::All);
        receiver.tell(Command::StopReceiving);
        receiver.until("that it stops", |state| (state.receiving == ReceivingState::Off).then_some(()));
        let id = receiver.state.device.id;
        sender.know(id);
        let to = Target::Link(Link { id, address: format!("127.0.0.1:{port}").parse().unwrap() });
        fs::write(sender.inbox.path().join("letter"), b"for Ben").unwrap();
        Self { sender, receiver, port, to }
    }

    fn send(&self, absence: Absence) -> TransferId {
        let id = Handle::new_transfer();
        let sources = vec![Source::Path(self.sender.inbox.path().join("letter"))];
        let manner = Manner { strangers: Strangers::GoAhead, absence, ..Manner::default() };
        self.sender.tell(Command::Send { id, to: self.to.clone(), sources, manner });
        id
    }

    fn waits(&mut self, id: TransferId) {
        self.sender.until("that it waits", |state| {
            matches!(state.transfer(id)?.state, TransferState::Away { .. }).then_some(())
        });
    }
}

#[test]
fn what_waits_for_a_device_goes_when_it_is_back_and_nobody_has_said_so() {
    let mut gone = Gone::new();
    let id = gone.send(Absence::Waits);
    gone.waits(id);
    let shown = gone.sender.state.transfer(id).unwrap();
    assert!(!shown.may_pause() && !shown.rests() && !shown.is_finished());
    gone.receiver.receive_on(gone.port, Consent::All);
    assert_eq!(gone.sender.report(id).outcome, Outcome::Complete);
    assert_eq!(gone.receiver.arrived(), ["letter"]);
}

#[test]
fn what_waits_can_be_given_up_and_nothing_of_it_is_sent_afterwards() {
    let mut gone = Gone::new();
    let id = gone.send(Absence::Waits);
    gone.waits(id);
    gone.sender.tell(Command::Cancel(id));
    assert_eq!(gone.sender.report(id).outcome, Outcome::Cancelled { by: Side::Here });
    gone.receiver.receive_on(gone.port, Consent::All);
    let another = gone.send(Absence::Fails);
    assert_eq!(gone.sender.report(another).outcome, Outcome::Complete);
    assert_eq!(gone.receiver.received(0).outcome, Outcome::Complete);
    assert_eq!(gone.receiver.state.transfers.len(), 1);
}

#[test]
fn nobody_waits_who_has_not_asked_for_it_nor_for_a_device_that_nobody_knows() {
    let mut gone = Gone::new();
    let unasked = gone.send(Absence::Fails);
    let outcome = gone.sender.report(unasked).outcome;
    let away = |outcome: &Outcome| {
        matches!(outcome, Outcome::Failed(problem)
            if matches!(problem.kind, ProblemKind::Unreachable | ProblemKind::NotReceiving))
    };
    assert!(away(&outcome), "{outcome:?}");
    let stranger = Device::start("Carl").state.device.id;
    gone.to =
        Target::Link(Link { id: stranger, address: format!("127.0.0.1:{}", gone.port).parse().unwrap() });
    let unknown = gone.send(Absence::Waits);
    let outcome = gone.sender.report(unknown).outcome;
    assert!(away(&outcome), "{outcome:?}");
}
