//! The JSON and the plain text of answers.

use domain::public_opinion::DepositRecord;
use host::projection::At;
use proof::digest::Digest;
use serde::Serialize;
use utoipa::ToSchema;

/// The first deposit of a digest.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DepositView {
    /// SHA-256 of what was published.
    digest: String,
    /// Where it was seen.
    source: String,
    title: String,
    /// Who deposited it.
    member: String,
    /// Chain time of its block: it existed by then.
    deposited_at: String,
    event_id: String,
    /// Its place in the log.
    index: u64,
    height: u64,
    /// How often it was deposited again.
    repeats: u64,
    /// The last final block taken in, to which `repeats` is counted.
    as_of_height: u64,
}

/// A certificate: what was deposited, by whom and when, and why that can be believed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CertificateView {
    digest: String,
    source: String,
    title: String,
    /// Who deposited it.
    member: String,
    chain: String,
    /// SHA-256 of the chain's genesis file.
    chain_id: String,
    /// Chain time of its block: it existed by then.
    deposited_at: String,
    event_id: String,
    /// Its place in the log.
    index: u64,
    height: u64,
    /// Where the proof file is served.
    proof_path: String,
    /// The proof file; null while the deposit has not risen to the topmost chain.
    proof: Option<String>,
}

pub(super) fn deposit(digest: &Digest, found: DepositRecord, At { height: as_of_height, .. }: At) -> DepositView {
    DepositView {
        digest: digest.to_string(),
        source: found.source,
        title: found.title,
        member: found.member,
        deposited_at: found.deposited_at.to_string(),
        event_id: found.event.to_string(),
        index: found.leaf_index,
        height: found.height,
        repeats: found.repeats,
        as_of_height,
    }
}

pub(super) fn certificate(
    digest: &Digest,
    found: DepositRecord,
    chain: String,
    chain_id: String,
    proof: Option<String>,
) -> CertificateView {
    CertificateView {
        digest: digest.to_string(),
        source: found.source,
        title: found.title,
        member: found.member,
        proof_path: format!("/v1/chains/{chain}/events/{}/proof", found.event),
        chain,
        chain_id,
        deposited_at: found.deposited_at.to_string(),
        event_id: found.event.to_string(),
        index: found.leaf_index,
        height: found.height,
        proof,
    }
}

impl CertificateView {
    /// For print.
    pub(super) fn text(&self) -> String {
        let proof = self.proof.as_deref().unwrap_or("not risen to the topmost chain yet\n");
        format!(
            "Certificate of deposit\n\n\
             SHA-256      {}\nSource       {}\nTitle        {}\nDeposited by {}\nExisted by   {}\n\
             Chain        {} ({})\nEvent        {}\nIndex        {}\nHeight       {}\n\n\
             It shows that what has this digest existed by that time. It does not say that it is true.\n\
             Check the proof file below with `tocsin verify` and the topmost chain's genesis.\n\n{proof}",
            self.digest,
            self.source,
            self.title,
            self.member,
            self.deposited_at,
            self.chain,
            self.chain_id,
            self.event_id,
            self.index,
            self.height,
        )
    }
}
