//! A gift from pledge to bedside over REST, against real services: signed by giver and taker, disputed, settled, and found
//! again by its donor with a proof of every step.

use domain::materials::MONEY;
use proof::digest::Digest;
use proof::proof_file::ProofFile;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::{CITY, PROVINCE, World};

const CODE: &str = "exercise-gift-0042";

pub async fn all(world: &'static World) {
    let (gift, way) = from_pledge_to_bedside(world).await;
    found_by_its_donor(world, &gift, &way).await;
    kept_by_its_donor(world, &gift, &way).await;
    paid_from_a_gift(world).await;
    imported(world).await;
    imported_again(world).await;
}

async fn said(world: &World, member: &str, route: &str, fact: Value) -> String {
    let id = world.say(member, route, &fact).await.taken();
    world.event(&id, "state", "final").await;
    id
}

fn stock(kind: &str, facility: &str, quantity: u64) -> Value {
    json!({ "kind": kind, "facility": facility, "item": "visor", "lot": "gift", "quantity": quantity, "counterparty": "ward" })
}

/// The events of the way, in order.
async fn from_pledge_to_bedside(world: &World) -> (String, Vec<String>) {
    // The hospital speaks for its store once it has named it.
    said(
        world,
        "hospital",
        "stock",
        json!({ "kind": "stock_received", "facility": "custody-ward", "item": "visor",
        "lot": "own", "quantity": 1, "counterparty": "elsewhere" }),
    )
    .await;
    let donor = Digest::of(CODE.as_bytes()).to_string();
    let pledge = json!({ "item": "visor", "quantity": 100, "donor": donor, "purpose": "exercise" });
    let gift = said(world, "cdc", "donations", pledge).await;
    let mut received = stock("stock_received", "custody-depot", 100);
    received["donation"] = json!(gift);
    let received = said(world, "cdc", "stock", received).await;
    let given = json!({ "kind": "hand_over", "from": "custody-depot", "to": "custody-ward", "item": "visor", "lot": "gift",
        "quantity": 60, "condition": "good" });
    let given = said(world, "cdc", "hand-overs", given).await;
    let taken = json!({ "kind": "take_over", "hand_over": given, "item": "visor", "lot": "gift", "quantity": 50,
        "condition": "good" });
    // Who is not the taker does not take.
    assert_eq!(world.say("airport", "hand-overs", &taken).await.refused(), "NOT_OWNER");
    let taken = said(world, "hospital", "hand-overs", taken).await;
    let rang = |answer: &Answer| {
        let alerts = answer.json["alerts"].as_array().cloned().unwrap_or_default();
        alerts
            .iter()
            .any(|alert| alert["kind"] == "discrepancy" && alert["event"] == *taken && alert["level"] == "blue")
    };
    world.until("/v1/alerts?limit=500", rang).await;
    for store in ["custody-depot", "custody-ward"] {
        let open = format!("/v1/chains/{CITY}/discrepancies?facility={store}");
        let both = |answer: &Answer| answer.json["discrepancies"].as_array().is_some_and(|found| found.len() == 1);
        let found = world.until(&open, both).await.json["discrepancies"][0].clone();
        assert_eq!((&found["given"]["quantity"], &found["taken"]["quantity"]), (&json!(60), &json!(50)), "{store}");
    }
    let words = json!({ "kind": "discrepancy_settled", "hand_over": given, "lost": 4, "returned": 6 });
    let first = said(world, "hospital", "hand-overs", words.clone()).await;
    let second = said(world, "cdc", "hand-overs", words).await;
    let used = said(world, "hospital", "stock", stock("stock_issued", "custody-ward", 50)).await;
    (gift.clone(), vec![gift, received, given, taken, first, second, used])
}

async fn found_by_its_donor(world: &World, gift: &str, way: &[String]) {
    let path = format!("/v1/chains/{CITY}/donations?code={CODE}");
    let found =
        world.until(&path, |answer| answer.json["donations"][0]["used"] == 50).await.json["donations"][0].clone();
    let sums = ["received", "held", "used", "lost", "in_transit", "disputed"].map(|sum| found[sum].as_u64().unwrap());
    assert_eq!((found["event_id"].as_str(), sums), (Some(gift), [100, 46, 50, 4, 0, 0]));
    let steps = world.get(found["steps"].as_str().unwrap()).await.json["moves"].clone();
    let steps = steps.as_array().unwrap();
    assert_eq!(steps.iter().map(|step| step["event_id"].as_str().unwrap()).collect::<Vec<_>>(), way);
    for step in [steps.first(), steps.last()].into_iter().flatten() {
        let proof = world.until(step["proof"].as_str().unwrap(), |answer| answer.status == 200).await.text;
        assert!(ProofFile::parse(&proof).is_ok(), "{proof}");
    }
    let items = world.get(&format!("/v1/chains/{CITY}/stock/sums?item=visor")).await.json["items"].clone();
    assert_eq!((&items[0]["closes"], &items[0]["received"]), (&json!(true), &json!(101)));
    world.get(&format!("/v1/chains/{CITY}/donations?code=another")).await.assert_problem(404, "NOT_FOUND");
}

/// One file that holds by the province's genesis alone, made of real ledgers' answers; and who gave twice gets one, too.
async fn kept_by_its_donor(world: &World, gift: &str, way: &[String]) {
    let path = format!("/v1/chains/{CITY}/donations/proof?code={CODE}");
    // It is as of what has risen, so it grows until the last step has.
    let all = |answer: &Answer| answer.status == 200 && answer.text.matches("\nevent ").count() == way.len();
    let file = world.until(&path, all).await;
    assert_eq!(file.media, "text/plain; charset=utf-8");
    assert!(!file.text.contains(CODE), "the look-up code is in the file");
    let genesis = world.genesis(PROVINCE);
    let shown = tocsin::verify::gift::verify(&file.text, genesis).unwrap().json();
    let sums = &shown["gifts"][0]["sums"];
    assert_eq!(["received", "held", "used", "lost"].map(|sum| sums[sum].as_u64().unwrap()), [100, 46, 50, 4]);
    let steps = shown["steps"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| step["event_id"].as_str().unwrap()).collect::<Vec<_>>(), way);
    assert!(steps.iter().all(|step| step["member_by_genesis"] == true), "{steps:?}");
    let by_id = world.get(&format!("/v1/chains/{CITY}/donations/{gift}/proof")).await;
    assert!(tocsin::verify::gift::verify(&by_id.text, genesis).is_ok(), "{}", by_id.text);
    // The city's own genesis is not the top one.
    let error = tocsin::verify::gift::verify(&file.text, world.genesis(CITY)).err().unwrap().to_string();
    assert!(error.contains("the proof ends at chain `cn.32`"), "{error}");

    // The same code again, with a promise: the request comes along, though it is in no list of gifts.
    let donor = Digest::of(CODE.as_bytes()).to_string();
    let pledge = json!({ "item": "visor", "quantity": 5, "donor": donor, "purpose": "exercise" });
    let second = said(world, "cdc", "donations", pledge).await;
    let mut received = stock("stock_received", "custody-depot", 5);
    (received["donation"], received["lot"]) = (json!(second), json!("gift-2"));
    said(world, "cdc", "stock", received).await;
    let asked = json!({ "kind": "resource_request", "facility": "custody-ward", "item": "visor", "quantity": 5,
        "needed_by": "2021-07-30", "reason": "exercise" });
    let request = said(world, "hospital", "requests", asked).await;
    let commit =
        json!({ "kind": "commit", "request": request, "from": "custody-depot", "lot": "gift-2", "quantity": 4 });
    said(world, "cdc", "requests", commit).await;
    let both = |answer: &Answer| answer.status == 200 && answer.text.matches("\nevent ").count() == way.len() + 4;
    let file = world.until(&path, both).await.text;
    let shown = tocsin::verify::gift::verify(&file, genesis).unwrap().json();
    let mut gifts = shown["gifts"].as_array().unwrap().iter().map(|one| one["event_id"].as_str().unwrap());
    assert!(gifts.clone().count() == 2 && gifts.any(|one| one == second), "{shown}");
    let asked = shown["steps"].as_array().unwrap().iter().filter(|step| step["kind"] == "resource_request");
    assert_eq!(asked.map(|step| step["event_id"].as_str().unwrap()).collect::<Vec<_>>(), [request.as_str()]);

    for (part, status, code) in [
        ("proof?code=another", 404, "NOT_FOUND"),
        ("proof", 400, "BAD_QUERY"),
        (&format!("{request}/proof"), 404, "NOT_FOUND"),
        ("7/proof", 404, "NOT_FOUND"),
    ] {
        world.get(&format!("/v1/chains/{CITY}/donations/{part}")).await.assert_problem(status, code);
    }
}

async fn paid_from_a_gift(world: &World) {
    let donor = Digest::of(b"exercise-gift-0043").to_string();
    let pledge = json!({ "item": MONEY, "quantity": 90_000, "donor": donor, "purpose": "exercise" });
    let gift = said(world, "cdc", "donations", pledge).await;
    let fen = json!({ "kind": "stock_received", "facility": "custody-fund", "item": MONEY, "lot": "gift", "quantity": 90_000,
        "counterparty": "bank", "donation": gift });
    said(world, "cdc", "stock", fen).await;
    let bought = |amount: u64| {
        json!({ "facility": "custody-depot", "item": "swab", "lot": "bought", "quantity": 500,
        "supplier": "mill", "paid": [{ "facility": "custody-fund", "lot": "gift", "amount": amount }] })
    };
    assert_eq!(world.say("cdc", "purchases", &bought(90_001)).await.refused(), "INSUFFICIENT");
    let id = said(world, "cdc", "purchases", bought(80_000)).await;
    let path = format!("/v1/chains/{CITY}/stock?facility=custody-depot&item=swab");
    let lot = world.until(&path, |answer| answer.json["stock"][0]["on_hand"] == 500).await.json["stock"][0].clone();
    assert_eq!(lot["purchase"], id.as_str());
    let steps = format!("/v1/chains/{CITY}/stock/moves?donation={gift}");
    assert_eq!(world.get(&steps).await.json["moves"].as_array().unwrap().len(), 3, "pledged, received, spent");
}

/// Good rows are taken and bad ones named, and what was exported has the same names.
async fn imported(world: &World) {
    let file = "kind,facility,item,lot,quantity,counterparty,expiry\n\
        stock_received,custody-sheet,apron,s-1,20,mill,2024-06-30\n\
        stock_received,custody-sheet,apron,=1+1,20,mill,\n\
        stock_received,custody-sheet,apron,s-2,many,mill,\n";
    let token = world.token(CITY, "airport");
    let answer = world.post_as(&token, CITY, "stock/csv", "text/csv", file).await;
    assert_eq!((&answer.json["taken"], &answer.json["refused"]), (&json!(1), &json!(2)), "{}", answer.text);
    let lines =
        answer.json["results"].as_array().unwrap().iter().map(|row| {
            (row["line"].as_u64().unwrap(), row["problem"]["code"].as_str(), row["problem"]["field"].as_str())
        });
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [(2, None, None), (3, Some("IMPORT"), Some("lot")), (4, Some("IMPORT"), Some("quantity"))]
    );
    let path = format!("/v1/chains/{CITY}/stock/csv?facility=custody-sheet");
    let sheet = world.until(&path, |answer| answer.text.lines().count() == 2).await.text;
    assert!(sheet.lines().nth(1).unwrap().starts_with("custody-sheet,apron,s-1,2024-06-30,,20,"), "{sheet}");
}

/// A row that was refused is tried again when its file is sent again, and what was taken is not taken twice.
async fn imported_again(world: &World) {
    let file = "kind,facility,item,lot,quantity,counterparty\n\
        stock_issued,custody-again,apron,g-1,5,ward\n\
        stock_received,custody-again,apron,g-2,9,mill\n";
    let token = world.token(CITY, "airport");
    let send = async || world.post_named(&token, CITY, "stock/csv", ("text/csv", "shelf-of-today"), file).await;
    let first = send().await;
    assert_eq!((&first.json["taken"], &first.json["refused"]), (&json!(1), &json!(1)), "{}", first.text);
    assert_eq!(first.json["results"][0]["problem"]["code"], "UNKNOWN_LOT", "{}", first.text);
    let received = json!({ "kind": "stock_received", "facility": "custody-again", "item": "apron", "lot": "g-1",
        "quantity": 5, "counterparty": "mill" });
    said(world, "airport", "stock", received).await;
    let path = format!("/v1/chains/{CITY}/stock?facility=custody-again&item=apron");
    world.until(&path, |answer| answer.json["stock"].as_array().is_some_and(|lots| lots.len() == 2)).await;
    let again = send().await;
    assert_eq!((&again.json["taken"], &again.json["refused"]), (&json!(2), &json!(0)), "{}", again.text);
    assert_eq!(again.json["results"][1]["event_id"], first.json["results"][1]["event_id"]);
    world.until(&path, |answer| answer.json["stock"][0]["on_hand"] == 0).await;
    let lots = world.get(&path).await;
    assert_eq!((&lots.json["stock"][1]["on_hand"], &lots.json["stock"][1]["lot"]), (&json!(9), &json!("g-2")));
}
