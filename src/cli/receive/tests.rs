use super::*;
use crate::{
    cli::stage::{Stage, Told, complete, transfer, within},
    engine::{Event, ReceivingState},
    model::{
        Agreement as Compares, Caution, CompareCode, DeviceId, DeviceName, Direction, Meeting, Outcome,
        Problem, ProblemKind, Side, Transfer, TransferState,
    },
};

fn reception(consent: Agreement, until: ReceiveUntil) -> Reception {
    let landing = Landing { name: Some("other".to_owned()), ..Landing::default() };
    Reception {
        port: PortChoice::Exactly(0),
        consent,
        until,
        landing,
        conflict: Some(Conflict::Skip),
        code: None,
    }
}

async fn run(
    stage: &mut Stage,
    told: &mut dyn Tell,
    reception: Reception,
    script: impl AsyncFnOnce(&mut Stage),
) -> Exit {
    let interrupts = stage.interrupts.take().unwrap();
    let received = receive(stage.handle.clone(), reception, told, interrupts);
    let (exit, ()) = within(async { tokio::join!(received, script(stage)) }).await;
    exit.unwrap()
}

async fn asked(stage: &mut Stage) -> Receiving {
    let Command::Receive(receiving) = stage.command().await else { panic!("not a receive") };
    receiving
}

fn offer(id: u8) -> Transfer {
    transfer(id, Direction::Receive)
}

#[tokio::test]
async fn one_transfer_is_received_and_told_from_listening_to_saved() {
    let (mut stage, mut told) = (Stage::set(), Told::new());
    let once = reception(Agreement::All, ReceiveUntil::OneTransfer);
    let exit = run(&mut stage, &mut told, once, async |stage| {
        let receiving = asked(stage).await;
        assert_eq!((receiving.port, receiving.consent), (PortChoice::Exactly(0), Consent::All));
        assert_eq!(receiving.landing.conflict, Conflict::Skip);
        let addresses = vec!["10.0.0.7".parse().unwrap(), "fd00::7".parse().unwrap()];
        stage.end.publisher.publish(Event::Receiving(ReceivingState::On { port: 99, addresses }));
        stage.say(&offer(1), TransferState::Waiting);
        stage.say(&offer(1), TransferState::Active);
        stage.say(&offer(1), TransferState::Finished(Box::new(complete(&offer(1)))));
    })
    .await;
    assert_eq!(exit, Exit::Complete);
    assert_eq!(told.events(), ["listening", "offer", "started", "progress", "finished"]);
    let lines = told.json();
    assert_eq!((&lines[0]["port"], &lines[0]["name"]), (&99.into(), &"This one".into()));
    assert_eq!(lines[0]["addresses"], serde_json::json!(["10.0.0.7", "fd00::7"]));
    assert_eq!((&lines[0]["folder"], &lines[0]["free"]), (&"/home/anna/in".into(), &5_000.into()));
    assert_eq!(lines[1]["from"]["address"], "192.168.1.20");
    assert_eq!(lines[1]["items"][0], serde_json::json!({"name": "photo.jpg", "kind": "file", "bytes": 3000}));
    assert_eq!(lines[1]["items"][1], serde_json::json!({"name": "trip", "kind": "folder", "bytes": null}));
    assert_eq!(
        (&lines[1]["files"], &lines[1]["folders"], &lines[1]["bytes"]),
        (&2.into(), &1.into(), &3_500.into())
    );
    assert_eq!(
        lines[1]["skipped"],
        serde_json::json!({"links": 0, "special": 0, "unreadable": 0, "own": 0, "gone": 0, "new": 0})
    );
    assert_eq!(lines[4]["saved"], serde_json::json!(["/home/anna/in/photo.jpg", "/home/anna/in/trip"]));
}

#[tokio::test]
async fn without_once_it_goes_on_and_forgets_what_it_told() {
    let (mut stage, mut told) = (Stage::set(), Told::new());
    let on = reception(Agreement::Nobody("no"), ReceiveUntil::Interrupted);
    let exit = run(&mut stage, &mut told, on, async |stage| {
        assert_eq!(asked(stage).await.consent, Consent::Nobody("no"));
        for id in [1, 2] {
            stage.finish(&offer(id), Outcome::Declined { by: Side::Here, reason: Some("no".to_owned()) });
            assert!(matches!(stage.command().await, Command::Forget(forgotten) if forgotten == offer(id).id));
            stage.end.publisher.publish(Event::Forgotten(offer(id).id));
        }
        stage.interrupt.send(()).await.unwrap();
    })
    .await;
    assert_eq!(exit, Exit::Complete, "nothing ran");
    assert_eq!(told.events(), ["offer", "finished", "offer", "finished"]);
    assert_eq!(told.json()[1]["problem"], "Declined here: no");
}

/// What is told a person alone.
#[derive(Default)]
struct Remarks(Vec<String>);

impl Tell for Remarks {
    fn tell(&mut self, news: News<'_>) {
        if let News::Remark(line) = news {
            self.0.push(line.to_owned());
        }
    }

    fn ask(&mut self, _: &[String]) {}

    fn answered(&mut self) {}
}

#[tokio::test]
async fn an_offer_that_nobody_here_has_answered_does_not_end_once_and_the_one_that_was_meant_does() {
    for consent in [Agreement::TrustedAlone("no"), Agreement::All] {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let once = reception(consent, ReceiveUntil::OneTransfer);
        let exit = run(&mut stage, &mut told, once, async |stage| {
            asked(stage).await;
            for number in 1..4 {
                stage.say(&offer(number), TransferState::Waiting);
                let reason = Some("no".to_owned());
                stage.finish(&offer(number), Outcome::Declined { by: Side::Here, reason });
                let Command::Forget(_) = stage.command().await else { panic!("it was kept") };
            }
            stage.say(&offer(4), TransferState::Active);
            stage.finish(&offer(4), Outcome::Complete);
        })
        .await;
        assert_eq!(exit, Exit::Complete);
    }
}

#[tokio::test]
async fn a_known_name_with_another_key_is_told_where_everything_is_accepted() {
    let (mut stage, mut told) = (Stage::set(), Remarks::default());
    let once = reception(Agreement::All, ReceiveUntil::OneTransfer);
    run(&mut stage, &mut told, once, async |stage| {
        asked(stage).await;
        let (name, known) = (DeviceName::parse("Anna").unwrap(), DeviceId::of_public_key(b"other"));
        let caution = Some(Caution::OtherKey { name, known });
        let offer = Transfer { caution, ..offer(1) };
        stage.say(&offer, TransferState::Active);
        stage.finish(&offer, Outcome::Complete);
    })
    .await;
    assert!(matches!(&told.0[..], [careful] if careful.starts_with("CAREFUL: Anna")), "{:?}", told.0);
}

#[tokio::test]
async fn an_interrupt_cancels_what_runs_and_shows_in_the_exit_code() {
    for (until, begin) in [(ReceiveUntil::Interrupted, true), (ReceiveUntil::OneTransfer, false)] {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let exit = run(&mut stage, &mut told, reception(Agreement::All, until), async |stage| {
            asked(stage).await;
            if begin {
                stage.say(&offer(1), TransferState::Active);
            }
            stage.interrupt.send(()).await.unwrap();
            if begin {
                assert!(matches!(stage.command().await, Command::Cancel(id) if id == offer(1).id));
                stage.finish(&offer(1), Outcome::Cancelled { by: Side::Here });
            }
        })
        .await;
        assert_eq!(exit, Exit::Cancelled);
    }
}

#[tokio::test]
async fn what_was_complete_before_it_could_be_cancelled_is_complete() {
    for until in [ReceiveUntil::Interrupted, ReceiveUntil::OneTransfer] {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let exit = run(&mut stage, &mut told, reception(Agreement::All, until), async |stage| {
            asked(stage).await;
            stage.say(&offer(1), TransferState::Active);
            stage.interrupt.send(()).await.unwrap();
            assert!(matches!(stage.command().await, Command::Cancel(id) if id == offer(1).id));
            stage.finish(&offer(1), Outcome::Complete);
        })
        .await;
        assert_eq!(exit, Exit::Complete, "{until:?}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_ends_it_with_the_sentence() {
    let (mut stage, mut told) = (Stage::set(), Told::new());
    let on = reception(Agreement::All, ReceiveUntil::Interrupted);
    let exit = run(&mut stage, &mut told, on, async |stage| {
        asked(stage).await;
        let text = "Port 80 is taken.".to_owned();
        let problem = Problem { side: Side::Here, kind: ProblemKind::Other, text };
        stage.end.publisher.publish(Event::Receiving(ReceivingState::Failed(problem)));
    })
    .await;
    assert_eq!(exit, Exit::Failed);
    assert_eq!(told.json(), [serde_json::json!({"event": "error", "problem": "Port 80 is taken."})]);
}

#[tokio::test]
async fn a_person_compares_first_and_is_asked_about_the_offer_when_it_has_come() {
    let (mut stage, mut told) = (Stage::set(), Told::new());
    let (type_line, typed) = mpsc::channel(1);
    let asked_by = told.asked_by();
    let once = reception(Agreement::Ask(typed), ReceiveUntil::OneTransfer);
    let exit = run(&mut stage, &mut told, once, async |stage| {
        asked(stage).await;
        let met = |t: Transfer| {
            let code = CompareCode::new(u64::from(t.id.0[0]));
            let meeting = Some(Meeting { code, here: Compares::Asked });
            Transfer { meeting, summary: t.summary.counts(), ..t }
        };
        stage.say(&met(offer(1)), TransferState::Comparing);
        asked_by.wait_for("show 000 001 (“").await;
        type_line.send("y".to_owned()).await.unwrap();
        assert!(matches!(stage.command().await, Command::Agree(id) if id == offer(1).id));
        // Its sender leaves: nobody here has said yes or no to anything.
        stage.finish(&met(offer(1)), Outcome::Cancelled { by: Side::There });
        assert!(matches!(stage.command().await, Command::Forget(_)));
        stage.say(&met(offer(2)), TransferState::Comparing);
        asked_by.wait_for("show 000 002 (“").await;
        type_line.send("y".to_owned()).await.unwrap();
        assert!(matches!(stage.command().await, Command::Agree(id) if id == offer(2).id));
        stage.say(&offer(2), TransferState::Waiting);
        asked_by.wait_for("Accept photo.jpg").await;
        type_line.send("y".to_owned()).await.unwrap();
        assert!(matches!(stage.command().await, Command::Answer { answer: Answer::Accept(_), .. }));
        stage.say(&offer(2), TransferState::Active);
        stage.say(&offer(2), TransferState::Finished(Box::new(complete(&offer(2)))));
    })
    .await;
    assert_eq!(exit, Exit::Complete);
    assert_eq!(told.events().iter().filter(|event| *event == "meeting").count(), 2);
}

#[tokio::test]
async fn a_person_answers_one_offer_after_the_other() {
    let (mut stage, mut told) = (Stage::set(), Told::new());
    let (type_line, typed) = mpsc::channel(1);
    let asked_by = told.asked_by();
    let on = reception(Agreement::Ask(typed), ReceiveUntil::Interrupted);
    let exit = run(&mut stage, &mut told, on, async |stage| {
        assert_eq!(asked(stage).await.consent, Consent::Ask);
        for id in [1, 2, 3] {
            stage.say(&offer(id), TransferState::Waiting);
        }
        asked_by.wait_for("Accept photo.jpg").await;
        type_line.send("perhaps".to_owned()).await.unwrap();
        asked_by.wait_for("y or n, then Enter.\nPlease").await;
        type_line.send(" Yes ".to_owned()).await.unwrap();
        let Command::Answer { id, answer: Answer::Accept(landing) } = stage.command().await else {
            panic!("not accepted")
        };
        assert_eq!((id, landing.name.as_deref()), (offer(1).id, Some("other")));
        // The second sender gives up before it is answered.
        stage.finish(&offer(2), Outcome::Cancelled { by: Side::There });
        asked_by.wait_for("has ended").await;
        assert!(matches!(stage.command().await, Command::Forget(id) if id == offer(2).id));
        type_line.send("n".to_owned()).await.unwrap();
        let Command::Answer { id, answer } = stage.command().await else { panic!("no answer") };
        assert_eq!((id, answer), (offer(3).id, Answer::Decline(None)));
        // The person closes the terminal's input: whatever comes now is declined with the reason.
        drop(type_line);
        stage.say(&offer(4), TransferState::Waiting);
        let Command::Answer { id, answer } = stage.command().await else { panic!("no answer") };
        assert_eq!((id, answer), (offer(4).id, Answer::Decline(Some(NOBODY_ANY_MORE.to_owned()))));
        for id in [1, 3, 4] {
            stage.finish(&offer(id), Outcome::Cancelled { by: Side::There });
            assert!(matches!(stage.command().await, Command::Forget(_)));
        }
        stage.interrupt.send(()).await.unwrap();
    })
    .await;
    assert_eq!(exit, Exit::Complete);
    assert_eq!(told.asked().matches("wants to send").count(), 4);
}

#[tokio::test]
async fn after_the_one_transfer_the_others_are_cancelled_and_the_first_decides() {
    let (mut stage, mut told) = (Stage::set(), Told::new());
    let once = reception(Agreement::All, ReceiveUntil::OneTransfer);
    let exit = run(&mut stage, &mut told, once, async |stage| {
        asked(stage).await;
        stage.say(&offer(1), TransferState::Active);
        stage.say(&offer(2), TransferState::Active);
        stage.say(&offer(1), TransferState::Finished(Box::new(complete(&offer(1)))));
        assert!(matches!(stage.command().await, Command::Cancel(id) if id == offer(2).id));
        stage.finish(&offer(2), Outcome::Cancelled { by: Side::Here });
    })
    .await;
    assert_eq!(exit, Exit::Complete);
    assert_eq!(told.events().iter().filter(|event| *event == "finished").count(), 2);
}
