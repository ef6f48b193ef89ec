//! Arbitrary facts and events for property tests, and one exemplary event of each kind for golden files.

use domain::chain::{ChainPath, Lane};
use domain::event::*;
use domain::genesis::{Child, KeyClass, Member, NodeRole};
use domain::record::Kind;
use domain::time::{Date, Millis};
use proof::digest::Digest;
use proof::sign::PublicKey;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,24}"
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9-]{0,16}"
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest)
}

fn disease() -> impl Strategy<Value = Disease> {
    (name(), text()).prop_map(|(code, name)| Disease { code, name })
}

fn date() -> impl Strategy<Value = Date> {
    any::<u32>().prop_map(Date)
}

/// Zero, small and largest numbers alike: their encodings differ in length.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..200_u64, any::<u64>()]
}

fn stock_move() -> impl Strategy<Value = StockMove> {
    (name(), name(), name(), number(), name()).prop_map(|(facility, item, lot, quantity, counterparty)| StockMove {
        facility,
        item,
        lot,
        quantity,
        counterparty,
    })
}

fn summary() -> impl Strategy<Value = ProvenLeaf> {
    (vec(any::<u8>(), 0..300), number(), vec(digest(), 0..4)).prop_map(|(leaf, index, inclusion)| ProvenLeaf {
        leaf,
        index,
        inclusion,
    })
}

fn key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_map(PublicKey)
}

fn member() -> impl Strategy<Value = Member> {
    let keys = proptest::collection::btree_map(select(&KeyClass::ALL[..]), vec(key(), 1..3), 0..4);
    (name(), text(), select(&NodeRole::ALL[..]), vec(name(), 0..3), name(), vec(name(), 0..2), any::<bool>(), keys)
        .prop_map(|(id, name, node_role, roles, sector, regions, cosigner, keys)| Member {
            id,
            name,
            node_role,
            roles,
            sector,
            regions,
            cosigner,
            keys,
        })
}

fn child() -> impl Strategy<Value = Child> {
    let pairs = || vec((name(), key()), 0..3);
    (digest(), pairs(), vec(key(), 0..3), pairs(), number()).prop_map(
        |(chain_id, cosigners, relays, authors, silent_after_ms)| Child {
            chain: ChainPath::parse("cn.32.01").unwrap(),
            chain_id,
            cosigners,
            relays,
            authors,
            silent_after_ms,
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let class = || select(&KeyClass::ALL[..]);
    prop_oneof![
        member().prop_map(|member| Action::Admit(Box::new(member))),
        name().prop_map(|member| Action::Expel { member }),
        (name(), select(&NodeRole::ALL[..]), vec(name(), 0..3))
            .prop_map(|(member, node_role, roles)| Action::SetRoles { member, node_role, roles }),
        (name(), key()).prop_map(|(member, key)| Action::NameCosigner { member, key }),
        name().prop_map(|member| Action::DropCosigner { member }),
        (name(), class(), key()).prop_map(|(member, class, key)| Action::AddKey { member, class, key }),
        (class(), key(), number()).prop_map(|(class, key, overlap_blocks)| Action::RetireKey {
            class,
            key,
            overlap_blocks
        }),
        (class(), key(), proptest::option::of(1..u64::MAX)).prop_map(|(class, key, since)| Action::RevokeKey {
            class,
            key,
            suspect_since: since.map(Millis),
        }),
        (name(), text(), number()).prop_map(|(class, rule, deadline_ms)| Action::SetPolicy {
            class,
            rule,
            deadline_ms
        }),
        (name(), number()).prop_map(|(member, urgent_per_day)| Action::SetQuota { member, urgent_per_day }),
        (select(&Phase::ALL[..]), proptest::option::of("[a-z]{1,8}"))
            .prop_map(|(phase, dominant)| Action::SetPhase { phase, dominant }),
        child().prop_map(|child| Action::AdmitChild(Box::new(child))),
        (digest(), name()).prop_map(|(event, reason)| Action::Refute { event, reason }),
    ]
}

pub(crate) fn fact(kind: Kind) -> BoxedStrategy<Fact> {
    match kind {
        Kind::CaseReport => (
            disease(),
            select(&Classification::ALL[..]),
            proptest::option::of(date()),
            date(),
            name(),
            select(&AgeBand::ALL[..]),
            select(&Sex::ALL[..]),
            select(&Origin::ALL[..]),
        )
            .prop_map(|(disease, classification, onset_date, report_date, facility, age_band, sex, origin)| {
                Fact::CaseReport(CaseReport {
                    disease,
                    classification,
                    onset_date,
                    report_date,
                    facility,
                    age_band,
                    sex,
                    origin,
                })
            })
            .boxed(),
        Kind::DailyAggregate => {
            (disease(), date(), select(&Origin::ALL[..]), [number(), number(), number(), number(), number()])
                .prop_map(|(disease, report_date, origin, counts)| {
                    Fact::DailyAggregate(DailyAggregate { disease, report_date, origin, counts })
                })
                .boxed()
        }
        Kind::SuspectedCluster => (disease(), name(), number(), text())
            .prop_map(|(disease, facility, positives, summary)| {
                Fact::SuspectedCluster(SuspectedCluster { disease, facility, positives, summary })
            })
            .boxed(),
        Kind::ZeroReport => (disease(), date(), name())
            .prop_map(|(disease, report_date, facility)| {
                Fact::ZeroReport(ZeroReport { disease, report_date, facility })
            })
            .boxed(),
        Kind::LabResult => (disease(), date(), name(), name(), number(), number())
            .prop_map(|(disease, report_date, facility, method, tested, positive)| {
                Fact::LabResult(LabResult { disease, report_date, facility, method, tested, positive })
            })
            .boxed(),
        Kind::Ballot => (digest(), select(&Choice::ALL[..]), name(), name())
            .prop_map(|(subject, choice, reason, policy)| Fact::Ballot(Ballot { subject, choice, reason, policy }))
            .boxed(),
        Kind::Warning => (disease(), select(&AlertLevel::ALL[..]), text(), name())
            .prop_map(|(disease, level, headline, method)| Fact::Warning(Warning { disease, level, headline, method }))
            .boxed(),
        Kind::Directive => (select(&AlertLevel::ALL[..]), text(), text())
            .prop_map(|(level, headline, instruction)| Fact::Directive(Directive { level, headline, instruction }))
            .boxed(),
        Kind::Anchor => (name(), text(), vec(digest(), 0..5), vec(summary(), 0..4))
            .prop_map(|(child, checkpoint, consistency, leaves)| {
                Fact::Anchor(Anchor { child, checkpoint, consistency, leaves })
            })
            .boxed(),
        Kind::Appeal => (name(), vec(any::<u8>(), 0..500))
            .prop_map(|(child, signed)| Fact::Appeal(Appeal { child, signed }))
            .boxed(),
        Kind::CapacityClaim => (name(), name(), number(), number())
            .prop_map(|(facility, bed_kind, staffed, occupied)| {
                Fact::CapacityClaim(CapacityClaim { facility, bed_kind, staffed, occupied })
            })
            .boxed(),
        Kind::StockReceived => stock_move().prop_map(Fact::StockReceived).boxed(),
        Kind::StockIssued => stock_move().prop_map(Fact::StockIssued).boxed(),
        Kind::Deposit => (digest(), text(), text())
            .prop_map(|(digest, source, title)| Fact::Deposit(Deposit { digest, source, title }))
            .boxed(),
        Kind::Proposal => (vec(action(), 0..4), text())
            .prop_map(|(actions, reason)| Fact::Proposal(Proposal { actions, reason }))
            .boxed(),
        Kind::Correction => (digest(), proptest::option::of(any::<[u64; 5]>()), text())
            .prop_map(|(subject, counts, statement)| Fact::Correction(Correction { subject, counts, statement }))
            .boxed(),
        Kind::Decision => (text(), vec((text(), summary()), 0..3), summary())
            .prop_map(|(certificate, handovers, leaf)| {
                let handover = |(certificate, leaf)| ProvenHandover { certificate, leaf };
                let handovers = handovers.into_iter().map(handover).collect();
                Fact::Decision(Decision { certificate, handovers, leaf })
            })
            .boxed(),
        Kind::Misbehaviour => text().prop_map(|evidence| Fact::Misbehaviour(Misbehaviour { evidence })).boxed(),
    }
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let sealed =
        (digest(), name(), number()).prop_map(|(ciphertext, vault, length)| SealedRef { ciphertext, vault, length });
    let expect = (text(), number()).prop_map(|(key, version)| Expect { key, version });
    let security = select(&[SecurityLevel::Public, SecurityLevel::Members, SecurityLevel::Restricted][..]);
    (
        (any::<[u8; 32]>(), select(&Lane::ALL[..]), any::<[u8; 16]>(), [number(), number(), number()], name()),
        (security, proptest::option::of(select(&AlertLevel::ALL[..]))),
        select(&Kind::ALL[..]).prop_flat_map(fact),
        (vec(sealed, 0..=MAX_SEALED), vec(digest(), 0..=MAX_CAUSES), vec(expect, 0..=MAX_EXPECT)),
    )
        .prop_map(
            |(
                (author, lane, nonce, [occurred, created, until], region),
                (security, response),
                fact,
                (sealed, causes, expect),
            )| {
                Event {
                    author: PublicKey(author),
                    lane,
                    nonce,
                    occurred_at: Millis(occurred),
                    created_at: Millis(created),
                    valid_until: Millis(until),
                    region,
                    security,
                    response,
                    fact,
                    sealed,
                    causes,
                    expect,
                }
            },
        )
}

/// An event as it might have been signed on 20 July 2021, of any kind.
pub(crate) fn example(kind: Kind) -> Event {
    Event {
        author: PublicKey([7; 32]),
        lane: Lane::Normal,
        nonce: [9; 16],
        occurred_at: Millis(1_626_778_800_000),
        created_at: Millis(1_626_782_400_000),
        valid_until: Millis(0),
        region: "320100".into(),
        security: SecurityLevel::Public,
        response: None,
        fact: example_fact(kind),
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    }
}

fn example_fact(kind: Kind) -> Fact {
    let disease = Disease { code: "U07.1".into(), name: "COVID-19".into() };
    let report_date = Date::parse("2021-07-20").unwrap();
    let stock = StockMove {
        facility: "nanjing-central-warehouse".into(),
        item: "n95-mask".into(),
        lot: "2021-07-a".into(),
        quantity: 12_000,
        counterparty: "jiangsu-reserve".into(),
    };
    match kind {
        Kind::CaseReport => Fact::CaseReport(CaseReport {
            disease,
            classification: Classification::Confirmed,
            onset_date: Date::parse("2021-07-19"),
            report_date,
            facility: "lukou-airport".into(),
            age_band: AgeBand::From18To39,
            sex: Sex::Unknown,
            origin: Origin::Local,
        }),
        Kind::DailyAggregate => Fact::DailyAggregate(DailyAggregate {
            disease,
            report_date,
            origin: Origin::Local,
            counts: [0, 0, 11, 8, 0],
        }),
        Kind::SuspectedCluster => Fact::SuspectedCluster(SuspectedCluster {
            disease,
            facility: "lukou-airport".into(),
            positives: 9,
            summary: "nine positives among airport workers in routine tests".into(),
        }),
        Kind::ZeroReport => Fact::ZeroReport(ZeroReport { disease, report_date, facility: "gulou-hospital".into() }),
        Kind::LabResult => Fact::LabResult(LabResult {
            disease,
            report_date,
            facility: "nanjing-cdc-lab".into(),
            method: "rt-pcr".into(),
            tested: 1200,
            positive: 17,
        }),
        Kind::Ballot => Fact::Ballot(Ballot {
            subject: Digest([5; 32]),
            choice: Choice::Endorse,
            reason: "consistent".into(),
            policy: "form-check".into(),
        }),
        Kind::Warning => Fact::Warning(Warning {
            disease,
            level: AlertLevel::Orange,
            headline: "community transmission in Jiangning district".into(),
            method: "threshold".into(),
        }),
        Kind::Directive => Fact::Directive(Directive {
            level: AlertLevel::Yellow,
            headline: "citywide testing".into(),
            instruction: "every resident of the district is tested once before 24 July".into(),
        }),
        Kind::Anchor => Fact::Anchor(Anchor {
            child: "cn.32.01".into(),
            checkpoint: "tocsin/cn.32.01/0011223344556677\n5\nAAAA\n".into(),
            consistency: vec![Digest([1; 32])],
            leaves: vec![ProvenLeaf { leaf: vec![3, 1, 4], index: 3, inclusion: vec![Digest([2; 32])] }],
        }),
        Kind::Appeal => Fact::Appeal(Appeal { child: "cn.32.01".into(), signed: vec![1; 100] }),
        Kind::CapacityClaim => Fact::CapacityClaim(CapacityClaim {
            facility: "nanjing-second-hospital".into(),
            bed_kind: "isolation".into(),
            staffed: 300,
            occupied: 112,
        }),
        Kind::StockReceived => Fact::StockReceived(stock),
        Kind::StockIssued => Fact::StockIssued(stock),
        Kind::Proposal => Fact::Proposal(Proposal {
            actions: vec![Action::AddKey {
                member: "nanjing-cdc".into(),
                class: KeyClass::Author,
                key: PublicKey([7; 32]),
            }],
            reason: "Yearly rotation".into(),
        }),
        Kind::Correction => Fact::Correction(Correction {
            subject: Digest([5; 32]),
            counts: Some([0, 0, 9, 1, 0]),
            statement: "One case was counted twice".into(),
        }),
        Kind::Decision => Fact::Decision(Decision {
            certificate: "certificate".into(),
            handovers: vec![ProvenHandover {
                certificate: "earlier".into(),
                leaf: ProvenLeaf { leaf: vec![5], index: 2, inclusion: vec![] },
            }],
            leaf: ProvenLeaf { leaf: vec![6], index: 9, inclusion: vec![Digest([2; 32])] },
        }),
        Kind::Misbehaviour => Fact::Misbehaviour(Misbehaviour { evidence: "tocsin-evidence@v1".into() }),
        Kind::Deposit => Fact::Deposit(Deposit {
            digest: Digest([6; 32]),
            source: "https://example.org/notice/7".into(),
            title: "notice of 21 July".into(),
        }),
    }
}
