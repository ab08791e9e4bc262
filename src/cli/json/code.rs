//! What has become of the code that was given out.

use std::time::Instant;

use serde::Serialize;

use crate::engine::CodeState;

#[derive(Serialize)]
pub struct CodeLine {
    state: StateLine,
    code: Option<String>,
    seconds: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum StateLine {
    Given,
    Used,
    Spent,
    Expired,
}

impl CodeLine {
    /// `None` where there is no code.
    pub fn of(state: &CodeState) -> Option<Self> {
        let over = |state| Some(Self { state, code: None, seconds: None });
        match state {
            CodeState::None => None,
            CodeState::Given { code, until } => {
                let left = until.saturating_duration_since(Instant::now());
                let seconds = Some(left.as_secs() + u64::from(left.subsec_nanos() > 0));
                Some(Self { state: StateLine::Given, code: Some(code.to_string()), seconds })
            }
            CodeState::Used => over(StateLine::Used),
            CodeState::Spent => over(StateLine::Spent),
            CodeState::Expired => over(StateLine::Expired),
        }
    }
}
