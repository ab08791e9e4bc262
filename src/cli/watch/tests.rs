use super::*;
use crate::{
    cli::stage::{Stage, complete, transfer, within},
    model::{Direction, Problem, ProblemKind, Scope, Side, TransferState},
};

fn watch(stage: &mut Stage) -> Watch {
    Watch::new(stage.handle.clone(), stage.interrupts.take().unwrap())
}

async fn moments(watch: &mut Watch) -> Vec<Moment> {
    let mut all = Vec::new();
    loop {
        if let Turn::Transfer(moment, _) = within(watch.next()).await {
            all.push(moment);
            if moment == Moment::Finished {
                return all;
            }
        }
    }
}

#[tokio::test]
async fn a_face_that_missed_every_event_is_told_the_whole_story_all_the_same() {
    let mut stage = Stage::set();
    let mut watch = watch(&mut stage);
    let t = transfer(1, Direction::Send);
    for _ in 0..3_000 {
        stage.say(&t, TransferState::Active);
    }
    let report = complete(&t);
    stage.say(&t, TransferState::Finished(Box::new(report.clone())));
    assert_eq!(within(watch.next()).await, Turn::Transfer(Moment::Offered, Box::new(finished(&t, &report))));
    assert_eq!(within(watch.next()).await, Turn::Transfer(Moment::Started, Box::new(finished(&t, &report))));
    let Turn::Progress(_, progress) = within(watch.next()).await else { panic!("no progress at the end") };
    assert_eq!((progress.bytes, progress.total, progress.files), (3_500, Some(3_500), 2));
    assert_eq!(within(watch.next()).await, Turn::Transfer(Moment::Finished, Box::new(finished(&t, &report))));
}

fn finished(t: &Transfer, report: &Report) -> Transfer {
    Transfer { state: TransferState::Finished(Box::new(report.clone())), ..t.clone() }
}

#[tokio::test]
async fn each_moment_is_told_once_however_often_it_is_published() {
    let mut stage = Stage::set();
    let mut watch = watch(&mut stage);
    let t = transfer(1, Direction::Receive);
    for state in [TransferState::Connecting, TransferState::Waiting, TransferState::Active] {
        stage.say(&t, state.clone());
        stage.say(&t, state);
    }
    // A late word of an earlier state changes nothing.
    stage.say(&t, TransferState::Waiting);
    stage.finish(&t, Outcome::Cancelled { by: Side::There });
    stage.finish(&t, Outcome::Cancelled { by: Side::There });
    let all = moments(&mut watch).await;
    assert_eq!(all, [Moment::Begun, Moment::Offered, Moment::Started, Moment::Finished]);
    assert!(watch.due.is_empty());
}

#[tokio::test]
async fn what_is_asked_beyond_what_was_agreed_is_told_as_an_offer_each_time() {
    let mut stage = Stage::set();
    let mut watch = watch(&mut stage);
    let t = transfer(1, Direction::Receive);
    let more = Transfer { scope: Scope::More, ..t.clone() };
    let why = Problem { side: Side::There, kind: ProblemKind::Link, text: "gone".into() };
    for state in [TransferState::Waiting, TransferState::Active] {
        stage.say(&t, state);
    }
    for _ in 0..2 {
        stage.say(&t, TransferState::Interrupted { why: why.clone(), again: None });
        stage.say(&more, TransferState::Waiting);
        stage.say(&more, TransferState::Waiting);
    }
    // It has become more meanwhile, and whatever came between was missed.
    let mut larger = more.clone();
    larger.summary.bytes += 1;
    stage.say(&larger, TransferState::Waiting);
    stage.say(&t, TransferState::Active);
    stage.finish(&t, Outcome::Cancelled { by: Side::There });
    let told = moments(&mut watch).await;
    let offers = [Moment::Offered, Moment::Offered, Moment::Offered];
    assert_eq!(told, [&[Moment::Offered, Moment::Started][..], &offers, &[Moment::Finished]].concat());
}

#[tokio::test]
async fn what_ends_before_its_offer_is_complete_was_never_offered() {
    let mut stage = Stage::set();
    let mut watch = watch(&mut stage);
    let mut t = transfer(1, Direction::Send);
    t.summary = crate::model::Summary::default();
    stage.say(&t, TransferState::Connecting);
    stage.finish(&t, Outcome::Cancelled { by: Side::Here });
    assert_eq!(moments(&mut watch).await, [Moment::Begun, Moment::Finished]);
}

#[tokio::test]
async fn progress_is_sampled_while_content_flows_and_only_then() {
    let mut stage = Stage::set();
    let mut watch = watch(&mut stage);
    let t = transfer(1, Direction::Send);
    let (release, released) = tokio::sync::oneshot::channel();
    let script = async {
        stage.say(&t, TransferState::Active);
        for bytes in [1, 1, 2] {
            stage.progress(t.id, Progress { bytes, ..Progress::default() }).await;
        }
        stage.end.publisher.hide_progress(t.id);
        stage.say(&t, TransferState::Finished(Box::new(complete(&t))));
        let _ = released.await;
    };
    let follow = async {
        let mut seen = Vec::new();
        loop {
            match watch.next().await {
                Turn::Progress(_, progress) => seen.push(progress.bytes),
                turn if turn.ending().is_some() => break,
                _ => {}
            }
        }
        let _ = release.send(());
        seen
    };
    let (seen, ()) = within(async { tokio::join!(follow, script) }).await;
    assert!(seen.len() >= 4, "a stalled transfer is sampled, too: {seen:?}");
    assert!(seen.is_sorted());
    assert_eq!(seen.last(), Some(&3_500), "the last byte is told");
}

#[tokio::test]
async fn a_rest_is_told_once_for_each_reason_and_so_is_that_it_goes_on() {
    let mut stage = Stage::set();
    let mut watch = watch(&mut stage);
    let t = transfer(1, Direction::Receive);
    let full = |lacks| TransferState::Paused(Pause::NoRoom { lacks });
    let there = TransferState::Paused(Pause::Person(Side::There));
    let why = Problem { side: Side::There, kind: ProblemKind::Link, text: "Gone.".to_owned() };
    let broken = TransferState::Interrupted { why, again: None };
    for state in [
        TransferState::Active,
        full(None),
        full(Some(5)),
        full(Some(3)),
        there.clone(),
        there,
        broken.clone(),
        broken,
        TransferState::Active,
    ] {
        stage.say(&t, state);
    }
    stage.finish(&t, Outcome::Cancelled { by: Side::There });
    let mut told = Vec::new();
    loop {
        match within(watch.next()).await {
            Turn::Paused(_, why) => told.push(format!("{why:?}")),
            Turn::Broken(..) => told.push("broken".to_owned()),
            Turn::Mended(_) => told.push("mended".to_owned()),
            turn if turn.ending().is_some() => break,
            _ => {}
        }
    }
    assert_eq!(told, ["NoRoom { lacks: None }", "Person(There)", "broken", "mended"]);
}

#[tokio::test]
async fn listening_is_told_when_it_changes() {
    let mut stage = Stage::set();
    let mut watch = watch(&mut stage);
    let on = |port| ReceivingState::On { port, addresses: Vec::new() };
    let problem = Problem { side: Side::Here, kind: ProblemKind::Other, text: "No port.".to_owned() };
    for state in [on(1), on(1), on(2), ReceivingState::Off, ReceivingState::Failed(problem.clone())] {
        stage.end.publisher.publish(Event::Receiving(state));
    }
    assert_eq!(within(watch.next()).await, Turn::Listening { port: 1, addresses: Vec::new() });
    assert_eq!(within(watch.next()).await, Turn::Listening { port: 2, addresses: Vec::new() });
    assert_eq!(within(watch.next()).await, Turn::CannotListen(problem));
    stage.interrupt.send(()).await.unwrap();
    assert_eq!(within(watch.next()).await, Turn::Interrupted);
}

#[tokio::test]
async fn what_was_forgotten_leaves_nothing_behind() {
    let mut stage = Stage::set();
    let mut watch = watch(&mut stage);
    let t = transfer(1, Direction::Receive);
    stage.finish(&t, Outcome::Cancelled { by: Side::There });
    moments(&mut watch).await;
    stage.end.publisher.publish(Event::Forgotten(t.id));
    stage.end.publisher.publish(Event::Receiving(ReceivingState::On { port: 1, addresses: Vec::new() }));
    within(watch.next()).await;
    assert!(watch.followed.is_empty() && watch.snapshot().transfers.is_empty());
}

#[tokio::test]
async fn what_was_decided_about_devices_and_can_t_be_kept_is_told_and_not_when_it_can() {
    let mut stage = Stage::set();
    let mut watch = watch(&mut stage);
    let problem = Problem { side: Side::Here, kind: ProblemKind::Files, text: "It is full.".to_owned() };
    for unkept in [Some(problem.clone()), None, Some(problem.clone())] {
        stage.end.publisher.publish(Event::Unkept(unkept));
    }
    for _ in 0..2 {
        assert_eq!(within(watch.next()).await, Turn::Unkept(problem.clone()));
    }
    stage.interrupt.send(()).await.unwrap();
    assert_eq!(within(watch.next()).await, Turn::Interrupted);
}
