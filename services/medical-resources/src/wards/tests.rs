use std::sync::Arc;

use domain::event::Resource;
use host::clock::Clock;
use host::front::Front;
use host::standing::Standing;

use super::*;
use crate::Source;
use crate::model::tests::{Log, eventful};

const HALF_A_DAY_MS: u64 = 12 * 3_600_000;

fn desk(log: &Log, now: Millis) -> Desk {
    let front = Front::new(Standing::of(log.genesis.clone()), Clock::wall());
    Desk { front, clock: Clock::stepped(now), resources: Source::Fixed(Arc::new(log.model())) }
}

fn named(answer: &WardsAnswer) -> Vec<(&str, Resource)> {
    answer.wards.iter().map(|ward| (ward.facility.as_str(), ward.resource)).collect()
}

#[actix_web::test]
async fn given_claims_and_a_profile_then_wards_and_places_are_told_with_their_events() {
    let log = eventful();
    let answer = wards(&desk(&log, log.now), Wards::default()).await.unwrap();
    let all = [("gulou", Resource::AdultIcu), ("gulou", Resource::Nurse), ("zhongda", Resource::AdultIcu)];
    assert_eq!(named(&answer), all);
    let zhongda = &answer.wards[2];
    assert_eq!((zhongda.staffed, zhongda.occupied, zhongda.reserved, zhongda.stale), (10, 7, 0, false));
    assert_eq!(zhongda.event, log.last_claim("zhongda", Resource::AdultIcu));
    let [place] = answer.places.as_slice() else { panic!("{:?}", answer.places) };
    assert_eq!((place.facility.as_str(), place.latitude_e6, place.longitude_e6), ("gulou", 32_058_000, 118_780_000));
    assert_eq!((answer.height, answer.as_of), (log.model().at().height, log.now));
}

#[actix_web::test]
async fn given_a_filter_then_only_what_fits_is_told() {
    let log = eventful();
    let desk = desk(&log, log.now);
    let ask = async |asked: Wards| wards(&desk, asked).await.unwrap();
    let of = |word: &str| Some(word.to_owned());
    let zhongda = ask(Wards { facility: of("zhongda"), ..Wards::default() }).await;
    assert_eq!((named(&zhongda), zhongda.places.len()), (vec![("zhongda", Resource::AdultIcu)], 0));
    let designated = ask(Wards { disease: of("U07.1"), ..Wards::default() }).await;
    assert!(designated.wards.iter().all(|ward| ward.facility == "gulou") && designated.wards.len() == 2);
    let elsewhere = ask(Wards { region: of("999999"), ..Wards::default() }).await;
    assert_eq!((elsewhere.wards, elsewhere.places), (vec![], vec![]));
}

#[actix_web::test]
async fn given_an_instant_then_what_stood_is_told_and_what_was_stale_is_marked() {
    let log = eventful();
    let early = Millis(log.entries[0].0.chain_time.0 + 150_000);
    let then = wards(&desk(&log, log.now), Wards { as_of: Some(early), ..Wards::default() }).await.unwrap();
    assert_eq!((then.as_of, then.wards[0].staffed), (early, 20));
    assert!(then.wards.len() < 3, "{:?}", then.wards);
    let later = wards(&desk(&log, log.now.plus_ms(HALF_A_DAY_MS)), Wards::default()).await.unwrap();
    let stale = later.wards.iter().map(|ward| ward.stale).collect::<Vec<_>>();
    assert_eq!(stale, [false, true, false], "nurses are counted each shift, beds once a day");
}
