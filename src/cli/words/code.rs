//! What a person is told of the code that was given out.

use super::phrases::Line;
use crate::engine::CodeState;

/// Asks for the code that the other device shows.
pub const WHICH_CODE: &str = "The code that the other device shows, such as 7-lamp-orbit:";

/// Why nothing can be sent when nobody has typed one.
pub const NO_CODE: &str = "No code was given. Type the one that the other device shows.";

pub fn code(state: &CodeState) -> Vec<Line> {
    match state {
        CodeState::None => Vec::new(),
        CodeState::Given { code, .. } => vec![
            Line::Told(format!("Code: {code}")),
            Line::Told(
                "It is good for five minutes, and once. On the other device: airlift send FILE --code".to_owned(),
            ),
        ],
        CodeState::Used => vec![Line::Told("The code was used.".to_owned())],
        CodeState::Spent => vec![Line::Wrong(
            "Somebody has tried a wrong code, or somebody stands in between: nothing was received, and the code can’t be used any more. For a new one, start again."
                .to_owned(),
        )],
        CodeState::Expired => vec![Line::Wrong(
            "The code has expired: nobody has used it in five minutes. For a new one, start again.".to_owned(),
        )],
    }
}
