//! How fast an audit goes. Run it in release, alone:
//! `cargo test --release -p ledger -- --ignored --nocapture how_fast`.

use domain::chain::Lane;
use domain::event::{AgeBand, CaseReport, Classification, Disease, Fact, Origin, Sex};

use super::press::Press;
use super::*;

/// Events of the measured archive, in blocks of seven full bundles.
const EVENTS: u64 = 60_000;
const A_BUNDLE: u64 = 64;

/// What an audit must do on two cores.
const WANTED_PER_S: u64 = 20_000;

fn case(number: u64) -> Fact {
    Fact::CaseReport(CaseReport {
        disease: Disease { code: "U07.1".into(), name: "COVID-19".into() },
        classification: Classification::Confirmed,
        onset_date: None,
        report_date: rig::START.date(),
        facility: format!("hospital-{}", number % 40),
        age_band: AgeBand::From18To39,
        sex: Sex::Female,
        origin: Origin::Local,
    })
}

/// Processor time of this process so far, in hundredths of a second: what a busy machine does not change.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name before it may hold spaces, but no bracket comes after its own.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

#[test]
#[ignore = "a measurement of some ten seconds, worth something in release only"]
fn how_fast_an_archive_is_audited() {
    let dir = tempfile::tempdir().unwrap();
    let mut press = Press::new(rig::genesis("cn.32", 4, &[]));
    let genesis = press.genesis.clone();
    let mut certificate = None;
    for first in (0..EVENTS).step_by(7 * 64) {
        let signed = |number| match number % 2 {
            0 => rig::deposit(&genesis, number),
            _ => rig::event(&genesis, number, Lane::Normal, case(number)),
        };
        let bundles =
            (first..first + 7 * A_BUNDLE).step_by(64).map(|first| (first..first + A_BUNDLE).map(signed).collect());
        let block = press.sealer.bundles(Lane::Normal, bundles.collect(), certificate.take());
        certificate = Some(press.run(vec![block]));
    }
    let certificate = certificate.unwrap();
    press.write(dir.path(), &certificate);
    let before = cpu();
    let reports = (0..3).map(|_| audit(dir.path()).unwrap()).collect::<Vec<_>>();
    let spent_us = (cpu() - before) * 10_000;
    let best = reports.into_iter().max_by_key(|report| report.events_per_s).unwrap();
    println!("{}", serde_json::to_string(&best).unwrap());
    println!("{} us of processor time an event", spent_us / (3 * best.events));
    assert!(best.ok && best.events >= EVENTS);
    assert!(cfg!(debug_assertions) || best.events_per_s >= WANTED_PER_S, "{} events/s", best.events_per_s);
}
