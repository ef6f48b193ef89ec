//! The read model beside a ledger: blocks are executed by the domain, and the model follows their leaves.

mod log;

use domain::event::*;
use domain::keys;
use domain::medical_resources::BedsRecord;
use domain::medical_resources::designation::DesignationRecord;
use domain::medical_resources::transfer::TransferRecord;
use domain::refusal::Code;
use domain::state::View as _;

use super::*;
pub(crate) use log::Log;

const HOUR_MS: u64 = 3_600_000;

/// Every record of this area that the ledger has is in the model, equal, with the ledger's version; and no other is.
fn agrees(log: &Log, model: &Resources) {
    for own in OWN {
        let ledger = log.state.scan(own, &keys::end_of(own), usize::MAX).unwrap();
        let found = model.history.keys(own, b"").cloned().collect::<Vec<_>>();
        assert_eq!(found, ledger.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>());
        for (key, stored) in ledger {
            let (version, value) = model.value(&key, None).unwrap().expect("a record that the ledger has");
            assert_eq!((version, value), (stored.version, stored.value), "{}", text(&key));
        }
    }
}

fn hold(facility: &str, patients: u64, until: Millis) -> Fact {
    Fact::BedHold(BedHold { facility: facility.into(), resource: Resource::AdultIcu, patients, until })
}

/// A log in which everything happens that this area knows of.
pub(crate) fn eventful() -> Log {
    let mut log = Log::new();
    log.say("gulou", Fact::FacilityProfile(log::gulou()));
    log.say("gulou", log::claim("gulou", Resource::AdultIcu, 20, 15));
    log.say("gulou", log::claim("gulou", Resource::Nurse, 60, 0));
    log.say("zhongda", log::claim("zhongda", Resource::AdultIcu, 10, 4));
    let until = log.now.plus_ms(2 * HOUR_MS);
    let first = log.say("airport", hold("zhongda", 2, until));
    assert_eq!(log.refused("airport", hold("zhongda", 5, until)), Some(Code::NoBed));
    log.say("airport", hold("zhongda", 1, until));
    log.say("zhongda", log::flow("zhongda", [2, 1, 0], Some(first)));
    let asked = log.say("gulou", log::request("gulou", "zhongda", 2));
    log.say("zhongda", log::step(TransferStep::Accept { request: asked }));
    log.pass(3 * HOUR_MS);
    log.say("gulou", log::step(TransferStep::Depart { request: asked }));
    log.say("zhongda", log::step(TransferStep::Arrive { request: asked }));
    let claim = log.last_claim("gulou", Resource::AdultIcu);
    log.say("cdc", log::check("gulou", claim, 20, 13));
    let proposed = log.say("gulou", log::designate("gulou", true));
    for member in ["health", "cdc"] {
        log.say(member, log::vote(proposed));
    }
    log.pass(HOUR_MS);
    log
}

#[test]
fn the_model_has_what_the_ledger_has_after_every_block() {
    let log = eventful();
    agrees(&log, &log.model());
    let last = log.entries.len();
    for cut in (0..last).filter(|at| log.entries[*at].0.kind == EntryKind::Block) {
        let (part, ledger) = log.cut(cut + 1);
        agrees(&ledger, &part);
    }
}

#[test]
fn what_stood_at_an_instant_is_what_the_model_had_then() {
    let log = eventful();
    let model = log.model();
    let mut instants = log.entries.iter().map(|(entry, _)| entry.chain_time).collect::<Vec<_>>();
    instants.dedup();
    for then in instants {
        let end = log.entries.iter().rposition(|(entry, _)| entry.chain_time <= then).unwrap();
        let before = log.cut(end + 1).0;
        for own in OWN {
            for key in model.history.keys(own, b"") {
                let (stood, had) = (model.value(key, Some(then)).unwrap(), before.value(key, None).unwrap());
                assert_eq!(stood, had, "{} at {then}", text(key));
            }
        }
    }
    assert_eq!(model.value(b"beds/gulou/adult-icu", Some(Millis(0))).unwrap(), None, "before anything was said");
}

#[test]
fn every_change_names_the_event_that_made_it() {
    let log = eventful();
    let model = log.model();
    let key = keys::beds("zhongda", Resource::AdultIcu);
    let (changes, more) = model.changes(&key, 0, 100).unwrap();
    assert!(!more);
    let reserved = |moment: &Moment| codec::decode::<BedsRecord>(&moment.value).unwrap().reserved;
    let told = changes.iter().map(|moment| (reserved(moment), moment.due)).collect::<Vec<_>>();
    // Claimed; two holds; one used by two; two kept for a transfer; one lapsed; the transfer arrived.
    assert_eq!(told, [(0, false), (2, false), (3, false), (1, false), (3, false), (2, true), (0, false)]);
    for moment in &changes {
        let (entry, _) = &log.entries[usize::try_from(moment.index).unwrap()];
        let leaf = proof::leaf::Leaf::from_bytes(&entry.leaf).unwrap();
        let named = match leaf {
            proof::leaf::Leaf::Event(leaf) => leaf.event,
            proof::leaf::Leaf::Due(leaf) => leaf.event,
            other => panic!("{other:?}"),
        };
        assert_eq!((named, entry.height), (moment.event, moment.height));
    }
    assert_eq!(model.changes(&key, 5, 1).unwrap().0, changes[5..6]);
    assert_eq!(model.changes(b"beds/nowhere/adult-icu", 0, 5).unwrap(), (vec![], false));
}

#[test]
fn a_designation_follows_from_ballots_alone() {
    let log = eventful();
    let model = log.model();
    let found = model.one::<DesignationRecord>(&keys::designation("gulou", "U07.1"), None).unwrap().unwrap();
    assert!(found.record.designated);
    let open = model.ruled.value(&keys::proposal(&found.record.event)).unwrap();
    assert_eq!(open, None, "a decided proposal is kept no longer");
}

/// What is decided about the chain beside designations must be possible here too, or the model would stop. Seen to fail:
/// without duties among what is kept, the lifting was refused here.
#[test]
fn what_else_members_decide_is_followed_without_a_halt() {
    let mut log = eventful();
    let mut decide = |action: Action| {
        let fact = Fact::Proposal(Proposal { actions: vec![action], reason: "as agreed".into() });
        let proposed = log.say("gulou", fact);
        for member in ["health", "cdc"] {
            log.say(member, log::vote(proposed));
        }
    };
    let (member, disease) = ("zhongda".to_owned(), "U07.1".to_owned());
    for owed in [true, false] {
        let (member, disease) = (member.clone(), disease.clone());
        decide(Action::SetDuty { member, disease, grace_ms: HOUR_MS, owed });
    }
    decide(Action::SetPhase { phase: Phase::Response, dominant: Some("cdc".into()) });
    decide(Action::SetQuota { member, urgent_per_day: 5 });
    decide(Action::SetPolicy { class: "response".into(), rule: "majority(manager)".into(), deadline_ms: 0 });
    decide(Action::Designate { facility: "zhongda".into(), disease, designated: true });
    let until = log.now.plus_ms(HOUR_MS);
    log.say("gulou", hold("zhongda", 1, until));
    let model = log.model();
    agrees(&log, &model);
    let found = model.one::<DesignationRecord>(&keys::designation("zhongda", "U07.1"), None).unwrap().unwrap();
    assert!(found.record.designated);
}

#[test]
fn stored_rows_give_the_same_model_which_goes_on_the_same() {
    let log = eventful();
    for cut in [log.entries.len() / 3, log.entries.len() / 2, log.entries.len()] {
        let mut model = Resources::new(log.genesis.clone());
        let mut rows = std::collections::BTreeMap::new();
        for (entry, event) in &log.entries[..cut] {
            for (key, value) in model.take(&Entry { log: entry, event: event.as_ref() }).unwrap() {
                match value {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
            }
        }
        let mut again = Resources::new(log.genesis.clone());
        for (key, value) in rows {
            again.restore(&key, value).unwrap();
        }
        assert_eq!(again.at(), model.at());
        for (entry, event) in &log.entries[cut..] {
            again.take(&Entry { log: entry, event: event.as_ref() }).unwrap();
        }
        agrees(&log, &again);
    }
}

#[test]
fn pages_go_on_behind_a_key() {
    let log = eventful();
    let model = log.model();
    let keys_of = |after: &[u8]| {
        let all = model.all::<BedsRecord>(b"beds/", after, None);
        all.map(|found| found.unwrap().key).collect::<Vec<_>>()
    };
    assert_eq!(keys_of(b""), ["beds/gulou/adult-icu", "beds/gulou/nurse", "beds/zhongda/adult-icu"]);
    assert_eq!(keys_of(b"beds/gulou/nurse"), ["beds/zhongda/adult-icu"]);
    let transfers = model.all::<TransferRecord>(b"transfer/", b"", None).count();
    assert_eq!(transfers, 1);
}
