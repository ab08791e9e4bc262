//! What is stored of a text to be searched, and what is asked, made one: no case, accents or width.
//!
//! Knows characters. Must not know where they go. Around each character of a script without spaces between words, and each
//! picture, stands [`FILLER`], so that one alone is long enough for an index of three characters.

use unicode_normalization::UnicodeNormalization as _;

use crate::model::text;

/// Comes out of no text by itself. Greater than any letter that bears none, so that names in order stand as they would
/// without it.
const FILLER: char = '\u{fffa}';
/// Stands between parts of a row, and at its end so that each character begins a group of three.
const BETWEEN: char = '\u{3}';

/// As many characters of a question are looked at.
const MAX_CHARS: usize = 200;
const MAX_WORDS: usize = 16;

/// The words of a question.
pub fn words(typed: &str) -> Vec<String> {
    let typed: String = typed.chars().take(MAX_CHARS).collect();
    let apart = |c: char| c == '/' || c.is_whitespace();
    fold(&typed).split(apart).filter(|word| !word.is_empty()).take(MAX_WORDS).map(str::to_owned).collect()
}

/// All that a row can be found by.
pub fn row(name: &str, folder: &str, device: &str) -> String {
    let mut all = fold(name);
    for part in [folder, device] {
        all.push(BETWEEN);
        all.push_str(&fold(part));
    }
    all.extend([BETWEEN, BETWEEN]);
    all
}

/// One text.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
        return spaced.filter(|c| !c.is_control()).map(|c| c.to_ascii_lowercase()).collect();
    }
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let plain = spaced.nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}'));
    let lower = plain.flat_map(char::to_lowercase).flat_map(simplest).filter(|c| !is_nothing(*c));
    let mut folded = String::with_capacity(text.len() + 16);
    for c in lower.nfc() {
        if stands_alone(c) {
            if !folded.ends_with(FILLER) {
                folded.push(FILLER);
            }
            folded.extend([c, FILLER]);
        } else {
            folded.push(c);
        }
    }
    folded
}

fn simplest(c: char) -> impl Iterator<Item = char> {
    let (c, again) = match c {
        'ß' => ('s', Some('s')),
        'ς' => ('σ', None),
        // What else is a space in some script; and a mark that lower case has left.
        c if c.is_whitespace() => (' ', None),
        c => (c, None),
    };
    [Some(c), again].into_iter().flatten()
}

/// What can't be seen, and nobody types.
fn is_nothing(c: char) -> bool {
    text::is_deceptive(c)
        || matches!(c, '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// Characters that are words, or parts of words between which no space is written.
fn stands_alone(c: char) -> bool {
    matches!(c,
        // Thai, Lao, Burmese, Hangul’s letters, Khmer.
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        // Signs that are pictures.
        | '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        // Chinese, Japanese, Korean, Yi.
        | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3031}'..='\u{303c}'
        | '\u{3041}'..='\u{318f}' | '\u{31a0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}'
        | '\u{1aff0}'..='\u{1b2ff}' | '\u{20000}'..='\u{3ffff}'
        // Pictures.
        | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_the_same_is_the_same() {
        for same in [
            &["résumé", "RÉSUMÉ", "resume", "Re\u{301}sume\u{301}"][..],
            &["Ⅻ", "xii", "XII"],
            &["ﬁn", "fin"],
            &["Straße", "STRASSE", "STRAẞE"],
            &["ё", "е", "Ё"],
            &["ＡＢＣ", "abc"],
            &["ΟΔΟΣ", "οδος", "οδοσ"],
            &["İstanbul", "istanbul"],
            &["a\u{200d}b\0c\u{202e}d", "abcd"],
            &["❤\u{fe0f}", "❤"],
            &["tab\there", "tab here", "tab\u{a0}here", "tab\u{3000}here"],
            &["が", "か\u{3099}"],
        ] {
            for one in same {
                assert_eq!(fold(one), fold(same[0]), "{one}");
            }
        }
        for (one, other) in [("a", "b"), ("か", "が"), ("写", "真"), ("и", "i")] {
            assert_ne!(fold(one), fold(other));
        }
    }

    #[test]
    fn one_character_of_a_script_without_spaces_is_long_enough_to_be_indexed() {
        for one in ["写", "が", "한", "ก", "🎉", "龘"] {
            assert_eq!(fold(one).chars().count(), 3, "{one}");
            assert!(fold(&format!("a{one}写b")).contains(&fold(one)), "{one}");
        }
        assert_eq!(fold("写真").chars().count(), 5);
    }

    #[test]
    fn a_question_is_at_most_so_long() {
        assert_eq!(words("  a b/c\t d\n"), ["a", "b", "c", "d"]);
        assert_eq!(words(&"x ".repeat(100)).len(), MAX_WORDS);
        assert_eq!(words(&"x".repeat(1000)), ["x".repeat(MAX_CHARS)]);
        assert!(words(" / \0 \u{200b}").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn a_part_is_found_in_the_whole_just_as_without_filler(
            chars in proptest::collection::vec(proptest::sample::select("abÉß写真がก🎉-1 ".chars().collect::<Vec<_>>()), 0..12),
            from in 0usize..12,
            to in 0usize..12,
            other in "[ab写が1]{1,3}",
        ) {
            let (from, to) = (from.min(chars.len()), to.min(chars.len()));
            let whole: String = chars.iter().collect();
            let part: String = chars[from.min(to)..to.max(from)].iter().collect();
            proptest::prop_assert!(fold(&whole).contains(&fold(&part)));
            let plain = |text: &str| fold(text).replace(FILLER, "");
            proptest::prop_assert_eq!(fold(&whole).contains(&fold(&other)), plain(&whole).contains(&plain(&other)));
        }

        #[test]
        fn nothing_that_parts_a_row_comes_out_of_a_text(text in "\\PC{0,8}|[\\x00-\\x20\u{fffa}\u{200b}]{0,8}") {
            let folded = fold(&text);
            proptest::prop_assert!(folded.chars().all(|c| !c.is_control()), "{folded:?}");
            proptest::prop_assert!(words(&text).iter().all(|word| !word.contains([' ', '/'])));
        }
    }
}
