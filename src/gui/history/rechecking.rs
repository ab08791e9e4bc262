//! One file that is shown to the virus scanner once more.
//!
//! Knows how that is said, and what of a row it changes. Must not know who looks: the engine is asked.

use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::{
    engine::{
        Command,
        history::{Became, Row, RowId, stuck},
    },
    gui::tools::Tools,
    model::{Rechecked, Screening, text::visible},
};

#[derive(Default)]
pub enum Rechecking {
    #[default]
    Not,
    /// Dropped, nobody looks any further.
    Asked(oneshot::Receiver<Vec<(RowId, Rechecked)>>),
    Said {
        text: String,
        is_good: bool,
    },
}

impl Rechecking {
    /// Asks the engine for it.
    pub fn start(row: &Row, tools: &mut Tools) -> Self {
        let (reply, answer) = oneshot::channel();
        let asked = Command::CheckAgain { rows: vec![row.id], reply };
        if tools.ask(asked) { Self::Asked(answer) } else { Self::Not }
    }

    /// Takes the answer once it is there; what it has changed, if that is anything.
    pub fn update(&mut self) -> Option<Rechecked> {
        let Self::Asked(asked) = self else { return None };
        match asked.try_recv() {
            Err(TryRecvError::Empty) => None,
            Ok(mut answers) if !answers.is_empty() => {
                let (_, rechecked) = answers.remove(0);
                *self = said(&rechecked);
                Some(rechecked)
            }
            Ok(_) | Err(TryRecvError::Closed) => {
                let text = "It could not be checked. Try again in a moment.".to_owned();
                *self = Self::Said { text, is_good: false };
                None
            }
        }
    }
}

/// The row as the history has it, or will have it in a moment.
pub fn after(mut row: Row, rechecked: &Rechecked) -> Row {
    match rechecked {
        Rechecked::Clean => (row.screening, row.why) = (Screening::Clean, None),
        // What was found in it once was not refuted.
        Rechecked::NotScanned(_) if matches!(row.screening, Screening::Infected(_)) => {}
        Rechecked::NotScanned(why) => row.screening = Screening::NotScanned(why.clone()),
        Rechecked::Stuck { found, why } => {
            row.screening = Screening::Infected(found.clone());
            row.why = Some(stuck(why));
        }
        Rechecked::Caught(found) => {
            (row.became, row.place) = (Became::Infected, None);
            row.screening = Screening::Infected(found.clone());
        }
        Rechecked::Gone
        | Rechecked::Changed
        | Rechecked::Unreadable(_)
        | Rechecked::Nobody
        | Rechecked::NotMarked => {}
    }
    row
}

fn said(rechecked: &Rechecked) -> Rechecking {
    let text = match rechecked {
        Rechecked::Clean => "Checked: nothing was found.".to_owned(),
        Rechecked::NotScanned(why) => {
            format!("Not checked this time either: {}.", visible(&why.to_string()).trim_end_matches('.'))
        }
        Rechecked::Caught(found) => {
            format!("A virus was found in it: {}. It is in quarantine now.", visible(found))
        }
        Rechecked::Stuck { found, why } => format!(
            "A virus was found in it: {}. It stands where it stood, because it can’t be put into quarantine: {}",
            visible(found),
            visible(why)
        ),
        Rechecked::Gone => "Gone: it was moved, renamed or deleted.".to_owned(),
        Rechecked::Changed => {
            "Not checked: it is not what came any more, or it is being written to.".to_owned()
        }
        Rechecked::Unreadable(why) => visible(why).into_owned(),
        Rechecked::Nobody => {
            "There is no virus scanner here to check it with. Install or start one, or choose it in the settings."
                .to_owned()
        }
        Rechecked::NotMarked => "The history says something else of it by now.".to_owned(),
    };
    Rechecking::Said { text, is_good: *rechecked == Rechecked::Clean }
}
