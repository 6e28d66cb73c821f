//! Passwords' hashes: argon2id with the least that OWASP recommends (19 MiB, 2 passes, 1 lane).
//!
//! Slow on purpose: call these on a thread where nothing waits for them.

use std::sync::OnceLock;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng},
};

/// The PHC string of a password, with a salt of its own.
///
/// # Panics
/// Never: the parameters are constants that argon2 takes, and it limits passwords to 4 GiB.
#[must_use]
pub fn hash_password(password: &str) -> String {
    let salt = SaltString::generate(&mut OsRng);
    argon2()
        .hash_password(password.as_bytes(), &salt)
        .expect("constant parameters and a password below 4 GiB are accepted")
        .to_string()
}

/// Whether a password fits a PHC string. Without one (there is no such person, or the person may
/// not log in) it takes as long all the same, and doesn't.
#[must_use]
pub fn verify_password(hash: Option<&str>, password: &str) -> bool {
    let known = hash.and_then(|hash| PasswordHash::new(hash).ok());
    match known {
        // The hash names its own parameters.
        Some(known) => argon2().verify_password(password.as_bytes(), &known).is_ok(),
        None => {
            static NOBODY: OnceLock<String> = OnceLock::new();
            let nobody = NOBODY.get_or_init(|| hash_password("nobody"));
            if let Ok(nobody) = PasswordHash::new(nobody) {
                let _ = argon2().verify_password(password.as_bytes(), &nobody);
            }
            false
        }
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("constants that argon2 takes");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_alone() {
        let hash = hash_password("demo");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hash_password("demo"), "each hash has a salt of its own");
        assert!(verify_password(Some(&hash), "demo"));
        assert!(!verify_password(Some(&hash), "Demo"));
    }

    #[test]
    fn nothing_fits_when_there_is_no_hash() {
        assert!(!verify_password(None, "nobody"));
        assert!(!verify_password(Some(""), ""));
        assert!(!verify_password(Some("demo"), "demo"));
    }
}
