use bus::Message;
use domain::alert::{AlertRecord, AlertState};
use domain::time::Millis;

use super::*;

/// The n-th alert of the stream, at `cn`.
fn heard(n: u64) -> Heard {
    let alert = AlertRecord {
        number: n,
        event: Digest::of(&n.to_be_bytes()),
        ..crate::cap::tests::alert(AlertState::Confirmed)
    };
    let chain = ChainPath::parse("cn").unwrap();
    let message = Message {
        sequence: n,
        subject: wire::subject::alert(alert.level, &chain),
        payload: wire::alert::payload(&alert, &chain).into(),
        headers: Vec::new(),
    };
    Heard::read(&message, Millis(0)).unwrap()
}

async fn ring(board: &actix::Addr<Board>, from: u64, to: u64) {
    board.send(Rung { alerts: (from..=to).map(heard).collect(), last: to }).await.unwrap();
}

async fn listen(board: &actix::Addr<Board>, after: Option<u64>) -> Heed {
    board.send(Listen { filter: Filter::default(), after }).await.unwrap()
}

#[actix::test]
async fn a_listener_that_does_not_read_is_cut_off_and_the_others_are_not() {
    let board = Board::default().start();
    let Heed::Live { coming: mut slow, .. } = listen(&board, None).await else { panic!() };
    let Heed::Live { coming: mut quick, .. } = listen(&board, None).await else { panic!() };
    let waiting = u64::try_from(MAX_WAITING).unwrap();
    for n in 1..=waiting + 1 {
        ring(&board, n, n).await;
        assert_eq!(quick.recv().await.unwrap().sequence, n);
    }
    for n in 1..=waiting {
        assert_eq!(slow.recv().await.unwrap().sequence, n);
    }
    assert!(slow.recv().await.is_none());
    ring(&board, waiting + 2, waiting + 2).await;
    assert_eq!(quick.recv().await.unwrap().sequence, waiting + 2);
}

#[actix::test]
async fn listeners_are_bounded_and_those_who_left_make_room() {
    let board = Board::default().start();
    let mut ears = Vec::new();
    for _ in 0..MAX_LISTENERS {
        let Heed::Live { coming, .. } = listen(&board, None).await else { panic!() };
        ears.push(coming);
    }
    assert!(matches!(listen(&board, None).await, Heed::Full));
    ears.pop();
    assert!(matches!(listen(&board, None).await, Heed::Live { .. }));
}

#[actix::test]
async fn the_board_keeps_the_newest_and_sends_older_places_to_the_stream() {
    let board = Board::default().start();
    let last = u64::try_from(MAX_KEPT).unwrap() + 5;
    ring(&board, 1, last).await;
    let page = board.send(Ask { filter: Filter::default(), before: None, limit: MAX_KEPT + 9 }).await.unwrap();
    assert_eq!(page.alerts.len(), MAX_KEPT);
    assert_eq!(page.alerts.last().unwrap().sequence, 6);
    assert!(matches!(listen(&board, Some(4)).await, Heed::Behind { after: 4, until: 5 }));
    let Heed::Live { kept, .. } = listen(&board, Some(5)).await else { panic!() };
    assert_eq!(kept.len(), MAX_KEPT);
    // A place that this stream never had is of one that was lost: everything, from the stream itself.
    assert!(matches!(listen(&board, Some(last + 1)).await, Heed::Behind { after: 0, until: 5 }));
    let Heed::Live { kept, .. } = listen(&board, Some(last)).await else { panic!() };
    assert!(kept.is_empty());
}

#[actix::test]
async fn a_repeat_is_shown_once_and_a_lost_stream_begins_anew() {
    let board = Board::default().start();
    let Heed::Live { mut coming, .. } = listen(&board, None).await else { panic!() };
    ring(&board, 1, 2).await;
    let again = Heard { sequence: 3, ..heard(1) };
    board.send(Rung { alerts: vec![again], last: 3 }).await.unwrap();
    let page = board.send(Ask { filter: Filter::default(), before: None, limit: 9 }).await.unwrap();
    assert_eq!(page.alerts.iter().map(|heard| heard.sequence).collect::<Vec<_>>(), [2, 1]);
    board.send(Begin(0)).await.unwrap();
    assert_eq!(coming.recv().await.unwrap().sequence, 1);
    assert_eq!(coming.recv().await.unwrap().sequence, 2);
    assert!(coming.recv().await.is_none());
    ring(&board, 1, 1).await;
    let page = board.send(Ask { filter: Filter::default(), before: None, limit: 9 }).await.unwrap();
    assert_eq!(page.alerts.len(), 1);
}
