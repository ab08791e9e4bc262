//! Names that the receiving folder can hold: what is mapped and how, and the next free name.
//!
//! Knows strings only. A name that can be stored is never touched; one that can't is changed
//! where a person sees it (`CON` becomes `_CON`), never dropped.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

use crate::model::TransferId;

/// What every file of ours in a receiving folder starts with.
pub(super) const OURS: &str = ".airlift-";
/// What the files start with that are made to try a folder, after [`OURS`]; a number follows.
pub(super) const PROBE: &str = "probe-";
/// What the hidden folder is called in which files are kept apart, after [`OURS`].
const QUARANTINE: &str = "quarantine";
/// How a partial file's name ends.
pub(super) const PART: &str = ".part";
/// How the name of its journal ends.
pub(super) const JOURNAL: &str = ".journal";

/// Bytes of a transfer's id and of a path's hash that names are made of, each as two digits.
pub(super) const ID: usize = 8;

/// What the names of a transfer's partial files start with.
pub(super) fn prefix(transfer: TransferId) -> String {
    format!("{}{}-", crate::disk::naming::OURS, &transfer.to_string()[..2 * ID])
}

/// Bytes of a name that every disk can hold, encrypted ones among them.
const SHORT: usize = 120;

/// What a folder's file system makes of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameRules {
    pub characters: Characters,
    pub case: Case,
    pub unicode: Unicode,
    pub longest: Longest,
}

/// Which characters and words a name may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Characters {
    Any,
    /// What Windows allows.
    Windows,
    /// Letters and numbers without accents, and what is common between them.
    Plain,
}

/// The length that a name may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Longest {
    Bytes(usize),
    /// UTF-16 code units, as Windows counts.
    Units(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Matters,
    /// Letter by letter, as FAT, exFAT and NTFS do.
    Ignored,
    /// As Unicode folds it, whatever the form: `ß` is `ss`, and what has no looks is not there. Folders of ext4 and F2FS.
    Folded,
}

/// Whether a composed and a decomposed `é` are two names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unicode {
    Exact,
    Normalised,
}

/// Where a number goes into a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbering {
    /// Before the extension: `photo (1).jpg`.
    File,
    /// At the end: `trip (1)`.
    Folder,
}

impl NameRules {
    /// The nearest name that the folder can hold; the same name where it can hold that. Applying
    /// it again changes nothing.
    ///
    /// `name` is one path component: not empty, not `.` or `..`, without `/` and zero characters.
    pub fn storable<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let mut name = Cow::Borrowed(name);
        if is_ours(&name) {
            name = Cow::Owned(format!("_{}", &name[1..]));
        }
        if self.characters == Characters::Plain {
            let plain =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '(' | ')' | '~');
            name = Cow::Owned(name.chars().map(|c| if plain(c) { c } else { '_' }).collect());
        }
        if self.characters != Characters::Any
            && let Some(allowed) = for_windows(&name)
        {
            name = Cow::Owned(allowed);
        }
        if self.length(&name) > self.most() {
            name = Cow::Owned(self.shortened(&name));
        }
        name
    }

    /// `name` with a number, within the longest name: `photo (1).jpg`, `a (2).tar.gz`, `trip (1)`.
    pub fn numbered(&self, name: &str, number: u32, numbering: Numbering) -> String {
        let (stem, extension) = match numbering {
            Numbering::File => split_extension(name),
            Numbering::Folder => (name, ""),
        };
        let tail = format!(" ({number}){extension}");
        format!("{}{tail}", self.cut(stem, self.most().saturating_sub(self.length(&tail))))
    }

    /// Two names with the same key are one name to this folder.
    pub fn key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if name.is_ascii() {
            return match self.case {
                Case::Matters => Cow::Borrowed(name),
                Case::Ignored | Case::Folded => Cow::Owned(name.to_ascii_lowercase()),
            };
        }
        if self.case == Case::Folded {
            return Cow::Owned(folded(name));
        }
        let composed = match self.unicode {
            Unicode::Exact => Cow::Borrowed(name),
            Unicode::Normalised => Cow::Owned(name.nfd().collect::<String>()),
        };
        match self.case {
            Case::Matters => composed,
            Case::Ignored | Case::Folded => Cow::Owned(composed.chars().map(one_case).collect()),
        }
    }

    /// What every disk can hold that is known.
    pub fn strictest(self) -> Self {
        let longest = Longest::Bytes(self.most().min(SHORT));
        Self { characters: Characters::Plain, longest, ..self }
    }

    fn most(&self) -> usize {
        match self.longest {
            Longest::Bytes(most) | Longest::Units(most) => most,
        }
    }

    fn length(&self, text: &str) -> usize {
        text.chars().map(|c| self.length_of(c)).sum()
    }

    fn length_of(&self, c: char) -> usize {
        match self.longest {
            Longest::Bytes(_) => c.len_utf8(),
            Longest::Units(_) => c.len_utf16(),
        }
    }

    /// The longest start of `text` that is at most `most` long.
    fn cut<'t>(&self, text: &'t str, most: usize) -> &'t str {
        let mut length = 0;
        for (at, c) in text.char_indices() {
            length += self.length_of(c);
            if length > most {
                return &text[..at];
            }
        }
        text
    }

    /// Keeps the start and the extension; a short hash of the whole name tells two apart that
    /// differ only in what is cut.
    fn shortened(&self, name: &str) -> String {
        let hash = blake3::hash(name.as_bytes()).to_hex();
        let (stem, extension) = split_extension(name);
        let tail = format!("~{}{extension}", &hash[..8]);
        format!("{}{tail}", self.cut(stem, self.most().saturating_sub(self.length(&tail))))
    }
}

/// Names that fold into one have one of these.
pub(super) fn folded(name: &str) -> String {
    // Letter by letter, since the last sigma of a word is another one. Down, up and down again, because some letters
    // differ in one direction only.
    let of = |c: char| c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let folded: String = name.nfd().filter(|c| !has_no_looks(*c)).flat_map(of).collect();
    folded.nfd().filter(|c| !has_no_looks(*c)).collect()
}

/// A letter in one of its cases, where the other is one letter as well.
fn one_case(c: char) -> char {
    let mut upper = c.to_uppercase();
    let upper = if upper.len() == 1 { upper.next().unwrap_or(c) } else { c };
    let mut lower = upper.to_lowercase();
    if lower.len() == 1 { lower.next().unwrap_or(upper) } else { upper }
}

/// What Unicode calls ignorable where it isn't supported: its `Default_Ignorable_Code_Point`.
fn has_no_looks(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The name of a hidden folder in which files are kept apart.
pub(super) fn quarantine() -> String {
    format!("{OURS}{QUARANTINE}")
}

/// True of that name, in any letter case.
pub(super) fn is_quarantine(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.eq_ignore_ascii_case(&quarantine()))
}

/// True for names that this program gives to its own temporary files, in any letter case.
fn is_ours(name: &str) -> bool {
    name.get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS))
}

/// The name that Windows can hold, if it can't hold this one.
fn for_windows(name: &str) -> Option<String> {
    let forbidden = |c: char| c < ' ' || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*');
    let mut allowed: String = name.chars().map(|c| if forbidden(c) { '_' } else { c }).collect();
    // Windows drops a dot or a space at the end without a word.
    if allowed.ends_with(['.', ' ']) {
        allowed.pop();
        allowed.push('_');
    }
    if is_reserved(&allowed) {
        allowed.insert(0, '_');
    }
    (allowed != name).then_some(allowed)
}

/// Names that mean a device on Windows, whatever extension follows.
fn is_reserved(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or(name).trim_end_matches(' ').to_uppercase();
    if matches!(base.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let number = base.strip_prefix("COM").or_else(|| base.strip_prefix("LPT"));
    number.is_some_and(|number| {
        let mut characters = number.chars();
        matches!(characters.next(), Some('0'..='9' | '¹' | '²' | '³')) && characters.next().is_none()
    })
}

/// `("photo", ".jpg")`, `("a", ".tar.gz")`; nothing that is no extension to a person: not that of
/// `.bashrc`, nor what follows the dot in `Dr. Smith`.
fn split_extension(name: &str) -> (&str, &str) {
    let before = |whole: &str| {
        whole.rfind('.').filter(|&dot| {
            let extension = &whole[dot + 1..];
            dot > 0 && (1..=12).contains(&extension.len()) && extension.chars().all(char::is_alphanumeric)
        })
    };
    let Some(dot) = before(name) else { return (name, "") };
    let inner = before(&name[..dot]).filter(|&inner| name[inner..dot].eq_ignore_ascii_case(".tar"));
    name.split_at(inner.unwrap_or(dot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RelPath;

    const EXT4: NameRules = NameRules {
        characters: Characters::Any,
        case: Case::Matters,
        unicode: Unicode::Exact,
        longest: Longest::Bytes(255),
    };
    const NTFS: NameRules = NameRules {
        characters: Characters::Windows,
        case: Case::Ignored,
        unicode: Unicode::Exact,
        longest: Longest::Units(255),
    };

    #[test]
    fn what_a_plain_linux_disk_holds_is_stored_exactly() {
        for name in ["CON", "nul.txt", "a:b", "a\\b", "a.", "a ", "..\u{20}", "x\ny", "\u{202e}", "-rf", "~"]
        {
            assert!(matches!(EXT4.storable(name), Cow::Borrowed(same) if same == name), "{name:?}");
        }
        assert_ne!(EXT4.key("README"), EXT4.key("readme"));
        assert_ne!(EXT4.key("caf\u{e9}"), EXT4.key("cafe\u{301}"));
    }

    #[test]
    fn names_are_one_where_the_folder_has_them_so() {
        let folding = NameRules { case: Case::Folded, unicode: Unicode::Normalised, ..EXT4 };
        for (one, other, on_ntfs) in [
            ("README", "readme", true),
            ("É.txt", "é.txt", true),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ", true),
            ("σ", "ς", true),
            ("straße", "strasse", false),
            ("STRASSE", "straße", false),
            ("ẞ", "ss", false),
            ("ﬃ", "ffi", false),
            ("plain\u{ad}", "plain", false),
            ("a\u{200d}b\u{fe0f}", "AB", false),
            ("caf\u{e9}", "cafe\u{301}", false),
            ("\u{1e9b}\u{323}", "\u{1e69}", false),
        ] {
            assert_eq!(folding.key(one), folding.key(other), "{one:?} {other:?}");
            assert_eq!(NTFS.key(one) == NTFS.key(other), on_ntfs, "{one:?} {other:?}");
            assert_ne!(EXT4.key(one), EXT4.key(other));
        }
        assert_ne!(folding.key("é"), folding.key("e"));
    }

    #[test]
    fn what_windows_can_not_hold_is_changed_where_it_is_seen() {
        for (name, stored) in [
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("aux .c", "_aux .c"),
            ("com¹", "_com¹"),
            ("LPT9.a.b", "_LPT9.a.b"),
            ("CONIN$", "_CONIN$"),
            ("COM10", "COM10"),
            ("console", "console"),
            ("x.txt:evil", "x.txt_evil"),
            ("x::$DATA", "x__$DATA"),
            ("C:\\x", "C__x"),
            ("a.", "a_"),
            ("a ", "a_"),
            ("...", ".._"),
            ("a\nb\u{1f}", "a_b_"),
            ("写真?.jpg", "写真_.jpg"),
            ("con:", "con_"),
        ] {
            assert_eq!(NTFS.storable(name), stored, "{name:?}");
        }
        assert_eq!(NTFS.key("STRASSE É"), NTFS.key("strasse é"));
    }

    #[test]
    fn a_peer_can_not_name_a_file_like_one_of_ours() {
        for rules in [EXT4, NTFS] {
            assert_eq!(rules.storable(".airlift-0011aabb-7.part"), "_airlift-0011aabb-7.part");
            assert_eq!(rules.storable(".AirLift-probe"), "_AirLift-probe");
            assert_eq!(rules.storable(".airlift"), ".airlift");
            assert_eq!(rules.storable(".airlif\u{e9}"), ".airlif\u{e9}");
        }
    }

    #[test]
    fn a_name_too_long_keeps_its_start_its_extension_and_its_difference() {
        let long = |last: &str| format!("{}{last}.tar.gz", "é".repeat(140));
        let (one, two) = (EXT4.storable(&long("1")).into_owned(), EXT4.storable(&long("2")).into_owned());
        assert!(one.starts_with("ééé") && one.ends_with(".tar.gz") && one.len() <= 255, "{one}");
        assert_ne!(one, two);
        let fits = "é".repeat(127) + "a";
        assert_eq!(EXT4.storable(&fits), fits);
        // 255 units of Windows are more bytes than 255.
        let japanese = "写".repeat(255);
        assert_eq!(NTFS.storable(&japanese), japanese);
        assert!(NTFS.storable(&"🎉".repeat(128)).encode_utf16().count() <= 255);
    }

    #[test]
    fn a_number_goes_where_a_person_would_put_it() {
        for (name, file, folder) in [
            ("photo.jpg", "photo (1).jpg", "photo.jpg (1)"),
            ("a.tar.gz", "a (1).tar.gz", "a.tar.gz (1)"),
            (".bashrc", ".bashrc (1)", ".bashrc (1)"),
            ("Dr. Smith", "Dr. Smith (1)", "Dr. Smith (1)"),
            ("trip", "trip (1)", "trip (1)"),
            ("ends.", "ends. (1)", "ends. (1)"),
            (".tar.gz", ".tar (1).gz", ".tar.gz (1)"),
        ] {
            assert_eq!(EXT4.numbered(name, 1, Numbering::File), file);
            assert_eq!(EXT4.numbered(name, 1, Numbering::Folder), folder);
        }
        let full = "x".repeat(251) + ".jpg";
        let next = EXT4.numbered(&full, 4_000_000_000, Numbering::File);
        assert!(next.len() == 255 && next.ends_with("x (4000000000).jpg"), "{next}");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_named_becomes_one_safe_name_and_stays_it(
            name in "[^/\0]{1,300}|[.]airlift-[a-f.]{0,300}|(?i:con|nul|com[0-9¹]|lpt1|aux)[. ]{0,4}[a:]{0,3}|[. <>:\\\\|a\n]{1,8}",
            longest in 40_usize..=255,
        ) {
            proptest::prop_assume!(name != "." && name != "..");
            for (base, longest) in [
                (EXT4, Longest::Bytes(longest)),
                (NTFS, Longest::Units(longest)),
                (NTFS, Longest::Bytes(longest)),
                (EXT4.strictest(), Longest::Bytes(longest)),
            ] {
                let rules = NameRules { longest, ..base };
                let stored = rules.storable(&name).into_owned();
                proptest::prop_assert_eq!(&*rules.storable(&stored), &stored);
                let numbered = rules.numbered(&stored, 7, Numbering::File);
                for name in [&stored, &numbered] {
                    proptest::prop_assert!(rules.length(name) <= rules.most());
                    proptest::prop_assert!(!is_ours(name));
                    let path = RelPath::parse(name);
                    proptest::prop_assert!(path.is_ok_and(|path| path.components().count() == 1));
                    if rules.characters != Characters::Any {
                        proptest::prop_assert_eq!(for_windows(name), None);
                    }
                }
            }
        }
    }
}
