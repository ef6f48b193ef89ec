//! `tocsin verify gift.proof`: what became of a gift, by its proven events and the top chain's genesis alone. Nothing in the
//! file is believed but what is signed and in the log: the sums are computed again, and a sum that is another than the file
//! says is named.

mod shown;
mod words;

use anyhow::{Context, ensure};
use domain::genesis::Genesis;
use domain::materials::gift::Given;
use proof::gift::{GiftProof, VerifiedGift};
use wire::gift::Told;

use super::trust;

/// A gift's proof that holds.
pub struct Checked {
    chain: String,
    top: String,
    verified: VerifiedGift,
    told: Told,
}

/// Checks the text of a gift's proof against the top chain's genesis; the error names the line, step, event or sum that does not hold.
pub fn verify(text: &str, genesis: &Genesis) -> anyhow::Result<Checked> {
    let proof = GiftProof::parse(text).context("format: this is not a gift's proof as it was given out")?;
    let verified = proof.verify(&trust(genesis), &wire::anchored)?;
    let told = wire::gift::told(&proof, &verified.events)?;
    // Both are in the order of the ids, each once.
    for ((_, said), given) in proof.gifts.iter().zip(&told.account.gifts) {
        ensure!(given.sums.closes(), "the sums of gift {} do not close by its events: {}", given.id, given.sums);
        let differences = said.differences(&given.sums).into_iter();
        let differences =
            differences.map(|one| format!("{} is {} in the file and {} by its events", one.name, one.said, one.found));
        let differences = differences.collect::<Vec<_>>();
        ensure!(differences.is_empty(), "the sums of gift {}: {}", given.id, differences.join("; "));
    }
    for goods in &told.account.bought {
        ensure!(goods.sums.closes(), "the sums of purchase {} do not close by its events: {}", goods.id, goods.sums);
    }
    Ok(Checked { chain: proof.chain, top: genesis.chain.to_string(), verified, told })
}

impl Checked {
    /// What became of each gift.
    pub fn gifts(&self) -> &[Given] {
        &self.told.account.gifts
    }
}
