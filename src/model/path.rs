//! A path that a peer named, checked once and safe from then on.

use std::fmt;

/// A relative path with at least one component, none of which can leave the folder it is joined
/// to. Components are separated by `/`; whether the receiving system can hold their characters
/// is the receiving disk's question, not this type's.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelPath(Box<str>);

/// Why a text is not a [`RelPath`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsafePath {
    #[error("it is empty")]
    Empty,
    #[error("it starts at the root of a disk")]
    Absolute,
    #[error("one of its parts is empty, “.” or “..”")]
    Escapes,
    #[error("it holds a zero character")]
    Zero,
    #[error("one of its names is longer than {} bytes", RelPath::MAX_COMPONENT)]
    LongName,
    #[error("it is longer than {} bytes", RelPath::MAX_LEN)]
    Long,
    #[error("it is more than {} folders deep", RelPath::MAX_DEPTH)]
    Deep,
}

impl RelPath {
    /// Bytes in one name: the longest any common system allows is 255 UTF-16 units, 765 bytes.
    pub const MAX_COMPONENT: usize = 1024;
    /// Bytes in the whole path: Linux's own limit.
    pub const MAX_LEN: usize = 4096;
    /// Folders above one another: far beyond real trees, far below what exhausts a stack.
    pub const MAX_DEPTH: usize = 256;

    /// # Errors
    /// When the text is no relative path below its folder, or beyond the lengths above.
    pub fn parse(text: &str) -> Result<Self, UnsafePath> {
        if text.is_empty() {
            return Err(UnsafePath::Empty);
        }
        if text.len() > Self::MAX_LEN {
            return Err(UnsafePath::Long);
        }
        if text.starts_with('/') {
            return Err(UnsafePath::Absolute);
        }
        if text.contains('\0') {
            return Err(UnsafePath::Zero);
        }
        let mut depth = 0;
        for name in text.split('/') {
            depth += 1;
            match name {
                "" | "." | ".." => return Err(UnsafePath::Escapes),
                _ if name.len() > Self::MAX_COMPONENT => return Err(UnsafePath::LongName),
                _ if depth > Self::MAX_DEPTH => return Err(UnsafePath::Deep),
                _ => {}
            }
        }
        Ok(Self(text.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names from the outermost folder to the entry itself; never empty.
    #[must_use]
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// The last component.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// Everything but the last component; `None` at the top.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// The outermost component: the thing the sender picked.
    #[must_use]
    pub fn top(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(top, _)| top)
    }

    /// This path with one more name below it.
    ///
    /// # Errors
    /// As [`RelPath::parse`], for the whole.
    pub fn join(&self, name: &str) -> Result<Self, UnsafePath> {
        Self::parse(&format!("{}/{name}", self.0))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::text::visible(&self.0))
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelPath({:?})", &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_escapes_is_refused_whatever_it_looks_like() {
        for (text, why) in [
            ("", UnsafePath::Empty),
            ("/", UnsafePath::Absolute),
            ("/etc/passwd", UnsafePath::Absolute),
            ("//server/share", UnsafePath::Absolute),
            ("..", UnsafePath::Escapes),
            ("../x", UnsafePath::Escapes),
            ("a/../../x", UnsafePath::Escapes),
            ("a/..", UnsafePath::Escapes),
            ("a//b", UnsafePath::Escapes),
            ("a/./b", UnsafePath::Escapes),
            (".", UnsafePath::Escapes),
            ("a/", UnsafePath::Escapes),
            ("a\0b", UnsafePath::Zero),
        ] {
            assert_eq!(RelPath::parse(text), Err(why), "{text:?}");
        }
        assert_eq!(RelPath::parse(&"x".repeat(1025)), Err(UnsafePath::LongName));
        assert_eq!(RelPath::parse(&"x/".repeat(2100)), Err(UnsafePath::Long));
        assert_eq!(RelPath::parse(&"x/".repeat(300)[..599]), Err(UnsafePath::Deep));
    }

    #[test]
    fn names_in_any_script_pass_and_come_apart_again() {
        let path = RelPath::parse("写真/ صور/.🎉/a b\\c:d").unwrap();
        assert_eq!(path.components().collect::<Vec<_>>(), ["写真", " صور", ".🎉", "a b\\c:d"]);
        assert_eq!((path.top(), path.name()), ("写真", "a b\\c:d"));
        assert_eq!(path.parent(), Some("写真/ صور/.🎉"));
        assert_eq!(RelPath::parse("x").unwrap().parent(), None);
        assert!(path.join("..").is_err());
        assert_eq!(RelPath::parse("a").unwrap().join("b").unwrap().as_str(), "a/b");
    }

    proptest::proptest! {
        #[test]
        fn whatever_parses_stays_below_its_folder(text in "[a./\\\\:\0é]{0,24}") {
            if let Ok(path) = RelPath::parse(&text) {
                let joined = std::path::Path::new("/root/inbox").join(path.as_str());
                assert!(joined.starts_with("/root/inbox"));
                assert!(joined.components().all(|c| c != std::path::Component::ParentDir));
                assert_eq!(path.components().collect::<Vec<_>>().join("/"), text);
            }
        }
    }
}
