//! TLS 1.3 records (RFC 8446, section 5) between buffers of the caller’s: encrypted, decrypted, and nothing else.
//!
//! Knows one key for each direction and how records are counted. Must not know what a record says, sockets, or where
//! keys come from.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use rustls::ConnectionTrafficSecrets;

use super::outcome::RecordError;

/// The most content of a record, in bytes.
pub const FRAGMENT: usize = 16 * 1024;
/// What says how long a record is.
pub const HEADER: usize = 5;
const TAG: usize = 16;
/// The type, which is encrypted behind the content.
const TYPE: usize = 1;
/// The longest record. The RFC has room for ciphers that add more than the three there are.
pub const LONGEST: usize = HEADER + FRAGMENT + TYPE + TAG;

/// What a record carries (RFC 8446, section 5.1), also what each encrypted one says on its outside.
pub const ALERT: u8 = 21;
pub const HANDSHAKE: u8 = 22;
pub const APPLICATION: u8 = 23;

/// The version that each record says, for the sake of what may lie between.
const VERSION: [u8; 2] = [3, 3];

/// Bytes of a record with so much content, of [`FRAGMENT`] at most.
#[must_use]
pub const fn sealed(content: usize) -> usize {
    HEADER + content + TYPE + TAG
}

/// Bytes that opening a record of this length needs room for: its content, its type, and its padding.
#[must_use]
pub const fn opened(record: usize) -> usize {
    record.saturating_sub(HEADER + TAG)
}

/// The length of the record that begins there; `None` while it hasn’t said so.
///
/// # Errors
/// When nothing that follows could make an encrypted record of it.
pub fn length(wire: &[u8]) -> Result<Option<usize>, RecordError> {
    let [kind, _, _, high, low, ..] = *wire else { return Ok(None) };
    let length = HEADER + usize::from(u16::from_be_bytes([high, low]));
    if kind != APPLICATION {
        return Err(RecordError::Unexpected);
    }
    if length > LONGEST {
        return Err(RecordError::TooLong);
    }
    if length < sealed(0) {
        return Err(RecordError::Forged);
    }
    Ok(Some(length))
}

/// One direction’s key, and the number of the next record under it.
struct Half {
    key: LessSafeKey,
    iv: [u8; 12],
    next: u64,
}

impl Half {
    fn new((next, secrets): &(u64, ConnectionTrafficSecrets)) -> Result<Self, RecordError> {
        let (algorithm, key, iv) = match secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv),
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (&AES_256_GCM, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv),
            _ => return Err(RecordError::NoSuchCipher),
        };
        let key = UnboundKey::new(algorithm, key.as_ref()).map_err(|_| RecordError::NoSuchCipher)?;
        let iv = iv.as_ref().try_into().map_err(|_| RecordError::NoSuchCipher)?;
        Ok(Self { key: LessSafeKey::new(key), iv, next: *next })
    }

    /// That of the next record, once. The last number there is stays unused.
    fn nonce(&mut self) -> Result<Nonce, RecordError> {
        if self.next == u64::MAX {
            return Err(RecordError::Exhausted);
        }
        let mut nonce = self.iv;
        for (byte, number) in nonce[4..].iter_mut().zip(self.next.to_be_bytes()) {
            *byte ^= number;
        }
        self.next += 1;
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

/// The key of what is sent.
pub struct Sealer(Half);

impl Sealer {
    /// # Errors
    /// When the cipher is none of the three.
    pub fn new(secrets: &(u64, ConnectionTrafficSecrets)) -> Result<Self, RecordError> {
        Half::new(secrets).map(Self)
    }

    /// The number of the next record under this key.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.0.next
    }

    /// Encrypts `content`, of [`FRAGMENT`] at most, to a record at the front of `out`, which has room for
    /// [`sealed`]. Returns the bytes it takes.
    ///
    /// # Errors
    /// When the key is used up.
    pub fn seal(&mut self, kind: u8, content: &[u8], out: &mut [u8]) -> Result<usize, RecordError> {
        let length = sealed(content.len());
        let inner = u16::try_from(length - HEADER).map_err(|_| RecordError::TooLong)?;
        if length > LONGEST || out.len() < length {
            return Err(RecordError::TooLong);
        }
        let [high, low] = inner.to_be_bytes();
        let head = [APPLICATION, VERSION[0], VERSION[1], high, low];
        let (header, rest) = out[..length].split_at_mut(HEADER);
        header.copy_from_slice(&head);
        let (body, tail) = rest.split_at_mut(content.len());
        let nonce = self.0.nonce()?;
        self.0
            .key
            .seal_out_of_place_scatter(nonce, Aad::from(head), content, body, &[kind], tail)
            .map_err(|_| RecordError::Exhausted)?;
        Ok(length)
    }
}

/// The key of what comes.
pub struct Opener(Half);

impl Opener {
    /// # Errors
    /// When the cipher is none of the three.
    pub fn new(secrets: &(u64, ConnectionTrafficSecrets)) -> Result<Self, RecordError> {
        Half::new(secrets).map(Self)
    }

    /// Decrypts a whole record to the front of `out`, which has room for [`opened`]. Returns what it carries, and
    /// the bytes of that. After an error what is in `out` means nothing, and the connection is over.
    ///
    /// # Errors
    /// When it is not what the other end has sealed as the next one, or is longer than any may be.
    pub fn open(&mut self, record: &[u8], out: &mut [u8]) -> Result<(u8, usize), RecordError> {
        if length(record)? != Some(record.len()) {
            return Err(RecordError::Forged);
        }
        let (head, body) = record.split_first_chunk::<HEADER>().ok_or(RecordError::Forged)?;
        let (cipher, tag) = body.split_at(body.len() - TAG);
        let Some(out) = out.get_mut(..cipher.len()) else { return Err(RecordError::TooLong) };
        let nonce = self.0.nonce()?;
        self.0
            .key
            .open_separate_gather(nonce, Aad::from(*head), cipher, tag, out)
            .map_err(|_| RecordError::Forged)?;
        // Behind the type there may be padding.
        let end = out.iter().rposition(|byte| *byte != 0).ok_or(RecordError::Unexpected)?;
        Ok((out[end], end))
    }
}
