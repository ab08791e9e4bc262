//! `airlift bench`: one transfer from memory to memory and one from disk to disk, and what limited
//! each.
//!
//! Knows which trials are asked for, and in which order. Must not know how one is done: the engine
//! sends it on the very way that files take.

use std::path::Path;

use tokio::sync::mpsc;

use super::{
    comparing::Company,
    exit::Exit,
    interrupt::Interrupts,
    loopback,
    news::{News, Tell, report},
    send::{Followed, follow},
    watch::Watch,
    words::trial::{Ends, Round, table},
};
use crate::{
    engine::{Command, Handle, Unheard, home},
    model::{Medium, Outcome, Target, Trial},
};

/// Tries the way to another device.
///
/// # Errors
/// When the engine has ended.
pub async fn bench(
    handle: Handle,
    to: Target,
    bytes: u64,
    tell: &mut dyn Tell,
    interrupts: mpsc::Receiver<()>,
) -> Result<Exit, Unheard> {
    let mut watch = Watch::new(handle, interrupts);
    rounds(&mut watch, &to, bytes, Distance::Apart, tell).await
}

/// Tries this device with itself. The disk is the one of its data folder.
///
/// # Errors
/// When that folder can't be used, or an engine doesn't start or has ended.
pub fn alone(home: &Path, bytes: u64, tell: &mut dyn Tell) -> anyhow::Result<Exit> {
    home::make(home)?;
    let place = tempfile::Builder::new().prefix("bench-").tempdir_in(home)?;
    let sender = loopback::device(place.path().join("sender"), "this device")?;
    let receiver = loopback::device(place.path().join("receiver"), "this device")?;
    let done = sender.block_on(async {
        let (interrupts, first) = Interrupts::listen()?;
        let (_never, no_interrupts) = mpsc::channel(1);
        let mut there = Watch::new(receiver.handle(), no_interrupts);
        let mut here = Watch::new(sender.handle(), first);
        let exit = match loopback::receive(&mut there, &place.path().join("inbox")).await? {
            Ok(listening) => {
                let to = loopback::address(&listening);
                rounds(&mut here, &to.into(), bytes, Distance::None, tell).await?
            }
            Err(problem) => {
                tell.tell(News::Error(&problem.text));
                Exit::Failed
            }
        };
        anyhow::Ok((interrupts, exit))
    });
    sender.stop();
    receiver.stop();
    let (_interrupts, exit) = done?;
    place.close()?;
    Ok(exit)
}

/// Whether the two ends are two devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distance {
    None,
    Apart,
}

async fn rounds(
    watch: &mut Watch,
    to: &Target,
    bytes: u64,
    distance: Distance,
    tell: &mut dyn Tell,
) -> Result<Exit, Unheard> {
    let mut done = Vec::new();
    let mut ends = Ends::OneDevice;
    let mut exit = Exit::Complete;
    for medium in [Medium::Memory, Medium::Disk] {
        let id = Handle::new_transfer();
        let trial = Trial { medium, bytes };
        watch.handle().send(Command::Try { id, to: to.clone(), trial }).await?;
        let followed = follow(watch, id, Company::Nobody, tell).await?;
        let tried = watch.snapshot().transfer(id);
        if let Some((tried, report)) = tried.and_then(|tried| Some((tried, report(tried)?)))
            && report.outcome == Outcome::Complete
        {
            tell.tell(News::Tried(tried, report));
            done.push(Round::of(medium, report));
            if distance == Distance::Apart {
                ends = Ends::Two(tried.peer.clone());
            }
        }
        match followed {
            Followed::ToItsEnd(Outcome::Complete) => {}
            Followed::ToItsEnd(outcome) => {
                exit = Exit::of(&outcome);
                break;
            }
            Followed::Interrupted(_) => {
                exit = Exit::Cancelled;
                break;
            }
        }
    }
    if !done.is_empty() {
        for line in table(&ends, &done) {
            tell.tell(News::Remark(&line));
        }
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::stage::{Stage, Told, complete, transfer, within},
        model::{Bottleneck, Direction, Pipeline, Purpose, Report, Side, Transfer, TransferState},
    };

    async fn run(script: impl AsyncFnOnce(&mut Stage)) -> (Exit, Told) {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let interrupts = stage.interrupts.take().unwrap();
        let to: Target = "host:9".parse().unwrap();
        let benched = bench(stage.handle.clone(), to, 3_500, &mut told, interrupts);
        let (exit, ()) = within(async { tokio::join!(benched, script(&mut stage)) }).await;
        (exit.unwrap(), told)
    }

    /// The next command, as the transfer that follows from it.
    async fn asked(stage: &mut Stage, expected: Medium) -> Transfer {
        let Command::Try { id, to, trial } = stage.command().await else { panic!("no trial") };
        assert_eq!(to, "host:9".parse().unwrap());
        assert_eq!(trial, Trial { medium: expected, bytes: 3_500 });
        let mut t = Transfer { id, ..transfer(0, Direction::Send) };
        t.summary.purpose = Purpose::Trial(expected);
        t
    }

    fn report_of(t: &Transfer, limited_by: Bottleneck) -> TransferState {
        let pipeline = Pipeline { limited_by: Some(limited_by), ..Pipeline::default() };
        TransferState::Finished(Box::new(Report { pipeline, ..complete(t) }))
    }

    #[tokio::test]
    async fn memory_comes_before_the_disks_and_each_round_is_a_line() {
        let (exit, told) = run(async |stage| {
            let t = asked(stage, Medium::Memory).await;
            stage.say(&t, report_of(&t, Bottleneck::Network));
            let t = asked(stage, Medium::Disk).await;
            stage.say(&t, report_of(&t, Bottleneck::Disk(Side::There)));
        })
        .await;
        assert_eq!(exit, Exit::Complete);
        let rounds: Vec<_> = told.json().into_iter().filter(|line| line["event"] == "bench").collect();
        for (round, (trial, limit)) in rounds.iter().zip([("memory", "network"), ("disk", "their_disk")]) {
            assert_eq!((&round["trial"], &round["limited_by"]), (&trial.into(), &limit.into()));
            assert_eq!((&round["bytes"], &round["seconds"]), (&3_500.into(), &0.5.into()));
            assert_eq!((&round["rate"], &round["to"]["name"]), (&7_000.0.into(), &"Anna’s laptop".into()));
        }
        assert_eq!(rounds.len(), 2);
    }

    #[tokio::test]
    async fn a_round_that_is_declined_is_the_last_one() {
        let (exit, told) = run(async |stage| {
            let t = asked(stage, Medium::Memory).await;
            stage.finish(&t, Outcome::Declined { by: Side::There, reason: None });
        })
        .await;
        assert_eq!(exit, Exit::Declined);
        assert!(!told.events().contains(&"bench".to_owned()));
        assert_eq!(told.json().last().unwrap()["outcome"], "declined");
    }

    #[tokio::test]
    async fn an_interrupt_ends_it_all_even_when_the_round_was_complete_before() {
        let (exit, told) = run(async |stage| {
            let t = asked(stage, Medium::Memory).await;
            stage.say(&t, TransferState::Active);
            stage.interrupt.send(()).await.unwrap();
            assert!(matches!(stage.command().await, Command::Cancel(id) if id == t.id));
            stage.say(&t, report_of(&t, Bottleneck::Network));
        })
        .await;
        assert_eq!(exit, Exit::Cancelled);
        assert_eq!(told.events().last().unwrap(), "bench", "what was measured is told");
    }
}
