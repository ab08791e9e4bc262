//! What a device does with texts: whom it takes them from, how many it keeps, and how one becomes a file.

use std::fs;

use airlift::{
    engine::{Command, Consent, DeviceChange, Handle, Manner, Strangers},
    model::{
        Address, Answer, ByteRate, Direction, Landing, Outcome, Problem, Retry, Source, Text, Transfer,
        TransferId, TransferState, Trust,
    },
    settings::Settings,
    wire::limits,
};
use tokio::sync::oneshot;

use crate::{
    support::{device::Device, tree::leftovers},
    text,
};

fn send(device: &Device, port: u16, sources: Vec<Source>) -> TransferId {
    let id = Handle::new_transfer();
    let to = Address { host: "127.0.0.1".into(), port: Some(port) };
    let manner = Manner { strangers: Strangers::GoAhead, ..Manner::default() };
    device.tell(Command::Send { id, to: to.into(), sources, manner });
    id
}

fn send_text(device: &Device, port: u16, text: &Text) -> TransferId {
    send(device, port, vec![Source::Text(text.clone())])
}

fn received(device: &Device) -> Vec<&Transfer> {
    device.state.transfers.iter().filter(|t| t.direction == Direction::Receive).collect()
}

/// What comes of the wish to have a text as a file.
fn save(device: &Device, id: TransferId) -> Result<std::path::PathBuf, Problem> {
    let (reply, saved) = oneshot::channel();
    device.tell(Command::SaveText { id, reply });
    device.engine.block_on(saved).unwrap()
}

#[test]
fn a_text_is_in_the_state_that_faces_see_once_somebody_has_said_yes_and_it_is_whole() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben"));
    let port = there.receive(Consent::Ask);
    let text = text(5_000);
    let id = send_text(&here, port, &text);
    let asked = there.until("the question", |state| state.transfers.iter().find(|t| t.asks()).cloned());
    assert_eq!((asked.text, asked.folder, asked.free), (None, None, None));
    assert_eq!((asked.summary.title().as_str(), asked.summary.bytes), ("Text", 5_000));
    let answer = Answer::Accept(Landing::default());
    there.tell(Command::Answer { id: asked.id, answer });
    assert_eq!(here.report(id).outcome, Outcome::Complete);
    assert_eq!(there.received(0).outcome, Outcome::Complete);
    assert_eq!(there.state.transfer(asked.id).unwrap().text.as_ref(), Some(&text));
    assert_eq!(here.state.transfer(id).unwrap().text.as_ref(), Some(&text));
    assert!(!there.state.transfer(asked.id).unwrap().can_pause());
    assert!(there.arrived().is_empty());
}

#[test]
fn a_text_needs_no_folder_makes_none_and_tries_none() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben"));
    let file = there.inbox.path().join("file");
    let gone = there.inbox.path().join("a stick that is not plugged in").join("Airlift");
    fs::write(&file, b"no folder").unwrap();
    let text = text(5_000);
    for (nth, inbox) in [file.clone(), gone, there.home().to_owned()].into_iter().enumerate() {
        let landing = Landing { folder: Some(inbox), ..Landing::default() };
        let port = there.receive_into(0, Consent::All, landing);
        let id = send_text(&here, port, &text);
        let sent = here.report(id);
        assert_eq!(sent.outcome, Outcome::Complete, "{sent:?}");
        let came = there.received(nth);
        assert_eq!(
            (&came.outcome, came.saved.len(), came.notes.len()),
            (&Outcome::Complete, 0, 0),
            "{came:?}"
        );
        assert_eq!(received(&there)[nth].text.as_ref(), Some(&text));
    }
    assert_eq!(there.arrived(), ["file"]);
}

#[test]
fn a_text_that_is_declined_and_one_of_a_device_that_is_blocked_is_seen_by_nobody() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben"));
    let port = there.receive(Consent::Nobody("nobody is there"));
    let id = send_text(&here, port, &text(50));
    assert!(matches!(here.report(id).outcome, Outcome::Declined { .. }));
    there.received(0);
    there.receive_on(port, Consent::All);
    let anna = here.state.device.id;
    there.tell(Command::Device { id: anna, change: DeviceChange::Trust(Trust::Blocked) });
    there.until("that it is blocked", |state| (state.trust(anna) == Trust::Blocked).then_some(()));
    let before = received(&there).len();
    let id = send_text(&here, port, &text(50));
    let waits =
        |t: &Transfer| matches!(t.state, TransferState::Finished(_) | TransferState::Interrupted { .. });
    here.until("that it comes to nothing", |state| waits(state.transfer(id)?).then_some(()));
    let mut friend = Device::start("Friend");
    let id = send_text(&friend, port, &text(60));
    assert_eq!(friend.report(id).outcome, Outcome::Complete);
    there.received(before);
    let texts: Vec<_> = received(&there).into_iter().filter_map(|t| t.text.clone()).collect();
    assert_eq!(texts, [text(60)]);
}

#[test]
fn texts_come_while_files_flow() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben"));
    let limit = |limit| there.tell(Command::Apply(Settings { limit, ..there.state.settings.clone() }));
    limit(Some(ByteRate::new(100_000).unwrap()));
    let port = there.receive(Consent::All);
    let source = here.inbox.path().join("big.bin");
    // A minute and more at that speed.
    fs::write(&source, vec![7; 8_000_000]).unwrap();
    let file = here.send(port, &[source]);
    here.until("content to flow", |s| (s.transfer(file)?.state == TransferState::Active).then_some(()));
    for nth in 1..4 {
        let id = send_text(&here, port, &text(nth * 100));
        assert_eq!(here.report(id).outcome, Outcome::Complete);
        there.until("the text", |s| s.transfers.iter().find(|t| t.text == Some(text(nth * 100))).map(drop));
    }
    assert_eq!(here.state.transfer(file).unwrap().state, TransferState::Active);
    there.tell(Command::Apply(Settings { limit: None, ..there.state.settings.clone() }));
    assert_eq!(here.report(file).outcome, Outcome::Complete);
}

#[test]
fn of_many_texts_the_latest_are_kept_and_no_more_than_there_is_memory_for() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben"));
    let port = there.receive(Consent::All);
    let kept = usize::try_from(limits::MAX_WORDS_KEPT / limits::MAX_WORDS).unwrap();
    let longest = text(Text::MAX_LEN);
    for nth in 0..kept + 3 {
        let id = send_text(&here, port, &longest);
        assert_eq!(here.report(id).outcome, Outcome::Complete);
        there.received(nth);
    }
    let has_text = |state: &airlift::engine::Snapshot| -> Vec<bool> {
        let received = state.transfers.iter().filter(|t| t.direction == Direction::Receive);
        received.map(|t| t.text.is_some()).collect()
    };
    let expected: Vec<_> = (0..kept + 3).map(|nth| nth >= 3).collect();
    there.until("that the oldest are let go", |state| (has_text(state) == expected).then_some(()));
    let first = received(&there)[0].id;
    let gone = save(&there, first).unwrap_err();
    assert!(gone.text.contains("not kept any more"), "{gone:?}");
}

#[test]
fn a_text_becomes_a_file_when_a_person_wants_that_beside_whatever_is_there() {
    let (mut here, mut there) = (Device::start("Anna/../Ben"), Device::start("Ben"));
    let inbox = there.inbox.path().to_owned();
    let port = there.receive_as_set(0, Consent::All, inbox.clone());
    let text = text(super::CHUNK + 5);
    let id = send_text(&here, port, &text);
    assert_eq!(here.report(id).outcome, Outcome::Complete);
    there.received(0);
    let id = received(&there)[0].id;
    let saved: Vec<_> = (0..2).map(|_| save(&there, id).unwrap()).collect();
    let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let names: Vec<_> = saved.iter().map(name).collect();
    assert_eq!(names, ["Text from Anna-..-Ben.txt", "Text from Anna-..-Ben (1).txt"]);
    for path in &saved {
        assert_eq!(path.parent().unwrap().canonicalize().unwrap(), inbox.canonicalize().unwrap());
        assert_eq!(fs::read_to_string(path).unwrap(), text.as_str());
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o77,
            0
        );
    }
    assert!(leftovers(&inbox).is_empty());
    let nothing = save(&there, TransferId([9; 16])).unwrap_err();
    assert!(nothing.text.contains("not kept"), "{nothing:?}");
}

#[test]
fn a_text_goes_by_itself() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben"));
    let port = there.receive(Consent::All);
    let path = here.inbox.path().join("a");
    fs::write(&path, "a").unwrap();
    for sources in [
        vec![Source::Text(text(1)), Source::Path(path.clone())],
        vec![Source::Path(path), Source::Text(text(1))],
        vec![Source::Text(text(1)), Source::Text(text(2))],
    ] {
        let id = send(&here, port, sources);
        let Outcome::Failed(problem) = here.report(id).outcome else { panic!() };
        assert!(problem.text.starts_with("A text is sent by itself."), "{problem:?}");
    }
    assert!(there.arrived().is_empty());
}

#[test]
fn a_text_that_was_declined_can_be_sent_once_more_by_one_press() {
    let (mut here, mut there) = (Device::start("Anna"), Device::start("Ben"));
    let port = there.receive(Consent::Nobody("nobody is there"));
    let id = send_text(&here, port, &text(70));
    let declined = here.report(id);
    assert!(matches!(declined.outcome, Outcome::Declined { .. }), "{declined:?}");
    assert_eq!(declined.retry, Retry::Possible);
    there.received(0);
    there.receive_on(port, Consent::All);
    here.tell(Command::Retry(id));
    here.until("that it is sent", |state| match &state.transfer(id)?.state {
        TransferState::Finished(report) if report.outcome == Outcome::Complete => Some(()),
        _ => None,
    });
    there.until("the text", |state| state.transfers.iter().find(|t| t.text == Some(text(70))).map(drop));
}
