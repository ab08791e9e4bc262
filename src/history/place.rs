//! Where a file is on this device, as it stands in the file: as text, or in the system’s own form where it is none.
//!
//! Knows paths and columns.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use rusqlite::types::{ToSqlOutput, Value, ValueRef};

pub fn kept(place: Option<&Path>) -> ToSqlOutput<'_> {
    match place.map(|place| (place, place.to_str())) {
        None => ToSqlOutput::Owned(Value::Null),
        Some((_, Some(text))) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Some((place, None)) => {
            let system = serde_json::to_vec(place.as_os_str()).unwrap_or_default();
            ToSqlOutput::Owned(Value::Blob(system))
        }
    }
}

pub fn read(kept: ValueRef<'_>) -> Option<PathBuf> {
    match kept {
        ValueRef::Text(text) => std::str::from_utf8(text).ok().map(PathBuf::from),
        ValueRef::Blob(system) => serde_json::from_slice::<OsString>(system).ok().map(PathBuf::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_comes_back_as_it_was() {
        use std::os::unix::ffi::OsStringExt as _;
        for path in [PathBuf::from(OsString::from_vec(b"/a/\xff\xfe.jpg".to_vec())), PathBuf::from("/写/真")]
        {
            let read = match kept(Some(&path)) {
                ToSqlOutput::Borrowed(value) => read(value),
                ToSqlOutput::Owned(value) => read(ValueRef::from(&value)),
                other => panic!("{other:?}"),
            };
            assert_eq!(read, Some(path));
        }
    }
}
