//! Who answers.

use std::path::Path;

use super::{
    error::HistoryError,
    page::{Count, Cursor, Page},
    query::Query,
    record::Device,
    row::{Row, RowId},
};
use crate::model::{Direction, TransferId};

/// Answers questions. Not for two threads at once; as many as one likes.
pub struct Reader {}

impl Reader {
    /// Reads what is kept in `home`. Where nothing is, every answer is empty until something is.
    ///
    /// # Errors
    /// When it can’t be read, or is of a newer version.
    pub fn open(_home: &Path) -> Result<Self, HistoryError> {
        Ok(Self {})
    }

    /// At most `limit` rows (1 to 10,000) of the answer, from the beginning or after where an earlier page ended.
    ///
    /// # Errors
    /// When it can’t be read; never because of what is asked.
    pub fn page(
        &mut self,
        _query: &Query,
        _after: Option<&Cursor>,
        _limit: usize,
    ) -> Result<Page, HistoryError> {
        Ok(Page::default())
    }

    /// How many rows there are, up to [`Count::MOST`].
    ///
    /// # Errors
    /// As [`Reader::page`].
    pub fn count(&mut self, _query: &Query) -> Result<Count, HistoryError> {
        Ok(Count::Exactly(0))
    }

    /// One row; `None` where it is gone.
    ///
    /// # Errors
    /// As [`Reader::page`].
    pub fn row(&mut self, _id: RowId) -> Result<Option<Row>, HistoryError> {
        Ok(None)
    }

    /// The row of one file, by its path as it was offered.
    ///
    /// # Errors
    /// As [`Reader::page`].
    pub fn row_of(
        &mut self,
        _transfer: TransferId,
        _direction: Direction,
        _path: &str,
    ) -> Result<Option<Row>, HistoryError> {
        Ok(None)
    }

    /// All devices that something is recorded of, as they were called last, the one heard of last first; at most 1,000.
    ///
    /// # Errors
    /// As [`Reader::page`].
    pub fn devices(&mut self) -> Result<Vec<Device>, HistoryError> {
        Ok(Vec::new())
    }
}
