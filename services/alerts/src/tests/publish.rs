//! From the ledger into the stream, once.

use std::collections::BTreeSet;

use domain::alert::{AlertRecord, AlertState};
use domain::chain::ChainPath;
use domain::event::AlertLevel;
use wire::subject;

use super::rig::{Ledger, Rig, alert, until};

#[actix::test]
async fn each_alert_is_published_once_across_restarts_with_and_without_the_journal() {
    let rig = Rig::new().await;
    let city = Ledger::start(&rig.bus, "cn.32.01").await;
    let nation = Ledger::start(&rig.bus, "cn").await;
    let mut rung = city.ring_many("first", 70);
    let raised: Vec<_> = rung.iter().take(3).map(|alert| nation.ring(alert.clone())).collect();

    let service = rig.service(&[&city, &nation], "data").await;
    service.shows("cn.32.01", 70).await;
    service.shows("cn", 3).await;
    assert_eq!(service.desk.published(), 73);
    service.end().await;

    rung.extend(city.ring_many("second", 2));
    let service = rig.service(&[&city, &nation], "data").await;
    service.shows("cn.32.01", 72).await;
    // The message id would hide repeats; the count of publishes does not.
    assert_eq!(service.desk.published(), 2);
    service.end().await;

    rung.extend(city.ring_many("third", 1));
    let service = rig.service(&[&city, &nation], "other-data").await;
    service.shows("cn.32.01", 73).await;
    assert_eq!(service.desk.published(), 1);
    service.end().await;

    let stream = rig.stream().await;
    let at = |chain: &ChainPath| -> Vec<_> {
        let of = subject::alert(AlertLevel::Yellow, chain);
        stream.iter().filter(|(subject, _)| *subject == of).map(|(_, id)| id.clone()).collect()
    };
    assert_eq!(at(&city.chain), rung.iter().map(|alert| alert.id().to_string()).collect::<Vec<_>>());
    assert_eq!(at(&nation.chain), raised.iter().map(|alert| alert.id().to_string()).collect::<Vec<_>>());
    assert_eq!(stream.len(), 76);
}

#[actix::test]
async fn alerts_that_the_stream_lost_are_published_again() {
    let mut rig = Rig::new().await;
    let city = Ledger::start(&rig.bus, "cn.32.01").await;
    let rung = city.ring_many("early", 3);
    let service = rig.service(&[&city], "data").await;
    service.shows("cn.32.01", 3).await;
    rig.lose_streams().await;
    let late = city.ring_many("late", 1);
    let wanted: BTreeSet<_> = rung.iter().chain(&late).map(|alert| alert.id().to_string()).collect();
    let held = async || rig.stream().await.into_iter().map(|(_, id)| id).collect::<BTreeSet<_>>() == wanted;
    until("the lost alerts' return", held).await;
    service.shows("cn.32.01", 4).await;
    service.end().await;
}

#[actix::test]
async fn a_stranger_in_the_stream_neither_shows_nor_moves_the_place() {
    let rig = Rig::new().await;
    let city = Ledger::start(&rig.bus, "cn.32.01").await;
    rig.bus.ensure_stream(&subject::alert_stream()).await.unwrap();
    let forged = AlertRecord { number: 900, ..alert("forged", "cn.32.01", AlertState::Confirmed, AlertLevel::Red) };
    let payload = wire::alert::payload(&forged, &city.chain);
    let red = subject::alert(AlertLevel::Red, &city.chain);
    rig.bus.publish(&red, payload.into(), Default::default()).await.unwrap();
    rig.bus.publish(&red, "not an alert".into(), Default::default()).await.unwrap();
    let rung = city.ring_many("true", 2);
    let service = rig.service(&[&city], "data").await;
    let all = async || service.desk.published() == 2;
    until("the true alerts", all).await;
    // The forged one is in its canonical form: only its proof can tell, which nobody can make.
    service.shows("cn.32.01", 3).await;
    let shown = service.desk.alerts(&city.chain).await.unwrap();
    assert_eq!(shown.iter().skip(1).map(|one| &one.alert).collect::<Vec<_>>(), rung.iter().collect::<Vec<_>>());
    service.end().await;
}
