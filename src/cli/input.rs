//! Whether standard input can be sent.

/// Why it can't, in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoInput {
    #[error(
        "Standard input is closed, so there is nothing to send from it. Lead a file or what a program puts out into it: … | airlift send - --as NAME"
    )]
    Closed,
    #[error(
        "Standard input is a folder, and only what is in a file can be read from there. Name the folder instead of “-”."
    )]
    Folder,
}

/// # Errors
/// When nothing can be read from there, whatever is waited for.
pub fn check() -> Result<(), NoInput> {
    look(std::io::stdin())
}

#[cfg(unix)]
fn look(input: impl std::os::fd::AsFd) -> Result<(), NoInput> {
    use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
    let (Ok(found), Ok(flags)) = (fstat(&input), fcntl_getfl(&input)) else { return Err(NoInput::Closed) };
    let access = flags & OFlags::ACCMODE;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::Directory => Err(NoInput::Folder),
        _ if access == OFlags::WRONLY => Err(NoInput::Closed),
        // Where a program is begun without it, its runtime opens the null device in its place, and to write to, too;
        // a person who wants an empty file leads it in to be read alone.
        FileType::CharacterDevice if access == OFlags::RDWR && is_null(found.st_rdev) => Err(NoInput::Closed),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn is_null(device: rustix::fs::Dev) -> bool {
    rustix::fs::stat("/dev/null").is_ok_and(|null| null.st_rdev == device)
}

#[cfg(not(unix))]
fn look(_: std::io::Stdin) -> Result<(), NoInput> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn what_can_never_be_read_is_told_from_what_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let to_write = File::create(&path).unwrap();
        let null = |options: &mut std::fs::OpenOptions| options.open("/dev/null").unwrap();
        assert_eq!(look(File::open(folder.path()).unwrap()), Err(NoInput::Folder));
        assert_eq!(look(to_write), Err(NoInput::Closed));
        assert_eq!(look(File::open(&path).unwrap()), Ok(()));
        assert_eq!(look(null(File::options().read(true).write(true))), Err(NoInput::Closed));
        assert_eq!(look(null(File::options().read(true))), Ok(()));
        assert_eq!(look(std::io::pipe().unwrap().0), Ok(()));
    }
}
