//! First meetings, for scripts.

use serde::Serialize;

use super::fields::Of;
use crate::model::{Agreement, Caution, CompareCode, Meeting, Transfer};

/// The code that both devices show, as fields of a line.
#[derive(Serialize)]
pub struct CompareLine {
    code: Option<String>,
    words: Option<[&'static str; 2]>,
    caution: Option<CautionLine>,
}

/// What should make a person careful.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum CautionLine {
    OtherKey { name: String, known: String },
}

/// A code that a sender shows. Every field is in `docs/CLI.md`.
#[derive(Serialize)]
pub struct MeetingLine<'a> {
    #[serde(flatten)]
    of: Of<'a>,
    #[serde(flatten)]
    compare: CompareLine,
    asked: bool,
}

impl<'a> MeetingLine<'a> {
    /// `None` where nobody meets.
    pub fn of(transfer: &'a Transfer) -> Option<Self> {
        let Meeting { here, .. } = transfer.meeting?;
        Some(Self { of: transfer.into(), compare: transfer.into(), asked: here == Agreement::Asked })
    }
}

impl From<&Transfer> for CompareLine {
    fn from(transfer: &Transfer) -> Self {
        let code = transfer.meeting.map(|meeting| meeting.code);
        let caution = transfer.caution.as_ref().map(|Caution::OtherKey { name, known }| {
            CautionLine::OtherKey { name: name.to_string(), known: known.to_string() }
        });
        Self { code: code.map(|code| code.to_string()), words: code.map(CompareCode::words), caution }
    }
}
