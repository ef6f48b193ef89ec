//! Two services of one member over a real nats-server.

use bus::server::NatsServer;
use domain::time::Date;
use wire::area::{Beds, BedsAnswer, Wards, WardsAnswer};

use super::*;

struct House {
    neighbours: Neighbours,
    _server: NatsServer,
    _dir: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = NatsServer::start(dir.path().join("nats")).await.unwrap();
        let bus = Bus::connect(server.url(), "area test").await.unwrap();
        // The server may be shared: every test has a chain of its own.
        let name = dir.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let chain = ChainPath::parse(&name.chars().filter(char::is_ascii_alphanumeric).collect::<String>()).unwrap();
        let turns = Arc::new(Semaphore::new(ASKED_AT_ONCE));
        House { neighbours: Neighbours { bus, member: "cdc".to_owned(), chain, turns }, _server: server, _dir: dir }
    }

    /// Answers questions after wards with `of`; dropping the handle ends it.
    async fn wards(&self, of: fn(&Wards) -> Result<WardsAnswer, Refusal>) -> bus::ServeHandle {
        let Neighbours { bus, member, chain, .. } = &self.neighbours;
        let subject = wire::subject::area(Area::MedicalResources, member, chain);
        bus.serve(&subject, PERMITS, handler(move |asked: Wards| async move { of(&asked) })).await.unwrap()
    }
}

fn asked(facility: &str) -> Wards {
    Wards { facility: Some(facility.to_owned()), ..Wards::default() }
}

#[tokio::test]
async fn a_question_is_answered_and_a_no_comes_back_as_it_was_said() {
    let house = House::open().await;
    let _served = house
        .wards(|asked| match asked.facility.as_deref() {
            Some("gulou") => Ok(WardsAnswer { height: 7, ..WardsAnswer::default() }),
            _ => Err(Refusal::of(Code::Limit, "wards", "ask by region")),
        })
        .await;
    assert_eq!(house.neighbours.ask(asked("gulou")).await.map(|answer| answer.height), Ok(7));
    let no = house.neighbours.ask(asked("zhongda")).await.unwrap_err();
    assert!(
        matches!(&no, AreaError::Refused(refused) if refused.code == Code::Limit && refused.field == "wards"),
        "{no}"
    );
    assert_eq!(Problem::from(no).code(), Code::Limit.text());
}

#[tokio::test]
async fn who_is_not_there_is_silent_and_so_is_who_answers_something_else() {
    let house = House::open().await;
    let beds = Beds { disease: "U07.1".into(), region: "320100".into(), as_of: Some(Date(1)) };
    let silent = house.neighbours.ask(beds).await.unwrap_err();
    assert!(matches!(&silent, AreaError::Silent { area: Area::Forecasting, .. }), "{silent}");
    let problem = Problem::from(silent);
    assert_eq!((problem.code(), &problem.json()["field"]), (Code::Overloaded.text(), &"forecasting".into()));

    let subject = wire::subject::area(Area::MedicalResources, "cdc", &house.neighbours.chain);
    let junk = |_, _| async { Bytes::from_static(b"\xff") };
    let _served = house.neighbours.bus.serve(&subject, 1, junk).await.unwrap();
    let unread = house.neighbours.ask(asked("gulou")).await.unwrap_err();
    assert!(matches!(unread, AreaError::Silent { area: Area::MedicalResources, .. }), "{unread}");
}

/// However many readers a service has, its neighbours have room for others' questions.
#[tokio::test]
async fn a_service_has_so_many_questions_open_and_no_more() {
    let house = House::open().await;
    let _served = house.wards(|_| Ok(WardsAnswer::default())).await;
    let open = house.neighbours.turns.clone().acquire_many_owned(ASKED_AT_ONCE as u32).await.unwrap();
    let waited = house.neighbours.clone().ask(asked("gulou")).await.unwrap_err();
    assert!(matches!(&waited, AreaError::Silent { area: Area::MedicalResources, why } if why.contains("open already")));
    drop(open);
    house.neighbours.ask(asked("gulou")).await.unwrap();
    assert_eq!(house.neighbours.turns.available_permits(), ASKED_AT_ONCE);
}

#[tokio::test]
async fn a_question_that_cannot_be_read_is_refused_by_who_is_asked() {
    let house = House::open().await;
    let _served = house.wards(|_| Ok(WardsAnswer::default())).await;
    let subject = wire::subject::area(Area::MedicalResources, "cdc", &house.neighbours.chain);
    let reply = house.neighbours.bus.request(&subject, Bytes::new(), PATIENCE).await.unwrap();
    assert_eq!(WardsAnswer::decode(&reply).unwrap().map_err(|refused| refused.field), Err("question".to_owned()));
    assert!(BedsAnswer::decode(&reply).unwrap().is_err(), "a no reads the same in every area");
}
