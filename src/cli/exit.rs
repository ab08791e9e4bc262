//! The program's exit codes, and how an ending becomes one.
//!
//! Scripts rely on the numbers: they never change their meaning.

use std::process::ExitCode;

use crate::model::{Outcome, ProblemKind};

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
}

/// The same list for people: the help and the manual page show it.
pub const EXIT_CODES: &str = "\
0  complete: everything that was wanted is stored and verified
1  failed
2  usage: the command line can’t be understood
3  declined
4  cancelled, on either side
5  cannot reach: nobody answers there, or not as a receiving Airlift";

impl Exit {
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
    use crate::model::{Problem, Side};

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
}
