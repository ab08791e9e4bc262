//! `airlift demo`: two devices on this machine, one transfer between them, and a look at what
//! arrived that trusts neither.
//!
//! Knows how to make two engines meet. Must not know anything that a person's own `send` and
//! `receive` could not do. Whatever it makes, it makes in a temporary folder, which goes with it.

mod compare;
mod sample;

use std::{path::Path, time::Duration};

use tokio::sync::mpsc;

use super::{
    comparing::Company,
    exit::Exit,
    interrupt::Interrupts,
    loopback::{self, receive},
    news::{News, Tell},
    send::{Sending, send},
    watch::{Turn, Watch},
};
use crate::{
    engine::{Handle, Remember, Unheard},
    model::Source,
};

/// How long the receiver may take to say that it is done, once the sender has said so.
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows a transfer from end to end.
///
/// # Errors
/// When the temporary folder can't be used, or an engine doesn't start or has ended.
pub fn demo(tell: &mut dyn Tell) -> anyhow::Result<Exit> {
    let place = tempfile::Builder::new().prefix("airlift-demo-").tempdir()?;
    let (outbox, inbox) = (place.path().join("outbox"), place.path().join("inbox"));
    sample::make(&outbox)?;
    let sender = loopback::device(place.path().join("sender"), "Demo sender")?;
    let receiver = loopback::device(place.path().join("receiver"), "Demo receiver")?;
    let done = sender.block_on(async {
        let (interrupts, first) = Interrupts::listen()?;
        let exit = fly(sender.handle(), receiver.handle(), &outbox, &inbox, tell, first).await?;
        anyhow::Ok((interrupts, exit))
    });
    sender.stop();
    receiver.stop();
    let (_interrupts, exit) = done?;
    let exit = if exit == Exit::Complete { show(&outbox, &inbox, tell)? } else { exit };
    place.close()?;
    Ok(exit)
}

async fn fly(
    from: Handle,
    to: Handle,
    outbox: &Path,
    inbox: &Path,
    tell: &mut dyn Tell,
    interrupts: mpsc::Receiver<()>,
) -> Result<Exit, Unheard> {
    let (_never, no_interrupts) = mpsc::channel(1);
    let mut there = Watch::new(to, no_interrupts);
    let listening = match receive(&mut there, inbox).await? {
        Ok(listening) => listening,
        Err(problem) => {
            tell.tell(News::Error(&problem.text));
            return Ok(Exit::Failed);
        }
    };
    tell.tell(News::Listening(&listening));
    let to = loopback::address(&listening);
    let sources = sample::TOP.iter().map(|name| Source::Path(outbox.join(name))).collect();
    let sending =
        Sending { to: to.into(), code: None, remember: Remember::Known, sources, company: Company::Nobody };
    let exit = send(from, sending, tell, interrupts).await?;
    let received = tokio::time::timeout(PATIENCE, async {
        loop {
            let turn = there.next().await;
            if let (Some(_), Some(news)) = (turn.ending(), turn.news()) {
                tell.tell(news);
                break;
            }
            if turn == Turn::Gone {
                break;
            }
        }
    });
    // A transfer that never reached the receiver is not finished there.
    if exit == Exit::Complete && received.await.is_err() {
        tell.tell(News::Error("The receiving side did not say how the transfer ended."));
        return Ok(Exit::Failed);
    }
    Ok(exit)
}

/// Compares what arrived with what was sent, byte for byte, and shows it as a tree.
fn show(outbox: &Path, inbox: &Path, tell: &mut dyn Tell) -> anyhow::Result<Exit> {
    tell.tell(News::Remark("What arrived:"));
    let mut exit = Exit::Complete;
    for name in sample::TOP {
        for found in compare::compare(&outbox.join(name), &inbox.join(name))? {
            tell.tell(News::Remark(&format!("  {found}")));
            if !found.is_same() {
                exit = Exit::Failed;
            }
        }
    }
    match exit {
        Exit::Complete => tell.tell(News::Remark(
            "Every byte was compared with what was sent, and is the same. The demo’s files are removed again.",
        )),
        _ => tell.tell(News::Error("What arrived is not what was sent.")),
    }
    Ok(exit)
}
