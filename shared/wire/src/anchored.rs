//! What the offline verifier learns from an anchor: the link from a parent's log to a child's checkpoint, and the leaves
//! of the child's log that came with it.

use domain::event::Fact;
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

#[cfg(test)]
mod tests {
    use domain::record::Kind;
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
}
