//! The key, its certificate, and where both are kept.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use brume_foundation::files;
use brume_foundation::{Error, Result};
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use ring::rand::{SecureRandom, SystemRandom};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::rand_core::{self, CryptoRng, RngCore};
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::SignatureVersion;

/// Bits of the modulus, as in AWS's certificates.
const KEY_BITS: usize = 2_048;
/// File with the private key, mode 0600.
const KEY_FILE: &str = "signing.key";
/// File with the certificate.
const CERTIFICATE_FILE: &str = "signing.crt";
/// What the certificate is for.
const COMMON_NAME: &str = "sns.amazonaws.com";

/// What stands before a SHA-1 hash in a PKCS #1 signature (RFC 8017, section 9.2, note 1).
const SHA1_PREFIX: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14];
/// What stands before a SHA-256 hash.
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// A key with its certificate.
pub struct SigningKey {
    private: RsaPrivateKey,
    certificate_pem: String,
    path: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Makes a new key. Takes a good part of a second.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn generate() -> Result<Self> {
        SystemRandom::new()
            .fill(&mut [0; 32])
            .map_err(|_| Error::failed("the operating system gives no randomness"))?;
        let private = RsaPrivateKey::new(&mut System, KEY_BITS).map_err(|error| cannot(&error))?;
        let pkcs8 = private.to_pkcs8_pem(LineEnding::LF).map_err(|error| cannot(&error))?;
        let pair = KeyPair::from_pem(&pkcs8).map_err(|error| cannot(&error))?;
        let mut params =
            CertificateParams::new(vec![COMMON_NAME.to_owned()]).map_err(|error| cannot(&error))?;
        params.distinguished_name.push(DnType::CommonName, COMMON_NAME);
        // The emulated clock may stand anywhere.
        params.not_before = date_time_ymd(1970, 1, 1);
        params.not_after = date_time_ymd(4096, 1, 1);
        let certificate = params.self_signed(&pair).map_err(|error| cannot(&error))?;
        Ok(Self::of(private, certificate.pem()))
    }

    /// Loads the key kept in `folder`, or makes one and keeps it there.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn load_or_generate(folder: &Path) -> Result<Self> {
        let (key_path, certificate_path) = (folder.join(KEY_FILE), folder.join(CERTIFICATE_FILE));
        if let (Some(key), Some(certificate)) = (read(&key_path)?, read(&certificate_path)?)
            && let Ok(private) = RsaPrivateKey::from_pkcs8_pem(&key)
        {
            return Ok(Self::of(private, certificate));
        }
        let made = Self::generate()?;
        let pkcs8 = made.private.to_pkcs8_pem(LineEnding::LF).map_err(|error| cannot(&error))?;
        // The certificate is written last: only a pair that is whole is ever loaded.
        files::write_private(&key_path, pkcs8.as_bytes())?;
        files::write_private(&certificate_path, made.certificate_pem.as_bytes())?;
        Ok(made)
    }

    fn of(private: RsaPrivateKey, certificate_pem: String) -> Self {
        let hash = Sha256::digest(certificate_pem.as_bytes());
        let name = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
        let path = format!("/SimpleNotificationService-{name}.pem");
        Self { private, certificate_pem, path }
    }

    /// The certificate, PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Where the certificate is served: a path that changes with it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Signs a text; base64. Takes about a millisecond.
    ///
    /// # Errors
    /// The key is damaged.
    pub fn sign(&self, version: SignatureVersion, text: &str) -> Result<String> {
        let bytes = text.as_bytes();
        let signature = match version {
            SignatureVersion::V1 => self.private.sign(scheme(&SHA1_PREFIX), &Sha1::digest(bytes)),
            SignatureVersion::V2 => {
                self.private.sign(scheme(&SHA256_PREFIX), &Sha256::digest(bytes))
            }
        };
        signature.map(|bytes| STANDARD.encode(bytes)).map_err(|error| cannot(&error))
    }
}

fn scheme(prefix: &'static [u8]) -> Pkcs1v15Sign {
    // The last byte of the prefix is the length of the hash.
    let hash_len = prefix.last().map(|&length| usize::from(length));
    Pkcs1v15Sign { hash_len, prefix: prefix.into() }
}

/// The key, made when it is first needed.
#[derive(Debug)]
pub struct Signer {
    /// Nothing for an instance that forgets.
    folder: Option<PathBuf>,
    key: Mutex<Option<Arc<SigningKey>>>,
}

impl Signer {
    /// Keeps the key in `folder`, or nowhere; nothing is made yet.
    #[must_use]
    pub const fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, key: Mutex::new(None) }
    }

    /// The key if it was needed before.
    #[must_use]
    pub fn ready(&self) -> Option<Arc<SigningKey>> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key. Blocks for a good part of a second when it has to be made.
    ///
    /// # Errors
    /// It can neither be loaded nor made.
    pub fn key(&self) -> Result<Arc<SigningKey>> {
        let mut key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = &*key {
            return Ok(Arc::clone(key));
        }
        let made = match &self.folder {
            Some(folder) => SigningKey::load_or_generate(folder)?,
            None => SigningKey::generate()?,
        };
        let made = Arc::new(made);
        *key = Some(Arc::clone(&made));
        Ok(made)
    }
}

fn read(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // Not text: damaged, and made anew.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
        Err(error) => Err(Error::failed(format!("cannot read {}", path.display())).source(&error)),
    }
}

fn cannot(error: &dyn std::error::Error) -> Error {
    Error::failed("cannot make or use the key that signs messages").cause(error)
}

/// The operating system's randomness, in the form that the key generator asks for.
struct System;

impl RngCore for System {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        // There is no way to answer an error; whether there is randomness was asked before.
        let _ = self.try_fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        SystemRandom::new().fill(bytes).map_err(|_| rand_core::Error::new("no randomness"))
    }
}

impl CryptoRng for System {}

#[cfg(test)]
mod tests {
    use ring::signature::{
        RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
        UnparsedPublicKey, VerificationAlgorithm,
    };
    use rsa::pkcs1::EncodeRsaPublicKey;

    use super::*;

    #[test]
    fn both_versions_verify_with_another_library() {
        let key = SigningKey::generate().unwrap();
        let public = key.private.to_public_key().to_pkcs1_der().unwrap();
        let algorithms: [(_, &dyn VerificationAlgorithm); 2] = [
            (SignatureVersion::V1, &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
            (SignatureVersion::V2, &RSA_PKCS1_2048_8192_SHA256),
        ];
        for (version, algorithm) in algorithms {
            let signature = STANDARD.decode(key.sign(version, "text").unwrap()).unwrap();
            let public = UnparsedPublicKey::new(algorithm, public.as_bytes());
            public.verify(b"text", &signature).unwrap();
            assert!(public.verify(b"another", &signature).is_err());
        }
    }

    #[test]
    fn the_key_stays_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::new(Some(folder.path().to_owned()));
        assert!(signer.ready().is_none());
        let path = signer.key().unwrap().path().to_owned();
        let again = Signer::new(Some(folder.path().to_owned()));
        assert_eq!(again.key().unwrap().path(), path);
        assert_eq!(
            signer.key().unwrap().sign(SignatureVersion::V2, "x").unwrap(),
            again.key().unwrap().sign(SignatureVersion::V2, "x").unwrap()
        );
        let mode = folder.path().join(KEY_FILE).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(again.key().unwrap().certificate_pem().starts_with("-----BEGIN CERTIFICATE"));
    }
}
