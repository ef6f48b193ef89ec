//! Who seals and who cosigns, by the chain's own state: members, keys and cosigner sets change while the log grows.
//!
//! Pure. A block is judged by the state below it, a checkpoint by the set that was in force below its size. It decides
//! nothing about changes: those are the rules' (`domain::governance`), and this only reads what they left.

use std::sync::Arc;

use domain::chain::ChainPath;
use domain::execute::Certified;
use domain::genesis::KeyClass;
use domain::keys;
use domain::query;
use domain::record::{CosignersRecord, EpochsRecord};
use domain::state::{Fault, View, read};
use proof::block::Header;
use proof::checkpoint::Cosigner;
use proof::handover::CosignerSet;
use proof::sign::PublicKey;

use crate::chain::Chain;

/// Whether a key seals the block of a height, by the state below it.
pub fn seals(view: &dyn View, key: &PublicKey, height: u64) -> Result<bool, Fault> {
    let member = query::member_of_key(view, KeyClass::Sealer, key, height)?;
    Ok(member.is_some_and(|member| member.node_role.manages()))
}

/// The set that judges checkpoints of a size.
pub fn of_size(view: &dyn View, chain: &ChainPath, size: u64) -> Result<CosignerSet, Fault> {
    let (epoch, cosigners) = query::cosigners_at_size(view, chain, size)?;
    Ok(CosignerSet { epoch, cosigners })
}

/// What the certificate in a header says. One that does not verify under the set of its size moves no clock and puts no
/// set in force; the block stands without it, as it does for sealers, who build on it either way.
pub fn certified(view: &dyn View, chain: &Chain, header: &Header) -> Result<Option<Certified>, Fault> {
    let Some(certificate) = &header.certificate else { return Ok(None) };
    let size = certificate.checkpoint.size;
    Ok(match of_size(view, chain.path(), size)?.verify(&chain.origin, certificate) {
        Ok(()) => Some(Certified { time_s: certificate.time_s(), size }),
        Err(error) => {
            tracing::warn!(height = header.height, %error, "a block carries a certificate that is none");
            None
        }
    })
}

/// The sealer whose blocks end with this one, if the header carries the votes of the set in force; `size` is that of the
/// log below. Votes that do not hold change nothing either.
pub fn excluded(view: &dyn View, chain: &Chain, header: &Header, size: u64) -> Result<Option<PublicKey>, Fault> {
    let Some(exclusion) = &header.exclusion else { return Ok(None) };
    let set = of_size(view, chain.path(), size.saturating_add(1))?;
    let about_the_past = exclusion.height < header.height;
    match exclusion.verify(chain.id(), &set) {
        Ok(()) if about_the_past => Ok(Some(exclusion.sealer)),
        Ok(()) => Ok(None),
        Err(error) => {
            tracing::warn!(height = header.height, %error, "a block carries an exclusion that is none");
            Ok(None)
        }
    }
}

/// The keys with which a member cosigns or ever did, oldest first.
pub(crate) fn keys_of(view: &dyn View, member: &str) -> Result<Vec<PublicKey>, Fault> {
    let Some(EpochsRecord { newest, .. }) = query::epochs(view)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for epoch in 0..=newest {
        let Some(record) = read::<CosignersRecord>(view, &keys::cosigners(epoch))? else { continue };
        for (_, key) in record.cosigners.into_iter().filter(|(cosigner, _)| cosigner == member) {
            if !found.contains(&key) {
                found.push(key);
            }
        }
    }
    Ok(found)
}

/// The cosigner sets at the end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sets {
    /// Judges the checkpoint of the log as it is.
    pub judging: Arc<CosignerSet>,
    /// Judges every larger one, until another set comes into force.
    pub current: Arc<CosignerSet>,
    /// The newest set that is named and not in force, with the index of its leaf: a header's certificate of a larger size
    /// hands over to it.
    pub successor: Option<(Arc<CosignerSet>, u64)>,
    at: EpochsRecord,
}

impl Sets {
    /// Those of a state whose log has this size.
    pub fn read(view: &dyn View, chain: &Chain, size: u64) -> Result<Self, Fault> {
        let lost = || Fault(String::from("the chain has no cosigner epochs"));
        let at = query::epochs(view)?.ok_or_else(lost)?;
        let judging = Arc::new(of_size(view, chain.path(), size)?);
        let current = of_size(view, chain.path(), u64::MAX)?;
        let current = if current == *judging { Arc::clone(&judging) } else { Arc::new(current) };
        let mut successor = None;
        if at.newest > at.current {
            let record = read::<CosignersRecord>(view, &keys::cosigners(at.newest))?.ok_or_else(lost)?;
            if let Some(leaf) = record.leaf_index {
                let cosigners = record.cosigners.iter();
                let cosigners = cosigners.map(|(member, key)| Cosigner { name: chain.cosigner(member), key: *key });
                successor = Some((Arc::new(CosignerSet { epoch: at.newest, cosigners: cosigners.collect() }), leaf));
            }
        }
        Ok(Sets { judging, current, successor, at })
    }

    /// Those after one block more. They seldom change, so that mostly nothing is read but where they stand.
    pub fn after(&mut self, view: &dyn View, chain: &Chain, size: u64) -> Result<(), Fault> {
        if query::epochs(view)?.is_some_and(|at| at == self.at) {
            self.judging = Arc::clone(&self.current);
        } else {
            *self = Sets::read(view, chain, size)?;
        }
        Ok(())
    }

    /// Whether a certificate of this size would put another set in force.
    pub fn wants(&self, size: u64) -> bool {
        self.successor.as_ref().is_some_and(|(_, leaf)| *leaf < size)
    }
}
