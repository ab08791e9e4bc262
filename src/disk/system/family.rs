//! What is special about a file system's way with space, as far as its kind tells.

/// The kinds of which anything special is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Memory,
    Fat,
    ExFat,
    Ntfs,
    Hfs,
    Other,
}

/// As Linux numbers them; the type of the number is another on other processors.
pub fn family(number: impl TryInto<i64>) -> Family {
    match number.try_into().unwrap_or_default() & 0xffff_ffff {
        0x0102_1994 => Family::Memory,
        0x4d44 => Family::Fat,
        0x2011_bab0 => Family::ExFat,
        0x7366_746e => Family::Ntfs,
        0x4244 | 0x482b => Family::Hfs,
        _ => Family::Other,
    }
}
