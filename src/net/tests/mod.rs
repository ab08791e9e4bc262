//! Streams and lanes against the library's own connections, over ways that tear everything.

mod crafted;
mod hand;
mod keys;
mod lane;
mod shaking;
mod stock;
mod torn;
