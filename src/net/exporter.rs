//! Secrets that both ends of one connection can derive, and nobody else (RFC 8446, section 7.5).
//!
//! Knows how they are derived. Must not know what they are for. The library derives them for its buffered connections
//! alone; of the others it tells the secret that all of them come from, to whoever keeps its log of keys.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    CommonState, Error, KeyLog, Tls13CipherSuite,
    crypto::tls13::{HkdfExpander, OkmBlock},
};

/// What the library calls it.
const LABEL: &str = "EXPORTER_SECRET";

/// Takes the one secret of one handshake, and none of the others.
#[derive(Default)]
pub struct Overheard(Mutex<Option<OkmBlock>>);

impl fmt::Debug for Overheard {
    /// Without the secret: it must not get into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Overheard")
    }
}

impl KeyLog for Overheard {
    fn log(&self, label: &str, _: &[u8], secret: &[u8]) {
        if label == LABEL && secret.len() <= OkmBlock::MAX_LEN {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(OkmBlock::new(secret));
        }
    }

    fn will_log(&self, label: &str) -> bool {
        label == LABEL
    }
}

/// Derives secrets of one connection.
pub struct Exporter {
    suite: &'static Tls13CipherSuite,
    secret: Arc<Overheard>,
}

impl Exporter {
    /// # Errors
    /// When the handshake isn’t over.
    pub fn new(state: &CommonState, secret: Arc<Overheard>) -> Result<Self, Error> {
        let suite = state.negotiated_cipher_suite().and_then(|suite| suite.tls13());
        let suite = suite.ok_or(Error::HandshakeNotComplete)?;
        Ok(Self { suite, secret })
    }

    /// That of this label, for an empty context.
    ///
    /// # Errors
    /// When there is none.
    pub fn derive(&self, label: &str) -> Result<[u8; 32], Error> {
        let secret = self.secret.0.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = secret.as_ref().ok_or(Error::HandshakeNotComplete)?;
        let nothing = self.suite.common.hash_provider.hash(&[]);
        let hkdf = self.suite.hkdf_provider;
        let mut of_label = [0; OkmBlock::MAX_LEN];
        let of_label = &mut of_label[..nothing.as_ref().len()];
        expand(&*hkdf.expander_for_okm(secret), label, nothing.as_ref(), of_label)?;
        let mut exported = [0; 32];
        let of_label = hkdf.expander_for_okm(&OkmBlock::new(of_label));
        expand(&*of_label, "exporter", nothing.as_ref(), &mut exported)?;
        Ok(exported)
    }
}

/// HKDF-Expand-Label (RFC 8446, section 7.1).
fn expand(expander: &dyn HkdfExpander, label: &str, context: &[u8], out: &mut [u8]) -> Result<(), Error> {
    const PREFIX: &str = "tls13 ";
    let too_long = || Error::General("a label that is too long".to_owned());
    let length = u16::try_from(out.len()).map_err(|_| too_long())?;
    let of_label = u8::try_from(PREFIX.len() + label.len()).map_err(|_| too_long())?;
    let of_context = u8::try_from(context.len()).map_err(|_| too_long())?;
    let info: [&[u8]; 6] =
        [&length.to_be_bytes(), &[of_label], PREFIX.as_bytes(), label.as_bytes(), &[of_context], context];
    expander.expand_slice(&info, out).map_err(|_| too_long())
}
