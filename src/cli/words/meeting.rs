//! First meetings in words.

use super::phrases::{Line, who};
use crate::model::{Agreement, Caution, CompareCode, Direction, Transfer};

/// `042 007 (“able lantern”)`.
#[must_use]
pub fn code(code: CompareCode) -> String {
    format!("{code} (“{}”)", code.words().join(" "))
}

/// What is told of a code that both devices show.
pub fn met(transfer: &Transfer) -> Vec<Line> {
    let Some(meeting) = transfer.meeting else { return Vec::new() };
    if transfer.direction == Direction::Receive && meeting.here != Agreement::NotNeeded {
        // Whoever is asked reads it in the question.
        return Vec::new();
    }
    let mut lines = vec![format!(
        "First meeting with {}. Both devices show the code {}.",
        who(&transfer.peer),
        code(meeting.code)
    )];
    // The question to a person who sends has the caution, too.
    if meeting.here == Agreement::NotNeeded {
        lines.push("Nobody has compared it here.".to_owned());
        lines.extend(caution(transfer));
    }
    lines.into_iter().map(Line::Told).collect()
}

/// The question to a person who sends.
#[must_use]
pub fn compare(transfer: &Transfer, shown: CompareCode) -> Vec<String> {
    let mut lines: Vec<_> = caution(transfer).into_iter().collect();
    lines.push(format!(
        "Does the screen of {} show {}? Nothing is sent before both of you have compared. Type y or n, then Enter.",
        transfer.peer.label(),
        code(shown)
    ));
    lines
}

/// What whoever has typed something else is told.
#[must_use]
pub fn again() -> [String; 1] {
    ["Please type y or n, then Enter.".to_owned()]
}

/// What is said to whoever has found the codes to be the same.
pub const SAME_HERE: &str = "It goes on when the other person has found them to be the same, too.";

/// What is said when the question needs no answer any more.
#[must_use]
pub fn withdrawn() -> [String; 1] {
    ["There is nothing to compare any more.".to_owned()]
}

/// What a person should know before they answer.
#[must_use]
pub fn caution(transfer: &Transfer) -> Option<String> {
    match transfer.caution.as_ref()? {
        Caution::OtherKey { name, known } => {
            let this = transfer.peer.id.map_or_else(String::new, |id| format!(" ({})", id.short()));
            Some(format!(
                "CAREFUL: {name}, which is known here, has another key ({}). This{this} is not that device, or Airlift was set up anew on it. Ask its person before you go on.",
                known.short()
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::stage::transfer,
        model::{DeviceId, DeviceName, Meeting},
    };

    fn met_by(direction: Direction, here: Agreement) -> Transfer {
        let meeting = Some(Meeting { code: CompareCode::new(42_007), here });
        Transfer { meeting, ..transfer(1, direction) }
    }

    fn said(transfer: &Transfer) -> String {
        met(transfer)
            .into_iter()
            .map(|line| if let Line::Told(line) = line { line } else { panic!() })
            .collect()
    }

    #[test]
    fn a_code_is_shown_in_digits_and_words_and_whether_anybody_has_compared_it() {
        let asked = said(&met_by(Direction::Send, Agreement::Asked));
        assert!(
            asked.contains("042 007 (“") && asked.contains("Anna’s laptop (") && !asked.contains("Nobody")
        );
        assert!(
            said(&met_by(Direction::Send, Agreement::NotNeeded)).contains("Nobody has compared it here.")
        );
        let nobody = said(&met_by(Direction::Receive, Agreement::NotNeeded));
        assert!(nobody.contains("042 007 (“") && nobody.contains("Nobody has compared it here."));
        assert_eq!(said(&met_by(Direction::Receive, Agreement::Asked)), "", "it is in the question");
        assert_eq!(said(&transfer(1, Direction::Send)), "");
    }

    #[test]
    fn a_device_with_the_name_of_another_is_a_warning_that_names_both_keys() {
        let mut met = met_by(Direction::Send, Agreement::Asked);
        assert_eq!(caution(&met), None);
        let (name, known) = (DeviceName::parse("Büro").unwrap(), DeviceId::of_public_key(b"old"));
        met.caution = Some(Caution::OtherKey { name, known });
        let warning = compare(&met, CompareCode::new(42_007)).join("\n");
        for part in ["CAREFUL", "Büro", &known.short(), &met.peer.id.unwrap().short()] {
            assert!(warning.contains(part), "{part} is not in {warning}");
        }
    }
}
