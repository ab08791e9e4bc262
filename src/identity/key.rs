//! The Ed25519 key: made on first run, kept where only its owner can read it.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use rcgen::{CertificateParams, KeyPair, PKCS_ED25519, PublicKeyData as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::model::{DeviceId, Lasting, text};

pub const FILE: &str = "identity.key";

/// This device's key, the certificate that carries it, and the id that follows from it.
pub struct Identity {
    id: DeviceId,
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("This device’s key in {} can’t be read or written: {}.", path.display(), text::reason(.source))]
    File { path: PathBuf, source: io::Error },
    #[error("{} doesn’t hold a key of Airlift’s. Restore it from a backup, or move it away to become a new device.", path.display())]
    Damaged { path: PathBuf },
    #[error("A key could not be made: {0}.")]
    Making(#[from] rcgen::Error),
}

impl Identity {
    /// The key kept in `home`, which must exist. Makes one when there is none.
    ///
    /// # Errors
    /// When the file can't be read or written, or holds something else.
    pub fn load_or_create(home: &Path) -> Result<Self, IdentityError> {
        let path = home.join(FILE);
        let file_error = |source| IdentityError::File { path: path.clone(), source };
        match std::fs::read(&path) {
            Ok(pkcs8) => {
                keep_private(&path).map_err(file_error)?;
                Self::from_pkcs8(pkcs8, path)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let pkcs8 = KeyPair::generate_for(&PKCS_ED25519)?.serialize_der();
                // Born private (mode 0600) under another name, so that no reader ever sees half a key.
                let mut file = tempfile::NamedTempFile::new_in(home).map_err(file_error)?;
                file.write_all(&pkcs8)
                    .and_then(|()| Lasting::of(file.as_file().sync_all()))
                    .map_err(file_error)?;
                match file.persist_noclobber(&path) {
                    Ok(_) => {
                        make_last(home).map_err(file_error)?;
                        Self::from_pkcs8(pkcs8, path)
                    }
                    // Another Airlift was first: its key is this device's key.
                    Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
                        let pkcs8 = std::fs::read(&path).map_err(file_error)?;
                        Self::from_pkcs8(pkcs8, path)
                    }
                    Err(e) => Err(file_error(e.error)),
                }
            }
            Err(e) => Err(file_error(e)),
        }
    }

    /// A key that nobody keeps: for tests and one-off transfers.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn ephemeral() -> Result<Self, IdentityError> {
        Self::from_key(KeyPair::generate_for(&PKCS_ED25519)?)
    }

    fn from_pkcs8(pkcs8: Vec<u8>, path: PathBuf) -> Result<Self, IdentityError> {
        KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.into(), &PKCS_ED25519)
            .map_err(|_| IdentityError::Damaged { path })
            .and_then(Self::from_key)
    }

    fn from_key(key: KeyPair) -> Result<Self, IdentityError> {
        // The certificate only carries the key: names and dates in it decide nothing.
        let certificate =
            CertificateParams::new(vec!["airlift".to_owned()])?.self_signed(&key)?.der().clone();
        let id = DeviceId::of_public_key(&key.subject_public_key_info());
        Ok(Self { id, key, certificate })
    }

    #[must_use]
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// For the handshake alone.
    #[must_use]
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    /// For the handshake alone.
    #[must_use]
    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

/// Takes away what others could read of a key file that was copied about.
#[cfg(unix)]
fn keep_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::metadata(path)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "the key file could be read by others: made private");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Elsewhere the data folder belongs to its user alone.
#[cfg(not(unix))]
fn keep_private(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Has the names in the data folder last through a power cut: with another key, this would be another
/// device.
#[cfg(unix)]
pub(super) fn make_last(home: &Path) -> io::Result<()> {
    Lasting::of(std::fs::File::open(home)?.sync_all()).map(drop)
}

/// Windows keeps names in a journal of its own and has no call that waits for it.
#[cfg(not(unix))]
pub(super) fn make_last(_home: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_keeps_its_id_and_its_key_to_itself() {
        let home = tempfile::tempdir().unwrap();
        let first = Identity::load_or_create(home.path()).unwrap();
        let path = home.path().join(FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(), 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert_eq!(Identity::load_or_create(home.path()).unwrap().id(), first.id());
            assert_eq!(mode(), 0o600);
        }
        assert_eq!(Identity::load_or_create(home.path()).unwrap().id(), first.id());
        assert_ne!(Identity::ephemeral().unwrap().id(), first.id());
        assert!(path.exists());
    }

    #[test]
    fn a_damaged_key_is_said_and_never_replaced() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(FILE), b"not a key").unwrap();
        assert!(matches!(Identity::load_or_create(home.path()), Err(IdentityError::Damaged { .. })));
        assert_eq!(std::fs::read(home.path().join(FILE)).unwrap(), b"not a key");
    }
}
