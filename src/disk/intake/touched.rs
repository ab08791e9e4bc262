//! Whether something else has written to a partial file since its journal was last written, and what of
//! it is still as the journal says.
//!
//! Only such a file is read again: one that was left by a crash, or by a link that broke, is not. Must not
//! know how a journal is made.

use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind, Read as _, Seek as _, SeekFrom},
    time::Duration,
};

use super::journal::{Groups, Journal};
use crate::{
    disk::system::{attributes, holes::Holes},
    model::{CHUNK, Group, Hole, Lasting, Leaf},
};

/// What comes last of a file is written, and not recorded, for about as long as this: on a slow network a
/// file that nobody has touched may be read again for it, which costs less there than it does elsewhere.
const TAIL: Duration = Duration::from_secs(2);

/// True when a file was changed, or put in another's place, well after its journal was.
pub(in crate::disk) fn since(file: &Metadata, journal: &Metadata) -> bool {
    match (attributes::changed(&cap_std::fs::Metadata::from_just_metadata(file.clone())), journal.modified())
    {
        (Some(changed), Ok(written)) => written.checked_add(TAIL).is_some_and(|late| changed > late),
        // Where that can't be told, it is better read.
        _ => true,
    }
}

/// Reads what is held of a file of `size` bytes, and takes back what is no longer what it was.
///
/// # Errors
/// When the file can't be read, or the journal not be written.
pub(in crate::disk) fn forget_what_differs(
    file: &File,
    size: u64,
    journal: &mut Journal,
    groups: &mut Groups,
) -> io::Result<()> {
    // What another program wrote is not sure to last; what is found as it was is.
    Lasting::of(file.sync_data())?;
    let mut differ = Vec::new();
    let mut holes = Holes::of(file);
    for group in groups.values() {
        if hash(file, holes.as_mut(), group, size)? != [*group] {
            differ.push(*group);
        }
    }
    for group in &differ {
        journal.void(group)?;
        groups.remove(&group.first());
    }
    tracing::info!(held = groups.len(), differ = differ.len(), "a partial file was changed and read again");
    Ok(())
}

/// What stands in a group's place.
fn hash(mut file: &File, holes: Option<&mut Holes>, group: &Group, size: u64) -> io::Result<Vec<Group>> {
    let bytes = group.bytes(size);
    file.seek(SeekFrom::Start(bytes.start))?;
    if holes.and_then(|holes| holes.end(file, bytes.start)).is_some_and(|end| end >= bytes.end)
        && let Some(hole) = Hole::new(bytes.clone(), size)
    {
        return Ok(Group::joined(hole.parts().map(|part| part.hash().group()), size));
    }
    let mut rest = file.take(bytes.end - bytes.start);
    let mut room = vec![0; CHUNK];
    let mut leaves = Vec::new();
    for mut leaf in group.chunks().map_while(|chunk| Leaf::at(chunk * CHUNK as u64)) {
        let mut filled = 0;
        while filled < CHUNK {
            match rest.read(&mut room[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) => return Err(why),
            }
        }
        leaf.update(&room[..filled]);
        leaves.push(leaf.group());
    }
    Ok(Group::joined(leaves, size))
}
