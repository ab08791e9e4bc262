//! Whether what a file begins with was written to be read.

/// No byte that only machines write, or a mark of UTF-16. Whether it is valid in some encoding is not asked: there are
/// many, and the last character may be cut.
pub fn is_likely(head: &[u8]) -> bool {
    !head.is_empty() && (head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") || is_written(head))
}

/// The same of what something else speaks against: it must be UTF-8 as well.
pub fn is_surely(head: &[u8]) -> bool {
    let is_valid = || match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(problem) => problem.error_len().is_none(),
    };
    is_written(head) && is_valid()
}

fn is_written(head: &[u8]) -> bool {
    head.iter().all(|byte| matches!(byte, 7..=10 | 12 | 13 | 27 | 32..=126 | 128..))
}
