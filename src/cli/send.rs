//! `airlift send`: one transfer, followed to its end.

use tokio::sync::mpsc;

use super::{
    ending,
    exit::Exit,
    news::{News, Tell},
    watch::{Turn, Watch},
};
use crate::{
    engine::{Command, Handle, Unheard},
    model::{Address, Source},
};

/// What to send, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    pub to: Address,
    pub sources: Vec<Source>,
}

/// Sends, and tells how it goes.
///
/// # Errors
/// When the engine has ended.
pub async fn send(
    handle: Handle,
    sending: Sending,
    tell: &mut dyn Tell,
    interrupts: mpsc::Receiver<()>,
) -> Result<Exit, Unheard> {
    let mut watch = Watch::new(handle, interrupts);
    let id = Handle::new_transfer();
    let Sending { to, sources } = sending;
    watch.handle().send(Command::Send { id, to, sources }).await?;
    loop {
        let turn = watch.next().await;
        if let Some(news) = turn.news() {
            tell.tell(news);
        }
        if let Some((_, outcome)) = turn.ending() {
            return Ok(Exit::of(outcome));
        }
        match turn {
            Turn::Interrupted => {
                tell.tell(News::Cancelling);
                return Ok(Exit::of(&ending::cancel(&mut watch, vec![id], tell).await));
            }
            Turn::Gone => return Err(Unheard::Gone),
            Turn::Listening { .. } | Turn::CannotListen(_) | Turn::Transfer(..) | Turn::Progress(..) => {}
        }
    }
}
