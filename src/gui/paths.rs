//! Paths as people type and read them. Asks the disk nothing.

use std::path::{Path, PathBuf};

use crate::model::text;

/// Why a typed text is no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    #[error("Type a path.")]
    Empty,
    #[error("Type the whole path, such as {}.", if cfg!(windows) { r"C:\Users\Me\Pictures" } else { "/home/me/pictures or ~/pictures" })]
    Relative,
}

/// A typed or pasted path: quotes around it are taken off, `~` is the home folder.
///
/// # Errors
/// When it is empty or doesn't say from where.
pub fn typed(text: &str) -> Result<PathBuf, BadPath> {
    let text = text.trim();
    let text = ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text);
    if text.is_empty() {
        return Err(BadPath::Empty);
    }
    let path = match text.strip_prefix('~') {
        Some("") => home().unwrap_or_default(),
        Some(rest) if rest.starts_with(['/', '\\']) => home().unwrap_or_default().join(&rest[1..]),
        _ => PathBuf::from(text),
    };
    if path.is_absolute() { Ok(path) } else { Err(BadPath::Relative) }
}

/// A path fit for the screen: what is in the home folder starts with `~`.
#[must_use]
pub fn shown(path: &Path) -> String {
    let inside = home().and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned));
    let short = match inside {
        Some(inside) if inside.as_os_str().is_empty() => PathBuf::from("~"),
        Some(inside) => Path::new("~").join(inside),
        None => path.to_owned(),
    };
    text::visible(&short.to_string_lossy()).into_owned()
}

/// The last name of a path, or the path where it has none, fit for the screen.
#[must_use]
pub fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| shown(path), |name| text::visible(&name.to_string_lossy()).into_owned())
}

fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_be_typed_as_it_is_pasted() {
        for (text, path) in [
            ("/a/b c", "/a/b c"),
            (" \"/a/b\" ", "/a/b"),
            ("'/it’s'", "/it’s"),
            ("/写真/🎉", "/写真/🎉"),
            ("/\"", "/\""),
        ] {
            assert_eq!(typed(text), Ok(PathBuf::from(path)), "{text}");
        }
        assert_eq!(typed("~/x"), Ok(home().unwrap().join("x")));
        assert_eq!(typed("~"), Ok(home().unwrap()));
        for text in ["", "  ", "\"\""] {
            assert_eq!(typed(text), Err(BadPath::Empty));
        }
        for text in ["a", "./a", "~a", "\"", "../x"] {
            assert_eq!(typed(text), Err(BadPath::Relative), "{text}");
        }
    }

    #[test]
    fn a_shown_path_is_short_and_hides_nothing() {
        let home = home().unwrap();
        assert_eq!(shown(&home.join("Downloads")), "~/Downloads");
        assert_eq!(shown(&home), "~");
        assert_eq!(shown(Path::new("/x/\u{202e}y")), "/x/\\u{202e}y");
        assert_eq!(name(Path::new("/x/y")), "y");
        assert_eq!(name(Path::new("/")), "/");
    }
}
