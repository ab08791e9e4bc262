//! The program's exit codes, and how an ending becomes one.
//!
//! Scripts rely on the numbers: they never change their meaning.

use std::process::ExitCode;

use crate::model::{Outcome, ProblemKind, Transfer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Complete = 0,
    Failed = 1,
    /// The command line can't be understood. 2 is what clap, and most programs, use.
    Usage = 2,
    Declined = 3,
    Cancelled = 4,
    /// Nobody answers at the address, or not as a receiving Airlift.
    CannotReach = 5,
    /// All that was offered is stored, and not all that was named, or accepted before, was offered.
    LeftOut = 6,
    /// The virus scanner has found something.
    Infected = 7,
}

/// The same list for people: the help and the manual page show it.
pub const EXIT_CODES: &str = "\
0  complete: everything that was wanted is stored and verified
1  failed
2  usage: the command line can’t be understood
3  declined
4  cancelled, on either side
5  cannot reach: nobody answers there, or not as a receiving Airlift
6  left out: all that was offered is stored and verified, but not all of it was offered
7  infected: the virus scanner has found something";

impl Exit {
    /// Of a transfer that has ended so.
    #[must_use]
    pub fn of_transfer(transfer: Option<&Transfer>, outcome: &Outcome) -> Self {
        let sentence = transfer.and_then(|t| t.summary.skipped.sentence(t.direction));
        match (Self::of(outcome), sentence) {
            (Self::Complete, Some(_)) => Self::LeftOut,
            (exit, _) => exit,
        }
    }

    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Complete => Self::Complete,
            Outcome::Declined { .. } => Self::Declined,
            Outcome::Cancelled { .. } => Self::Cancelled,
            Outcome::Failed(problem) => match problem.kind {
                ProblemKind::Unreachable | ProblemKind::NotReceiving => Self::CannotReach,
                ProblemKind::Link
                | ProblemKind::Protocol
                | ProblemKind::Files
                | ProblemKind::Other
                | ProblemKind::Alarm
                | ProblemKind::Resumed
                | ProblemKind::Incomplete
                | ProblemKind::Paused
                | ProblemKind::NoRoom
                | ProblemKind::NoDisk => Self::Failed,
            },
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::stage::transfer,
        model::{Direction, Problem, Side, Skipped},
    };

    #[test]
    fn every_ending_has_its_documented_code() {
        let failed = |kind| Outcome::Failed(Problem { side: Side::There, kind, text: String::new() });
        for (outcome, code) in [
            (Outcome::Complete, 0),
            (failed(ProblemKind::Files), 1),
            (failed(ProblemKind::Link), 1),
            (failed(ProblemKind::Protocol), 1),
            (failed(ProblemKind::Other), 1),
            (failed(ProblemKind::Incomplete), 1),
            (Outcome::Declined { by: Side::There, reason: None }, 3),
            (Outcome::Declined { by: Side::Here, reason: Some("no".to_owned()) }, 3),
            (Outcome::Cancelled { by: Side::Here }, 4),
            (Outcome::Cancelled { by: Side::There }, 4),
            (failed(ProblemKind::Unreachable), 5),
            (failed(ProblemKind::NotReceiving), 5),
        ] {
            let exit = Exit::of(&outcome);
            assert_eq!(exit as u8, code, "{outcome:?}");
            assert!(EXIT_CODES.lines().any(|line| line.starts_with(&format!("{code}  "))));
        }
    }

    #[test]
    fn what_was_left_out_has_a_code_of_its_own_where_nothing_else_went_wrong() {
        let mut sent = transfer(1, Direction::Send);
        assert_eq!(Exit::of_transfer(Some(&sent), &Outcome::Complete), Exit::Complete);
        sent.summary.skipped = Skipped { links: 1, ..Skipped::default() };
        assert_eq!(Exit::of_transfer(Some(&sent), &Outcome::Complete), Exit::LeftOut);
        assert_eq!(Exit::of_transfer(Some(&sent), &Outcome::Cancelled { by: Side::There }), Exit::Cancelled);
        // A receiver has all that it was offered, unless something that it was promised is gone.
        let mut received = Transfer { direction: Direction::Receive, ..sent };
        assert_eq!(Exit::of_transfer(Some(&received), &Outcome::Complete), Exit::Complete);
        received.summary.skipped.gone = 1;
        assert_eq!(Exit::of_transfer(Some(&received), &Outcome::Complete), Exit::LeftOut);
        assert!(EXIT_CODES.lines().any(|line| line.starts_with("6  ")));
    }
}
