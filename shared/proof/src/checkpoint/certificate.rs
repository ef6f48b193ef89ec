//! A checkpoint with the cosignatures that make it final, in one canonical text.
//!
//! A certificate says who vouches; whether they suffice, the cosigner set and quorum of the chain decide. The same type
//! carries a single cosignature on its way.

use super::{Checkpoint, Cosignature, Cosigner, MAX_COSIGNATURES};

/// A checkpoint and cosignatures of it, as a C2SP signed note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What is vouched for.
    pub checkpoint: Checkpoint,
    /// Who vouches, in the chain's order of cosigners.
    pub cosignatures: Vec<Cosignature>,
}

/// Why a certificate is not final under a cosigner set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It is about another log.
    #[error("the checkpoint is of `{found}`, not of `{wanted}`")]
    Origin {
        /// The origin wanted.
        wanted: String,
        /// The origin in the checkpoint.
        found: String,
    },
    /// Not exactly q cosignatures: one more would give one finality two texts.
    #[error("{found} cosignatures where exactly {wanted} make a checkpoint final")]
    Count {
        /// The quorum.
        wanted: usize,
        /// How many it has.
        found: usize,
    },
    /// A name or key that is no cosigner's, one twice, or out of the chain's order.
    #[error("the cosignature of `{0}` is by no cosigner, repeated or out of order")]
    Stranger(String),
    /// A signature that does not hold.
    #[error("the cosignature of `{0}` does not hold")]
    Signature(String),
}

impl Certificate {
    /// The whole note.
    pub fn text(&self) -> String {
        let mut text = self.checkpoint.text();
        text.push('\n');
        for cosignature in &self.cosignatures {
            text.push_str(&cosignature.line());
            text.push('\n');
        }
        text
    }

    /// The certificate of that note; `None` unless it is exactly what [`Certificate::text`] gives and has 1 to
    /// [`MAX_COSIGNATURES`] cosignatures.
    pub fn parse(text: &str) -> Option<Self> {
        let (checkpoint, lines) = text.split_once("\n\n")?;
        let mut cosignatures = Vec::new();
        for line in lines.strip_suffix('\n')?.split('\n') {
            if cosignatures.len() == MAX_COSIGNATURES {
                return None;
            }
            cosignatures.push(Cosignature::parse(line)?);
        }
        // The blank line's first line end belongs to the checkpoint.
        let checkpoint = Checkpoint::parse(text.get(..checkpoint.len() + 1)?)?;
        Some(Certificate { checkpoint, cosignatures })
    }

    /// The certificate that the first q cosigners with a valid candidate make; `None` when they are fewer, or q is 0.
    pub fn assemble(
        checkpoint: &Checkpoint,
        candidates: &[Cosignature],
        cosigners: &[Cosigner],
        q: usize,
    ) -> Option<Self> {
        let valid = |cosigner: &Cosigner| candidates.iter().find(|one| one.verify(cosigner, checkpoint)).cloned();
        let cosignatures = cosigners.iter().filter_map(valid).take(q).collect::<Vec<_>>();
        (q > 0 && cosignatures.len() == q).then(|| Certificate { checkpoint: checkpoint.clone(), cosignatures })
    }

    /// Whether exactly q cosigners of that log vouch, in the set's order.
    pub fn verify(&self, origin: &str, cosigners: &[Cosigner], q: usize) -> Result<(), CertificateError> {
        if self.checkpoint.origin != origin {
            return Err(CertificateError::Origin { wanted: origin.to_owned(), found: self.checkpoint.origin.clone() });
        }
        if self.cosignatures.len() != q || q == 0 {
            return Err(CertificateError::Count { wanted: q, found: self.cosignatures.len() });
        }
        // Walking the set once finds each cosignature only behind the one before it.
        let mut rest = cosigners.iter();
        for cosignature in &self.cosignatures {
            let cosigner = rest
                .find(|cosigner| cosignature.is_by(cosigner))
                .ok_or_else(|| CertificateError::Stranger(cosignature.name.clone()))?;
            if !cosignature.verify(cosigner, &self.checkpoint) {
                return Err(CertificateError::Signature(cosignature.name.clone()));
            }
        }
        Ok(())
    }

    /// The lower median of the cosignatures' times: no minority of liars moves it outside the honest ones' range. 0 when
    /// there is no cosignature.
    pub fn time_s(&self) -> u64 {
        let mut times = self.cosignatures.iter().map(|cosignature| cosignature.time_s).collect::<Vec<_>>();
        times.sort_unstable();
        times.get(times.len().saturating_sub(1) / 2).copied().unwrap_or(0)
    }
}
