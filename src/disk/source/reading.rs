//! What a sender offered, opened by number and read in order.
//!
//! Every name on the way to a file is opened from the folder above it without following links, and
//! a file is compared with what the scan saw, when it is opened and again after its last byte.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Stdin},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use cap_std::fs::{Dir, Metadata};

use super::{
    opening::open,
    seen::Seen,
    trial::{Noise, TrialContent},
    walk::{Found, Origin},
};
use crate::{
    disk::{
        error::{SourceError, shown},
        folders::Folders,
        kind::Kind,
        system::{attributes, descriptors, holes::Holes},
    },
    model::{Accord, CHUNK, Digest, Effect, Entry, EntryKind, EntryNo, Hole, Text, Timestamp, ZEROS},
};

/// All entries of a scan, by number.
#[derive(Default)]
pub struct Sources {
    entries: Vec<Entry>,
    /// The first entry of each thing that was picked, and where that is.
    picks: Vec<(EntryNo, Origin)>,
    /// Own names by wire path, where the wire has another.
    real: HashMap<Box<str>, OsString>,
    folders: Folders<Dir>,
}

impl Sources {
    pub(in crate::disk) fn push(&mut self, found: Found) {
        let Found { entry, real, origin } = found;
        if let Some(origin) = origin {
            let no = EntryNo::try_from(self.entries.len()).unwrap_or(EntryNo::MAX);
            self.picks.push((no, origin));
        }
        if let Some(real) = real {
            self.real.insert(entry.path.as_str().into(), real);
        }
        self.entries.push(entry);
    }

    pub(in crate::disk) fn complete(mut self, folders: Folders<Dir>) -> Self {
        self.entries.shrink_to_fit();
        self.folders = folders;
        self
    }

    /// A list of all of it, for another scan to be held to; `key` is random.
    #[must_use]
    pub fn listed(&self, key: [u8; 32]) -> Accord {
        Accord::new(key, &self.entries, |_| Some(Effect::Adds))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many of them are files.
    #[must_use]
    pub fn files(&self) -> usize {
        self.entries.iter().filter(|entry| entry.kind != EntryKind::Folder).count()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    #[must_use]
    pub fn entry(&self, no: EntryNo) -> Option<&Entry> {
        self.entries.get(no as usize)
    }

    /// Where an entry is on this device; `None` of what is no file or folder here.
    #[must_use]
    pub fn place(&self, no: EntryNo) -> Option<PathBuf> {
        match self.origin(no)? {
            Origin::Path(picked) => Some(self.path(picked, self.entry(no)?)),
            Origin::StandardInput | Origin::Trial(_) | Origin::Text(_) => None,
        }
    }

    fn origin(&self, no: EntryNo) -> Option<&Origin> {
        let pick = self.picks.partition_point(|(first, _)| *first <= no).checked_sub(1)?;
        self.picks.get(pick).map(|(_, origin)| origin)
    }

    /// Opens a file, or standard input, at its start.
    ///
    /// # Errors
    /// When `no` is no file, or it can't be read, or is no longer what the scan saw.
    pub fn open(&self, no: EntryNo) -> Result<SourceFile, SourceError> {
        let entry = self.entry(no).ok_or(SourceError::NoSuchFile(no))?;
        let EntryKind::File { size, .. } = entry.kind else { return Err(SourceError::NoSuchFile(no)) };
        let picked = match self.origin(no).ok_or(SourceError::NoSuchFile(no))? {
            Origin::Path(picked) => picked,
            Origin::StandardInput => {
                let path = PathBuf::from(entry.path.name());
                return Ok(SourceFile { content: Content::Stream(io::stdin()), path, read: 0 });
            }
            Origin::Text(text) => {
                let (content, path) = (Content::Text(text.clone()), PathBuf::from(entry.path.name()));
                return Ok(SourceFile { content, path, read: 0 });
            }
            Origin::Trial(trial) => {
                let path = PathBuf::from(entry.path.name());
                let content = Content::of_trial(trial).map_err(|why| SourceError::sending(&path, why))?;
                return Ok(SourceFile { content, path, read: 0 });
            }
        };
        let path = self.path(picked, entry);
        let seen = size.map(|size| Seen { size, modified: entry.modified });
        let open = || self.open_file(&path, seen);
        let opened = descriptors::wait_for_one(open, descriptors::are_used_up, || self.folders.forget_all());
        match opened.map_err(|why| SourceError::sending(&path, why))? {
            Some((file, touched)) => {
                let content = match seen {
                    Some(seen) => {
                        let holes = Some(&file).filter(|_| entry.holes > 0).and_then(Holes::of);
                        Content::File { file, seen, touched, holes }
                    }
                    None => Content::OfNoSize(file),
                };
                Ok(SourceFile { content, path, read: 0 })
            }
            None => Err(SourceError::Changed(shown(&path))),
        }
    }

    /// With when it was last touched; `None` when what is there is not what was seen, where that was seen.
    fn open_file(&self, path: &Path, seen: Option<Seen>) -> io::Result<Option<(File, Option<Timestamp>)>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
        let dir = self.folders.at(parent)?;
        let is_it = |there: &Metadata| match seen {
            Some(seen) => seen.is(there),
            None => matches!(Kind::of(there), Kind::File),
        };
        // Looked at first, because opening a device can have effects of its own.
        if !is_it(&dir.symlink_metadata(name)?) {
            return Ok(None);
        }
        let file = open(&dir, name)?;
        let there = Metadata::from_file(&file)?;
        Ok(is_it(&there).then(|| (file, attributes::touched(&there))))
    }

    /// An entry's own path, below or at that of the picked thing it belongs to.
    fn path(&self, picked: &Path, entry: &Entry) -> PathBuf {
        let mut path = picked.to_owned();
        let wire = entry.path.as_str();
        let mut end = entry.path.top().len();
        for component in entry.path.components().skip(1) {
            end += 1 + component.len();
            let real = if self.real.is_empty() { None } else { self.real.get(&wire[..end]) };
            path.push(real.map_or(OsStr::new(component), OsString::as_os_str));
        }
        path
    }
}

/// A file or standard input, read in order from the start.
pub struct SourceFile {
    content: Content,
    path: PathBuf,
    read: u64,
}

enum Content {
    File {
        file: File,
        seen: Seen,
        /// Some programs write to a file and give it back its old time.
        touched: Option<Timestamp>,
        /// `None` where there are none, or nobody is told of them.
        holes: Option<Holes>,
    },
    Stream(Stdin),
    /// A file whose size nobody knows.
    OfNoSize(File),
    Memory {
        noise: Noise,
        size: u64,
    },
    Text(Text),
}

impl Content {
    fn of_trial(trial: &TrialContent) -> io::Result<Self> {
        Ok(match trial {
            TrialContent::Memory { block, bytes } => {
                Self::Memory { noise: Noise::new(Arc::clone(block)), size: *bytes }
            }
            TrialContent::Disk { file, seen } => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Self::File { file, seen: *seen, touched: None, holes: None }
            }
        })
    }
}

impl SourceFile {
    /// Fills as much of `buf` as there is; 0 only at the end of the offered size or of the stream.
    ///
    /// # Errors
    /// When the file ends before its offered size, or can't be read.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        let wanted = match &self.content {
            Content::File { seen: Seen { size, .. }, .. } | Content::Memory { size, .. } => {
                usize::try_from(size.saturating_sub(self.read)).map_or(buf.len(), |left| left.min(buf.len()))
            }
            Content::Stream(_) | Content::OfNoSize(_) | Content::Text(_) => buf.len(),
        };
        let mut filled = 0;
        while filled < wanted {
            let rest = &mut buf[filled..wanted];
            let read = match &mut self.content {
                Content::File { file, .. } | Content::OfNoSize(file) => file.read(rest),
                Content::Stream(stdin) => stdin.read(rest),
                Content::Memory { noise, .. } => noise.read(rest),
                Content::Text(text) => {
                    let done = usize::try_from(self.read).unwrap_or(usize::MAX).saturating_add(filled);
                    text.as_str().as_bytes().get(done..).unwrap_or_default().read(rest)
                }
            };
            match read {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                // There is no more of it for now, and nobody knows when there is.
                Err(why)
                    if why.kind() == ErrorKind::WouldBlock
                        && matches!(self.content, Content::OfNoSize(_)) =>
                {
                    return Err(SourceError::Endless(shown(&self.path)));
                }
                Err(why) => return Err(SourceError::sending(&self.path, why)),
            }
        }
        self.read += filled as u64;
        if filled < wanted && matches!(self.content, Content::File { .. }) {
            return Err(SourceError::Changed(shown(&self.path)));
        }
        Ok(filled)
    }

    /// The hole that begins where the file is read next, as far as `end`: none of it need be read. Nothing that is
    /// no whole chunk is one.
    pub fn hole(&mut self, end: u64) -> Option<Hole> {
        let Content::File { file, seen, holes: Some(holes), .. } = &mut self.content else { return None };
        let zeros = self.read..holes.end(file, self.read)?.min(end);
        Hole::within(zeros, seen.size).filter(|hole| hole.bytes().start == self.read)
    }

    /// As [`SourceFile::read`], but of a hole nothing is read: its zeros are there already. `room` is for a chunk.
    ///
    /// # Errors
    /// As [`SourceFile::read`].
    pub fn next<'a>(&mut self, room: &'a mut [u8]) -> Result<&'a [u8], SourceError> {
        let most = self.read.saturating_add(room.len() as u64);
        if let Some(hole) = self.hole(most) {
            self.seek(hole.bytes().end)?;
            return Ok(&ZEROS[..usize::try_from(hole.len()).unwrap_or(0)]);
        }
        let count = self.read(room)?;
        Ok(&room[..count])
    }

    /// Goes on at another place of the file.
    ///
    /// # Errors
    /// When it can't, or this is no file.
    pub fn seek(&mut self, offset: u64) -> Result<(), SourceError> {
        let sought = match &mut self.content {
            Content::File { file, .. } => file.seek(SeekFrom::Start(offset)).map(drop),
            Content::Text(_) => Ok(()),
            Content::Stream(_) | Content::OfNoSize(_) | Content::Memory { .. } => {
                Err(ErrorKind::NotSeekable.into())
            }
        };
        self.read = offset;
        sought.map_err(|why| SourceError::sending(&self.path, why))
    }

    /// To be called after the last byte, with the digest of what was read. Breaks off when it is over before it is
    /// known whether that is what the file holds.
    ///
    /// Size, time of change and what is behind the last byte decide at once. Where only the time that nobody can set
    /// is another, either nothing of the content has changed (a further name, other rights, an attribute, a backup that
    /// gave back the time of reading), or somebody has written and given back the old time (`rsync -t`, `cp -p`). No
    /// attribute tells the two apart, so the file is read once more, here, where that costs no network: if it still
    /// holds what was read, then what was read is what it held at one moment.
    ///
    /// # Errors
    /// When there is more to read, or its size, time or content is no longer what the scan saw and was read.
    pub fn finish(
        mut self,
        digest: Digest,
        is_over: impl Fn() -> bool,
    ) -> Result<ControlFlow<()>, SourceError> {
        match self.standing().map_err(|why| SourceError::sending(&self.path, why))? {
            Standing::Same => Ok(ControlFlow::Continue(())),
            Standing::Changed => Err(SourceError::Changed(shown(&self.path))),
            Standing::Touched => {
                tracing::info!("a file was touched while it was read, and is read again");
                self.seek(0)?;
                if let Content::File { file, holes, .. } = &mut self.content {
                    // So shortly after that, not everything that is said of them is true.
                    *holes = holes.take().and_then(|_| Holes::of(file));
                }
                let (mut hasher, mut room) = (blake3::Hasher::new(), vec![0; CHUNK]);
                loop {
                    if is_over() {
                        return Ok(ControlFlow::Break(()));
                    }
                    match self.next(&mut room)? {
                        [] => break,
                        bytes => hasher.update(bytes),
                    };
                }
                if Digest(*hasher.finalize().as_bytes()) == digest {
                    Ok(ControlFlow::Continue(()))
                } else {
                    Err(SourceError::Changed(shown(&self.path)))
                }
            }
        }
    }

    /// How it stands, as far as its attributes show.
    fn standing(&mut self) -> io::Result<Standing> {
        let Content::File { file, seen, touched, .. } = &mut self.content else { return Ok(Standing::Same) };
        // It may have grown since.
        let more = file.read(&mut [0])? > 0;
        let now = Metadata::from_file(file)?;
        if more || !seen.is(&now) {
            return Ok(Standing::Changed);
        }
        let is_touched = attributes::touched(&now).zip(*touched).is_some_and(|(now, before)| now != before);
        Ok(if is_touched { Standing::Touched } else { Standing::Same })
    }
}

/// How a file stands after its last byte.
enum Standing {
    Same,
    /// Something of it has changed that need not be its content.
    Touched,
    Changed,
}
