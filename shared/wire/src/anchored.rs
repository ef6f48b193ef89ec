//! What the offline verifier learns from an anchor: the link from a parent's log to a child's checkpoint, the leaves of
//! the child's log that came with it, and the figures in them.

use domain::event::Fact;
use domain::report::Counts;
use domain::rising::Summary;
use proof::checkpoint::Certificate;
use proof::leaf::ProvenLeaf;
use proof::proof_file::Anchored;

/// The child's checkpoint that an event body anchors; `None` when the body is not an anchor that stands by itself.
///
/// Whether its cosignatures were enough the parent's ledger judged: the proof file shows that it executed the anchor.
pub fn anchored(body: &[u8]) -> Option<Anchored> {
    let Fact::Anchor(anchor) = crate::event::decode(body).ok()?.fact else { return None };
    let certificate = Certificate::parse(&anchor.checkpoint)?;
    let proven = |it: domain::event::ProvenLeaf| ProvenLeaf { leaf: it.leaf, index: it.index, inclusion: it.inclusion };
    let leaves = anchor.leaves.into_iter().map(proven).collect();
    Some(Anchored { child: anchor.child, checkpoint: certificate.checkpoint, leaves })
}

/// What the body of a summary leaf says of a disease over all days; `None` when it says nothing of it.
pub fn summed(body: &[u8], disease: &str) -> Option<Counts> {
    let totals = Summary::decode(body)?.totals;
    totals.into_iter().find(|total| total.disease == disease && total.date.is_none()).map(|total| total.counts)
}

#[cfg(test)]
mod tests {
    use domain::event::Classification;
    use domain::record::Kind;
    use domain::rising::Total;
    use domain::time::Date;
    use proof::checkpoint::{Checkpoint, cosign};
    use proof::digest::Digest;
    use proof::sign::SecretKey;

    use super::*;
    use crate::arbitrary::example;
    use crate::event::encode;

    #[test]
    fn only_an_anchor_with_a_certificate_anchors() {
        let checkpoint =
            Checkpoint { origin: "tocsin/cn.32.01/0011223344556677".into(), size: 5, root: Digest([1; 32]) };
        let line = cosign(&SecretKey::from_seed(&[2; 32]), "nanjing-cdc.cn.32.01", &checkpoint, 1_626_778_800);
        let certificate = Certificate { checkpoint: checkpoint.clone(), cosignatures: vec![line] };
        let mut event = example(Kind::Anchor);
        assert_eq!(anchored(&encode(&event)), None, "its checkpoint is no certificate");
        if let Fact::Anchor(anchor) = &mut event.fact {
            anchor.checkpoint = certificate.text();
        }
        let body = encode(&event);
        let brought = anchored(&body).unwrap();
        assert_eq!((brought.child.as_str(), &brought.checkpoint), ("cn.32.01", &checkpoint));
        let Fact::Anchor(anchor) = &event.fact else { panic!("an anchor") };
        assert!(!anchor.leaves.is_empty());
        assert_eq!(brought.leaves.len(), anchor.leaves.len());
        assert_eq!(anchored(&[body, vec![0x10, 0x03]].concat()), None, "not canonical");
        assert_eq!(anchored(&encode(&example(Kind::Deposit))), None);
    }
    #[test]
    fn a_summary_says_a_diseases_total_of_all_days() {
        let of =
            |disease: &str, date, confirmed| Total { disease: disease.into(), date, counts: [0, 0, confirmed, 0, 0] };
        let totals = vec![of("J10", None, 1), of("U07.1", Date::parse("2021-07-20"), 9), of("U07.1", None, 235)];
        let body = Summary { number: 3, totals, raised: Vec::new(), escalated: Vec::new() }.encode();
        assert_eq!(summed(&body, "U07.1"), Some([0, 0, 235, 0, 0]));
        assert_eq!(summed(&body, "A00"), None);
        assert_eq!(summed(b"no summary", "U07.1"), None);
    }

    #[test]
    fn the_verifier_names_the_classifications_as_we_do() {
        assert_eq!(proof::rollup::CLASSIFICATIONS, Classification::ALL.map(Classification::name));
    }
}
