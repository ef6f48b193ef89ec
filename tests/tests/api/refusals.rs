//! Every refusal code in force is provoked over HTTP or NATS, and answers as `domain::refusal` says: its status, a
//! problem with a trace id, nothing of the payload. A new code without a case fails a test.

mod beds;
mod doors;
mod facts;
mod governed;
mod logged;
mod outlook;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use domain::refusal::Code;
use serde_json::Value;

use crate::answer::{Answer, CANARY, assert_code};
use crate::world::World;

/// How a refusal was heard.
pub enum Seen {
    /// The whole request was refused.
    Whole(Answer),
    /// The first event of the request was refused; the others would have been taken.
    Row(Answer),
    /// Signed by an admission node, over NATS.
    Signed(Code),
    /// Only decidable at commit: in the log.
    Leaf(Value),
    /// The process would not start.
    Start(domain::refusal::Refusal),
}

/// Provokes a refusal.
pub type Provoke = fn(&'static World) -> Pin<Box<dyn Future<Output = Seen> + Send>>;

macro_rules! cases {
    ($($code:ident => $($provoke:ident)::+,)+) => {
        /// Every code and how it is provoked.
        pub const CASES: &[(Code, Provoke)] = &[$((Code::$code, |world| Box::pin($($provoke)::+(world))),)+];
    };
}

cases! {
    Malformed => doors::malformed,
    NonCanonical => doors::non_canonical,
    UnknownKind => facts::unknown_kind,
    UnsupportedMedia => doors::unsupported_media,
    TooLarge => doors::too_large,
    Limit => facts::limit,
    BadText => facts::bad_text,
    PiiInPublic => facts::personal,
    OutOfRange => facts::out_of_range,
    BadNumber => doors::bad_number,
    UnknownCode => facts::unknown_code,
    OutOfJurisdiction => facts::out_of_jurisdiction,
    BadTime => facts::bad_time,
    Expired => facts::expired,
    NoSignature => doors::no_signature,
    BadSignature => doors::bad_signature,
    WrongDomain => doors::wrong_domain,
    WrongChain => doors::wrong_chain,
    KeyClass => doors::key_class,
    IdentityMismatch => doors::identity_mismatch,
    LaneMismatch => logged::lane_mismatch,
    IdempotencyReused => doors::idempotency_reused,
    BadCause => facts::bad_cause,
    PreconditionFailed => facts::precondition_failed,
    SelfEndorse => facts::self_endorse,
    AlreadyBalloted => facts::already_balloted,
    Closed => facts::closed,
    RoleMissing => facts::role_missing,
    VetoReason => facts::veto_reason,
    NotOwner => facts::not_owner,
    BadSealed => facts::bad_sealed,
    TokenInvalid => doors::token_invalid,
    TokenExpired => doors::token_expired,
    TokenTooLong => doors::token_too_long,
    TokenAudience => doors::token_audience,
    TokenKeyClass => doors::token_key_class,
    TokenMissing => doors::token_missing,
    BadQuery => doors::bad_query,
    BadCursor => doors::bad_cursor,
    NotFound => doors::not_found,
    AnchorQuorum => logged::anchor_quorum,
    AnchorFork => logged::anchor_fork,
    AnchorOld => logged::anchor_old,
    UnknownChild => logged::unknown_child,
    Overloaded => doors::overloaded,
    Import => doors::import,
    BadDigest => facts::bad_digest,
    NoBed => beds::no_bed,
    Insufficient => facts::insufficient,
    SelfTransfer => facts::self_transfer,
    UnknownLot => facts::unknown_lot,
    Config => logged::config,
    BadBundle => logged::bad_bundle,
    KeyInactive => governed::key_inactive,
    BadPolicy => governed::bad_policy,
    NotElector => governed::not_elector,
    UnsafeMembership => governed::unsafe_membership,
    NotEvidence => governed::not_evidence,
    BadAction => governed::bad_action,
    BadDecision => governed::bad_decision,
    ForecastRepeated => outlook::forecast_repeated,
    ForecastLate => outlook::forecast_late,
    BadBasis => outlook::bad_basis,
    RulesNotInForce => outlook::rules_not_in_force,
    LotMixed => facts::lot_mixed,
}

/// Codes that nobody outside can provoke yet, and why. The list may only shrink: who adds a code adds its case.
const NOT_YET: &[(Code, &str)] = &[
    (Code::NoAdmission, "needs every admission node of two chains silent; until then the outbox keeps it as `queued`"),
    (Code::BadSize, "no route proves one size of a log from another yet"),
    (Code::BadProofFormat, "proof files are read by `tocsin verify` only; no route takes one"),
    (Code::Rate, "no route counts its callers: an urgency allowance is overdrawn, not refused"),
    (Code::NoQuorum, "no route waits for final; asking for the state never stalls"),
    (Code::StorageFull, "needs a full disk"),
    (Code::Corrupt, "needs a damaged store: `services/tocsin/tests/faults/damaged.rs` damages one"),
];
/// Lower it with the list.
const MOST_NOT_YET: usize = 7;

#[test]
fn every_code_has_a_case() {
    let provoked: BTreeSet<_> = CASES.iter().map(|(code, _)| *code).collect();
    let not_yet: BTreeSet<_> = NOT_YET.iter().map(|(code, _)| *code).collect();
    assert_eq!((provoked.len(), not_yet.len()), (CASES.len(), NOT_YET.len()), "a code is listed twice");
    assert_eq!(provoked.intersection(&not_yet).collect::<Vec<_>>(), Vec::<&Code>::new());
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !provoked.contains(code) && !not_yet.contains(code)).collect();
    assert!(missing.is_empty(), "no case provokes {missing:?}");
    assert!(NOT_YET.len() <= MOST_NOT_YET, "the list of codes without a case only shrinks");
}

/// Provokes a refusal and checks how it was told.
pub async fn check(world: &'static World, code: Code, provoke: Provoke) {
    match provoke(world).await {
        Seen::Whole(answer) => answer.assert_problem(code.status(), code.text()),
        Seen::Row(answer) => {
            assert_code(answer.problem(), code);
            assert!(!answer.text.contains(CANARY), "the answer repeats the request: {}", answer.text);
            assert!(answer.json.pointer("/results/0/receipt").is_none(), "a refused event has no receipt");
        }
        Seen::Signed(seen) => assert_eq!(seen, code),
        Seen::Leaf(entry) => assert_eq!(entry["code"].as_str(), Some(code.text()), "{entry}"),
        Seen::Start(refusal) => {
            assert_eq!(refusal.code, code);
            assert!(!refusal.field.is_empty(), "it names the field");
        }
    }
}
