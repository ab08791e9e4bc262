//! Streams and lanes against the library's own connections, over ways that tear everything.

mod crafted;
mod lane;
mod shaking;
mod stock;
mod torn;
