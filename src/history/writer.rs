//! Who writes: one for a process is enough, and several processes may.

use std::{path::Path, time::SystemTime};

use super::{
    error::{Damage, HistoryError},
    record::{FileEntry, TransferRecord},
    row::RowId,
};
use crate::model::{FileFate, Screening};

/// The writer. Not for two threads at once.
pub struct History {
    damage: Option<Damage>,
}

impl History {
    /// The name of its file in the home; beside it lie others whose names begin like it.
    pub const FILE: &'static str = "history.db";

    /// What is kept in `home`, which must exist. One that is damaged is kept aside ([`History::damage`]), and a new one
    /// begun.
    ///
    /// # Errors
    /// When it can’t be read or written, is locked, or is of a newer version, which is not touched then.
    pub fn open(_home: &Path) -> Result<Self, HistoryError> {
        Ok(Self { damage: None })
    }

    /// A damaged file that has been kept aside since this was asked last.
    pub fn damage(&mut self) -> Option<Damage> {
        self.damage.take()
    }

    /// Records what is known of a transfer, and of some of its files; what was recorded of others of its files stays.
    /// May be called any number of times, with a file’s newest fate each time: a file whose fate has changed is listed
    /// anew. Without any file ever, the transfer is listed itself.
    ///
    /// # Errors
    /// When it can’t be written. Each thousand of files is written whole or not at all; recording all of them again
    /// loses and doubles nothing.
    pub fn record(&mut self, _transfer: &TransferRecord, _files: &[FileEntry]) -> Result<(), HistoryError> {
        Ok(())
    }

    /// A file has another fate now: it was let in, released, put into quarantine. An id that is gone changes nothing.
    ///
    /// # Errors
    /// When it can’t be written.
    pub fn became(&mut self, _id: RowId, _fate: &FileFate) -> Result<(), HistoryError> {
        Ok(())
    }

    /// What a later virus check said of it. One that was held is stored once it is clean, and infected once it is
    /// that. An id that is gone changes nothing.
    ///
    /// # Errors
    /// When it can’t be written.
    pub fn rescreened(&mut self, _id: RowId, _screening: &Screening) -> Result<(), HistoryError> {
        Ok(())
    }

    /// Where it is now on this device; `None`: nowhere. An id that is gone changes nothing.
    ///
    /// # Errors
    /// When it can’t be written.
    pub fn moved(&mut self, _id: RowId, _place: Option<&Path>) -> Result<(), HistoryError> {
        Ok(())
    }

    /// Removes rows, so that nothing of them is left in the file. Ids that are gone are no error. How many there were.
    ///
    /// # Errors
    /// When it can’t be written.
    pub fn remove(&mut self, _ids: &[RowId]) -> Result<u64, HistoryError> {
        Ok(0)
    }

    /// Removes what was recorded before `time`, likewise.
    ///
    /// # Errors
    /// When it can’t be written.
    pub fn forget_before(&mut self, _time: SystemTime) -> Result<u64, HistoryError> {
        Ok(0)
    }

    /// Removes everything, likewise; what was kept aside as damaged too.
    ///
    /// # Errors
    /// When it can’t be written.
    pub fn clear(&mut self) -> Result<(), HistoryError> {
        Ok(())
    }
}
