use domain::event::{Action, AgeBand, CaseReport, Choice, Classification, Origin, Proposal, Sex, ZeroReport};

use super::*;
use crate::model::Days;
use crate::model::tests::{Taken, after, ballot, block, covid, daily, event_of, id, restarted_at};

/// A case of the test chain, whose reports need one epidemiologist of another member.
pub(crate) fn case(index: u64, onset: Option<&str>, reported: &str, age_band: AgeBand, sex: Sex) -> Taken {
    let fact = Fact::CaseReport(CaseReport {
        disease: covid(),
        classification: Classification::Confirmed,
        onset_date: onset.and_then(Date::parse),
        report_date: Date::parse(reported).unwrap(),
        facility: if index.is_multiple_of(2) { "hospital-1".into() } else { "hospital-2".into() },
        age_band,
        sex,
        origin: Origin::Local,
    });
    event_of(index, fact)
}

/// A signed zero of the test chain.
pub(crate) fn zero(index: u64, day: &str) -> Taken {
    let report_date = Date::parse(day).unwrap();
    event_of(index, Fact::ZeroReport(ZeroReport { disease: covid(), report_date, facility: "hospital-1".into() }))
}

fn a_case(index: u64, reported: &str) -> Taken {
    case(index, None, reported, AgeBand::From60, Sex::Female)
}

fn refutation(index: u64, subject: u64) -> Taken {
    let actions = vec![Action::Refute { event: id(subject), reason: "counted twice".into() }];
    event_of(index, Fact::Proposal(Proposal { actions, reason: "as agreed".into() }))
}

fn counted(days: &Days) -> Vec<EventId> {
    days.records().all().filter(|(_, report)| report.accepted_at.is_some()).map(|(id, _)| *id).collect()
}

fn held(days: &Days) -> usize {
    days.records().all().count()
}

#[test]
fn given_a_case_then_it_counts_once_it_is_endorsed_and_is_gone_once_it_is_objected_to() {
    let open = after(&[a_case(0, "2021-07-21"), a_case(1, "2021-07-21")]);
    assert_eq!((held(&open), counted(&open).len()), (2, 0));
    let judged = after(&[
        a_case(0, "2021-07-21"),
        a_case(1, "2021-07-21"),
        ballot(2, 0, Choice::Endorse),
        ballot(3, 1, Choice::Object),
    ]);
    assert_eq!((held(&judged), counted(&judged)), (1, vec![id(0)]));
    let (_, report) = judged.records().all().next().unwrap();
    assert_eq!(report.accepted_at.unwrap().0 - report.known_at.0, 2, "the ballot came two entries later");
}

#[test]
fn given_a_refuted_case_then_it_leaves_whether_it_needed_ballots_or_not() {
    let entries = [
        a_case(0, "2021-07-21"),
        ballot(1, 0, Choice::Endorse),
        zero(2, "2021-07-22"),
        refutation(3, 0),
        refutation(4, 2),
    ];
    assert_eq!(counted(&after(&entries)).len(), 2, "proposed is not decided");
    let decided = [entries.to_vec(), vec![ballot(5, 3, Choice::Endorse), ballot(6, 4, Choice::Endorse)]].concat();
    assert_eq!(held(&after(&decided)), 0);
}

#[test]
fn given_a_restart_anywhere_then_the_same_reports_are_held() {
    let entries = [
        a_case(0, "2020-01-01"),
        ballot(1, 0, Choice::Endorse),
        a_case(2, "2021-07-21"),
        zero(3, "2021-07-22"),
        ballot(4, 2, Choice::Endorse),
        daily(5, "2021-07-21", Origin::Local, 4),
        refutation(6, 3),
        ballot(7, 6, Choice::Endorse),
        block(8),
    ];
    let whole = after(&entries);
    assert_eq!(whole.records().since(), Date::parse("2020-01-02"), "half a year later the old case is let go");
    for cut in 0..entries.len() {
        let restarted = restarted_at(&entries, cut);
        assert_eq!(restarted.records(), whole.records(), "restarted before entry {cut}");
    }
}

/// What was let go is let go by the small state too, and a refutation of it is passed over; one that an open proposal names
/// stays, or the proposal would be refused here and accepted by the ledgers.
///
/// Seen to fail: with `named` left out of `Records::bound`, the named case was let go.
#[test]
fn given_an_old_report_that_an_open_proposal_would_refute_then_it_stays_until_that_is_decided() {
    let entries = vec![
        a_case(0, "2020-01-01"),
        a_case(1, "2020-01-01"),
        ballot(2, 0, Choice::Endorse),
        ballot(3, 1, Choice::Endorse),
        refutation(4, 0),
        a_case(5, "2021-07-21"),
    ];
    let open = after(&entries);
    assert_eq!(open.records().all().map(|(id, _)| *id).collect::<Vec<_>>(), [id(0), id(5)]);
    let rest = vec![ballot(6, 4, Choice::Endorse), refutation(7, 1)];
    let decided = after(&[entries, rest].concat());
    assert_eq!(held(&decided), 1);
    assert_eq!(decided.accepted().held(), 1, "the small state holds nothing of those that are gone");
}
