//! Control messages as bytes: a length (4 bytes, little-endian) and that many bytes of postcard.

use serde::{Serialize, de::DeserializeOwned};

use super::{Violation, limits};

/// Bytes of the length before each message.
pub const HEADER: usize = 4;

/// A message with its length before it.
///
/// # Panics
/// Never for the messages of this program: their types can all be encoded, and batches are kept
/// below [`limits::MAX_MESSAGE`] by those who make them.
#[must_use]
pub fn encode<M: Serialize>(message: &M) -> Vec<u8> {
    let mut bytes = postcard::to_extend(message, vec![0; HEADER]).expect("messages can be encoded");
    let len = u32::try_from(bytes.len() - HEADER).expect("messages are short");
    debug_assert!(len as usize <= limits::MAX_MESSAGE, "a message of {len} bytes");
    bytes[..HEADER].copy_from_slice(&len.to_le_bytes());
    bytes
}

/// How many bytes follow a header.
///
/// # Errors
/// When that is more than `cap`. Nothing may be allocated by a length before it passed here.
pub fn body_len(header: [u8; HEADER], cap: usize) -> Result<usize, Violation> {
    let len = u32::from_le_bytes(header) as usize;
    if len > cap { Err(Violation::TooLong(len as u64)) } else { Ok(len) }
}

/// The message in a whole body, which must end where the message ends.
///
/// # Errors
/// [`Violation::Garbled`].
pub fn decode<M: DeserializeOwned>(body: &[u8]) -> Result<M, Violation> {
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        _ => Err(Violation::Garbled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FromSender;

    #[test]
    fn a_message_is_as_long_as_it_says_and_no_longer_than_it_may_be() {
        let bytes = encode(&FromSender::Bye);
        let (header, body) = bytes.split_at(HEADER);
        let header = header.try_into().unwrap();
        assert_eq!(body_len(header, body.len()), Ok(body.len()));
        assert_eq!(body_len(header, body.len() - 1), Err(Violation::TooLong(body.len() as u64)));
        assert_eq!(decode(body), Ok(FromSender::Bye));
        assert_eq!(decode::<FromSender>(&[body, &[0]].concat()), Err(Violation::Garbled));
        assert_eq!(decode::<FromSender>(&[]), Err(Violation::Garbled));
    }
}
