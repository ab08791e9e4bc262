//! What came and went, from whom and whereto, kept for as long as its person wants: one `SQLite` file in the home.
//!
//! [`History`] writes, [`Reader`] answers, [`Finder`] answers on a thread of its own while somebody types. Several
//! processes of one home may do each at once. What is recorded of many files at once waits in the file until somebody reads,
//! or has time to put it into the tables: nobody sees a difference. Knows its file and what is asked of it. Must not know who records, who
//! asks, or how anything is shown. Everything but [`Finder`] blocks.

mod base;
mod code;
mod error;
mod fate;
mod finder;
mod fold;
mod id;
mod insert;
mod later;
mod page;
mod place;
mod plan;
mod query;
mod reader;
mod record;
mod remove;
mod row;
mod schema;
mod search;
mod shown;
#[cfg(test)]
mod tests;
mod waiting;
mod writer;

pub use error::{Damage, HistoryError};
pub use finder::{Answer, Asked, Counting, Finder, Found, Ticket};
pub use id::BadRowId;
pub use later::{Later, Noted, Which, stuck};
pub use page::{Count, Cursor, Page};
pub use query::{DeviceIs, Order, Query};
pub use reader::Reader;
pub use record::{Device, Ending, FileEntry, TransferRecord};
pub use row::{Became, Item, Row, RowId, Screened, TransferRow};
pub use writer::{History, Left};
