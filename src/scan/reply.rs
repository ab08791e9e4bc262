//! What a scanner has answered.
//!
//! Knows the lines it may answer with, whole and nothing else. Must not know what follows from them.

use crate::model::text;

/// No answer is longer.
pub const MOST: usize = 4096;

/// Of a scanner's words, so much is shown.
const SHOWN: usize = 120;

/// What was asked: the answer names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A stream of content.
    Stream,
    /// A descriptor that was handed over.
    Descriptor,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It has found nothing.
    Nothing,
    /// What it has found, by its own name for that, fit to be shown.
    Found(String),
    /// It could not look, in its own words.
    Refused(String),
    /// Nothing that it may say.
    Odd(String),
}

/// Reads an answer, which ends with the byte that ends answers, or where nothing more came.
pub fn read(answer: &[u8], asked: Asked) -> Reply {
    let end = answer.iter().position(|byte| matches!(byte, 0 | b'\n'));
    let line = String::from_utf8_lossy(&answer[..end.unwrap_or(answer.len())]);
    match end {
        // Two answers are none.
        Some(end) if end + 1 < answer.len() => Reply::Odd(shown(&line)),
        // We have asked for lines that end with a zero, and whatever says that all is well does.
        Some(end) if answer[end] == 0 => whole(&line, asked),
        _ => match refusal(&line) {
            Some(words) => Reply::Refused(words),
            None => Reply::Odd(shown(&line)),
        },
    }
}

fn whole(line: &str, asked: Asked) -> Reply {
    let rest = match asked {
        Asked::Stream => line.strip_prefix("stream: "),
        Asked::Descriptor => descriptor(line),
    };
    if rest == Some("OK") {
        return Reply::Nothing;
    }
    // Whatever it says it has found that in: who goes on about a virus is listened to.
    let found = line.strip_suffix(" FOUND").and_then(|line| line.split_once(": "));
    if let Some((_, name)) = found.filter(|(_, name)| !name.trim().is_empty()) {
        return Reply::Found(shown(name));
    }
    refusal(line).map_or_else(|| Reply::Odd(shown(line)), Reply::Refused)
}

/// What follows `fd[N]: `. The number is the daemon's own.
fn descriptor(line: &str) -> Option<&str> {
    let (number, rest) = line.strip_prefix("fd[")?.split_once("]: ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(rest)
}

/// Why it could not look, in its own words.
fn refusal(line: &str) -> Option<String> {
    if let Some(words) = line.strip_suffix("ERROR") {
        let words = words.trim_start_matches("stream: ").trim_end_matches([' ', '.']);
        let words = descriptor(words).unwrap_or(words);
        return Some(shown(if words.is_empty() { "ERROR" } else { words }));
    }
    ["UNKNOWN COMMAND", "COMMAND READ TIMED OUT"].contains(&line).then(|| shown(line))
}

/// A scanner's words, short, and with nothing that deceives.
pub fn shown(words: &str) -> String {
    let visible = text::visible(words.trim());
    if visible.chars().count() <= SHOWN {
        return visible.into_owned();
    }
    visible.chars().take(SHOWN).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOTH: [Asked; 2] = [Asked::Stream, Asked::Descriptor];

    #[test]
    fn every_answer_that_was_ever_seen_is_understood() {
        let (stream, descriptor) = (Asked::Stream, Asked::Descriptor);
        let found = |name: &str| Reply::Found(name.to_owned());
        let refused = |words: &str| Reply::Refused(words.to_owned());
        let odd = |words: &str| Reply::Odd(words.to_owned());
        for (answer, asked, reply) in [
            ("stream: OK\0", stream, Reply::Nothing),
            ("fd[9]: OK\0", descriptor, Reply::Nothing),
            ("fd[1234]: OK\0", descriptor, Reply::Nothing),
            ("stream: Our.Marker.UNOFFICIAL FOUND\0", stream, found("Our.Marker.UNOFFICIAL")),
            ("fd[10]: YARA.x FOUND\0", descriptor, found("YARA.x")),
            ("/etc/x: A B FOUND\0", descriptor, found("A B")),
            ("INSTREAM size limit exceeded. ERROR\0", stream, refused("INSTREAM size limit exceeded")),
            ("UNKNOWN COMMAND\0", descriptor, refused("UNKNOWN COMMAND")),
            ("COMMAND READ TIMED OUT\n", stream, refused("COMMAND READ TIMED OUT")),
            ("fd[7]: Can't write to file ERROR\0", descriptor, refused("Can't write to file")),
            ("No file descriptor received. ERROR\0", descriptor, refused("No file descriptor received")),
            ("ERROR\0", descriptor, refused("ERROR")),
            // Of another file, of another question, or nothing that is said.
            ("fd[9]: OK\0", stream, odd("fd[9]: OK")),
            ("stream: OK\0", descriptor, odd("stream: OK")),
            ("/tmp/other: OK\0", descriptor, odd("/tmp/other: OK")),
            ("fd[]: OK\0", descriptor, odd("fd[]: OK")),
            ("fd[-1]: OK\0", descriptor, odd("fd[-1]: OK")),
            ("PONG\0", stream, odd("PONG")),
            ("stream:  FOUND\0", stream, odd("stream:  FOUND")),
            ("stream: OK", stream, odd("stream: OK")),
            ("stream: OK\n", stream, odd("stream: OK")),
            ("stream: OK\0\0", stream, odd("stream: OK")),
            ("stream: OK\0stream: Other FOUND\0", stream, odd("stream: OK")),
            ("stream: OK \0", stream, odd("stream: OK")),
            ("stream: OK\r\0", stream, odd("stream: OK")),
            (" stream: OK\0", stream, odd("stream: OK")),
            ("stream: ok\0", stream, odd("stream: ok")),
            ("", stream, odd("")),
        ] {
            assert_eq!(read(answer.as_bytes(), asked), reply, "{answer:?} {asked:?}");
        }
    }

    #[test]
    fn an_answer_that_is_cut_anywhere_finds_nothing_nowhere() {
        for (answer, asked) in
            [(b"stream: OK\0".as_slice(), Asked::Stream), (b"fd[10]: OK\0", Asked::Descriptor)]
        {
            for cut in 0..answer.len() {
                assert_ne!(read(&answer[..cut], asked), Reply::Nothing, "{cut}");
            }
        }
    }

    #[test]
    fn what_is_shown_of_an_answer_is_short_and_deceives_nobody() {
        let long = format!("stream: \u{1b}[2J{} FOUND\0", "x".repeat(3000));
        let Reply::Found(name) = read(long.as_bytes(), Asked::Stream) else { panic!() };
        assert!(name.chars().count() <= SHOWN + 1 && !name.contains('\u{1b}'), "{name}");
    }

    proptest! {
        #[test]
        fn no_bytes_but_the_one_answer_say_that_nothing_was_found(
            start in prop::sample::select(vec!["", "stream: ", "fd[7]: ", "fd[", "stream: OK", "fd[7]: OK\0"]),
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            end in prop::sample::select(vec!["", "OK", "OK\0", " OK\0", "\0", "\n", "OK\n", " FOUND\0"]),
        ) {
            let answer = [start.as_bytes(), &bytes, end.as_bytes()].concat();
            for asked in BOTH {
                let is_one = match asked {
                    Asked::Stream => answer == b"stream: OK\0",
                    Asked::Descriptor => answer
                        .strip_prefix(b"fd[")
                        .and_then(|rest| rest.strip_suffix(b"]: OK\0"))
                        .is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit)),
                };
                prop_assert_eq!(read(&answer, asked) == Reply::Nothing, is_one, "{:?}", answer);
            }
        }
    }
}
