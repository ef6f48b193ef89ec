//! What this ledger heard the others cosign: the largest checkpoint of each, with its cosignature, so that one who lost
//! its memory can be told what it said.
//!
//! Only words whose signature holds get here. It lives in memory and is bounded by the cosigners the chain ever had.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use proof::checkpoint::{Certificate, Cosignature};

/// The largest checkpoint by cosigner name.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<BTreeMap<String, Certificate>>);

impl Heard {
    /// Whether a word would be larger than what is remembered of its cosigner: only then is it worth verifying.
    pub(crate) fn is_new(&self, word: &Certificate, cosignature: &Cosignature) -> bool {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(&cosignature.name).is_none_or(|known| known.checkpoint.size < word.checkpoint.size)
    }

    /// Remembers a word that was verified.
    pub(crate) fn remember(&self, word: &Certificate, cosignature: &Cosignature) {
        let certificate = Certificate { checkpoint: word.checkpoint.clone(), cosignatures: vec![cosignature.clone()] };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(cosignature.name.clone(), certificate);
    }

    /// The largest word of a cosigner, also as part of a final certificate.
    pub(crate) fn of(&self, name: &str, is_final: Option<&Certificate>) -> Option<Certificate> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let among = is_final.and_then(|certificate| {
            let word = certificate.cosignatures.iter().find(|word| word.name == name)?;
            Some(Certificate { checkpoint: certificate.checkpoint.clone(), cosignatures: vec![word.clone()] })
        });
        heard.into_iter().chain(among).max_by_key(|certificate| certificate.checkpoint.size)
    }
}
