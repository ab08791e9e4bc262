//! Kept transfers in words.

use std::time::SystemTime;

use super::phrases::{Line, amount, short, who};
use crate::{
    engine::{KeptTransfer, User},
    model::{Direction, Rest, Transfer, TransferId, TransferState, text},
};

/// Before the lines of one transfer that follow its first.
const INDENT: &str = "          ";

/// What is told of one kept transfer.
pub fn kept(kept: &KeptTransfer) -> Vec<Line> {
    let transfer = &kept.transfer;
    let summary = &transfer.summary;
    let title = summary.title();
    let what = match (transfer.direction, &transfer.state) {
        (_, TransferState::Left { rest: Rest::Scraps, .. }) => title,
        (Direction::Send, _) => format!("Sending {title} to {}", who(&transfer.peer)),
        (Direction::Receive, _) => format!("Receiving {title} from {}", who(&transfer.peer)),
    };
    let mut much = match kept.there {
        Some(there) => format!("{} are there", amount(there, summary.total())),
        None => summary.size_line(),
    };
    if let Some(folder) = &transfer.folder {
        much += &format!(", in {}", folder.display());
    }
    let since = match &transfer.state {
        TransferState::Left { rest: Rest::Scraps, .. } => "Last changed",
        _ if kept.user == User::Somebody => "Last begun or interrupted",
        _ => "Interrupted",
    };
    let mut when = format!("{since} {} ago", ago(kept.interrupted));
    if let Some(began) = kept.began {
        when += &format!(", begun {} ago", ago(began));
    }
    [
        format!("{}  {what}", short(transfer.id)),
        format!("{INDENT}{much}"),
        format!("{INDENT}{when}. {}", prospect(kept)),
    ]
    .map(Line::Told)
    .into()
}

fn prospect(kept: &KeptTransfer) -> String {
    if kept.user == User::Somebody {
        return "Another running Airlift has it.".to_owned();
    }
    match (&kept.transfer.state, kept.transfer.direction) {
        (TransferState::Left { rest, until, .. }, _) => {
            let left = until.duration_since(SystemTime::now()).unwrap_or_default();
            let removed = format!("it is removed in {}", text::duration(left));
            match rest {
                Rest::Asks => format!("Goes on when somebody says so; else {removed}."),
                Rest::Over => format!("Not tried any more by itself; {removed}."),
                Rest::Scraps => format!("Its transfer is not known any more; {removed}."),
            }
        }
        (TransferState::Paused(pause), direction) => pause.sentence(direction, &kept.transfer.peer),
        (_, Direction::Send) => "The window goes on with it, and so does “resume”.".to_owned(),
        (_, Direction::Receive) => {
            "The window and “airlift receive” go on with it, and so does “resume”.".to_owned()
        }
    }
}

/// What is told of one that waits for a word of the person here, whatever its sender does; `None` of any other.
#[must_use]
pub fn asks_to_go_on(transfer: &Transfer) -> Option<String> {
    let waits = matches!(transfer.state, TransferState::Left { rest: Rest::Asks, .. });
    (waits && transfer.direction == Direction::Receive).then(|| {
        format!(
            "{} from {} was interrupted, and goes on when you say so: airlift transfers resume {}",
            transfer.summary.title(),
            transfer.peer.label(),
            short(transfer.id)
        )
    })
}

/// What is told of one that is gone.
pub fn removed(transfer: &Transfer) -> Vec<Line> {
    vec![Line::Told(format!("Removed: {} ({}).", transfer.summary.title(), short(transfer.id)))]
}

/// Why a command ends while the transfer that it followed does not.
pub fn left_for_later(id: TransferId) -> String {
    format!("Left for later. “airlift transfers resume {}” goes on with it.", short(id))
}

fn ago(time: SystemTime) -> String {
    text::duration(time.elapsed().unwrap_or_default())
}
