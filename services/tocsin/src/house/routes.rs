//! The door of a house: every service's routes over the rooms behind it. It starts nothing.

use std::sync::Arc;

use actix_web::web;
use host::clock::Clock;
use host::rest::{Desks, Door};

use super::{Departments, Room};

/// The door of these rooms: every service's routes.
pub(super) fn door(clock: &Clock, rooms: &[Room], alerts: &alerts::Desk) -> Door {
    let mut door = Door::new(clock.clone());
    for room in rooms {
        door = door.trust(room.genesis.chain.clone(), Arc::new(room.standing.clone()));
        for (member, desk) in &room.ledgers {
            let desk = desk.clone();
            door = door.ready(format!("ledger {member}"), move || desk.is_ready());
        }
    }
    let reporting = desks(rooms, |room| reporting::start(&room.speaker, room.front.clone()));
    let ballots = desks(rooms, |room| endorsement::Desk { front: room.front.clone() });
    let ledgers: Desks<ledger::Desk> = rooms
        .iter()
        .filter_map(|room| Some((room.genesis.chain.clone(), room.ledgers.values().next()?.clone())))
        .collect();
    let ledgers = web::Data::new(ledgers);
    let alerts = web::Data::new(alerts.clone());
    let forecasting = of_departments(rooms, |each| each.forecasting.clone());
    let medical_resources = of_departments(rooms, |each| each.medical_resources.clone());
    let materials = of_departments(rooms, |each| each.materials.clone());
    let public_opinion = of_departments(rooms, |each| each.public_opinion.clone());
    door.with(
        move |config| {
            config.app_data(reporting.clone());
            reporting::routes(config);
        },
        reporting::openapi(),
    )
    .with(
        move |config| {
            config.app_data(ballots.clone());
            endorsement::routes(config);
        },
        endorsement::openapi(),
    )
    .with(
        move |config| {
            config.app_data(ledgers.clone());
            ledger::routes(config);
        },
        ledger::openapi(),
    )
    .with(
        move |config| {
            config.app_data(alerts.clone());
            alerts::routes(config);
        },
        alerts::openapi(),
    )
    .with(
        move |config| {
            config.app_data(forecasting.clone());
            forecasting::routes(config);
        },
        forecasting::openapi(),
    )
    .with(
        move |config| {
            config.app_data(medical_resources.clone());
            medical_resources::routes(config);
        },
        medical_resources::openapi(),
    )
    .with(
        move |config| {
            config.app_data(materials.clone());
            materials::routes(config);
        },
        materials::openapi(),
    )
    .with(
        move |config| {
            config.app_data(public_opinion.clone());
            public_opinion::routes(config);
        },
        public_opinion::openapi(),
    )
    .with(console::routes, utoipa::openapi::OpenApi::default())
}

fn desks<T>(rooms: &[Room], desk: impl Fn(&Room) -> T) -> web::Data<Desks<T>> {
    web::Data::new(rooms.iter().map(|room| (room.genesis.chain.clone(), desk(room))).collect())
}

fn of_departments<T>(rooms: &[Room], desk: impl Fn(&Departments) -> T) -> web::Data<Desks<T>> {
    let desks = rooms.iter().filter_map(|room| Some((room.genesis.chain.clone(), desk(room.departments.as_ref()?))));
    web::Data::new(desks.collect())
}
