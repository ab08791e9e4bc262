//! What a person is told of a text, and how its words are shown.
//!
//! Knows sentences. Must not know where they are shown; whoever shows them escapes them, line by line.

use super::phrases::{Line, who};
use crate::{
    cli::news::News,
    model::{Direction, Purpose, Text, Transfer},
};

/// Of what has words of its own; `None` of all else.
#[must_use]
pub fn lines(news: News<'_>) -> Option<Vec<Line>> {
    let (News::Connected(t) | News::Offered(t) | News::Started(t) | News::Finished(t, _) | News::Text(t, _)) =
        news
    else {
        return None;
    };
    if t.summary.purpose != Purpose::Text {
        return None;
    }
    let (size, label) = (t.summary.size_line(), t.peer.label());
    let told = |line: String| Some(vec![Line::Told(line)]);
    match (news, t.direction) {
        (News::Connected(_), Direction::Send) => told(format!("Connected to {}.", who(&t.peer))),
        (News::Offered(_), Direction::Send) => {
            told(format!("Offering {size}. Waiting for the answer of {label} …"))
        }
        (News::Started(_), Direction::Receive) => told(format!("Receiving {size} from {} …", who(&t.peer))),
        (News::Finished(_, report), Direction::Send) if report.outcome.problem().is_none() => {
            told(format!("Sent {size}. Verified by {label}."))
        }
        (News::Finished(_, report), Direction::Receive) if report.outcome.problem().is_none() => {
            told(format!("Received {size}. Verified. It is in no file: what you don’t copy is gone."))
        }
        (News::Text(_, text), _) => Some(words(label, text)),
        _ => None,
    }
}

/// Who says so, and then every line of it behind a mark, so that none can pose as one of Airlift’s own.
fn words(label: &str, text: &Text) -> Vec<Line> {
    let of_text = text.as_str().lines().map(|line| Line::Words(line.to_owned()));
    [Line::Told(format!("Text from {label}:"))].into_iter().chain(of_text).collect()
}

/// The question to a person whether a text is wanted. Nothing of it is here yet but its size.
#[must_use]
pub fn question(offer: &Transfer) -> [String; 3] {
    [
        String::new(),
        format!("{} wants to send {}.", who(&offer.peer), offer.summary.size_line()),
        "It is shown here after a yes, and written to no disk.".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{
            stage::{complete, transfer},
            words,
        },
        model::Summary,
    };

    fn of_text(direction: Direction) -> Transfer {
        let summary = Summary { purpose: Purpose::Text, bytes: 12, files: 1, ..Summary::default() };
        Transfer { summary, folder: None, free: None, ..transfer(1, direction) }
    }

    #[test]
    fn who_is_asked_reads_how_long_it_is_and_nothing_else_of_it() {
        let asked = words::question(&of_text(Direction::Receive)).join("\n");
        assert!(asked.contains("wants to send a text of 12 B.") && asked.contains("no disk"), "{asked}");
        assert!(asked.contains("Accept the text from Anna’s laptop? Type y or n"), "{asked}");
        assert!(!asked.contains("photo") && !asked.contains("/home"), "{asked}");
    }

    #[test]
    fn no_line_of_a_text_speaks_of_files_that_were_saved() {
        for direction in [Direction::Send, Direction::Receive] {
            let t = of_text(direction);
            let whole = complete(&t);
            let news = [News::Offered(&t), News::Started(&t), News::Finished(&t, &whole)];
            let lines: Vec<_> = news.into_iter().flat_map(words::lines).collect();
            assert!(lines.len() > 1);
            for line in lines {
                let Line::Told(line) = line else { panic!("{line:?}") };
                assert!(!line.contains("1 file") && !line.contains("Saved"), "{line}");
            }
        }
    }
}
