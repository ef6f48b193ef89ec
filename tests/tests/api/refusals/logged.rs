//! Refused where no REST route leads: junk in the intake streams (a leaf of the log), false anchors (at the parent's
//! admission, over NATS), and a genesis nobody must start from.

use bus::Publish;
use domain::chain::Lane;
use domain::genesis::KeyClass;
use proof::digest::Digest;
use proof::sign::{Domain, Signed};
use wire::bundle::Bundle;

use super::Seen;
use crate::signed;
use crate::world::{CITY, PROVINCE, World, path};

/// Puts a message into an intake stream of the city, past every admission node; its leaf.
async fn intake(world: &World, lane: Lane, message: Vec<u8>) -> Seen {
    let id = Digest::of(&message).to_string();
    let subject = wire::subject::intake(lane, &path(CITY));
    world.bus.publish(&subject, message.into(), Publish::default()).await.unwrap();
    Seen::Leaf(world.in_log(CITY, |entry| entry["event_id"] == *id).await)
}

pub async fn bad_bundle(world: &World) -> Seen {
    intake(world, Lane::High, vec![7; 50]).await
}

/// A good bundle of an endorsement node, in the lane beside the one it names.
pub async fn lane_mismatch(world: &World) -> Seen {
    let events = vec![signed::good(world, "airport")];
    let bundle = Bundle { lane: Lane::Normal, number: 1 << 40, admitted_at: world.clock.now(), events };
    let endorser = &world.secret(CITY, "cdc", KeyClass::Endorser);
    let body = wire::bundle::encode(bundle);
    let signed = Signed::seal(endorser, Domain::Bundle, &world.genesis(CITY).chain_id, body);
    intake(world, Lane::Urgent, signed.to_bytes()).await
}

/// Larger than any log this house will have.
const FAR: u64 = 1 << 40;

pub async fn anchor_quorum(world: &World) -> Seen {
    let too_few = world.genesis(CITY).quorum() - 1;
    Seen::Signed(signed::anchor(world, CITY, &signed::vouched(world, FAR, too_few), Vec::new()).await)
}

/// Enough of the city's cosigners vouch, but for a log that does not continue the one anchored before.
pub async fn anchor_fork(world: &World) -> Seen {
    let q = world.genesis(CITY).quorum();
    let nothing = vec![Digest::of(b"no node of that log")];
    Seen::Signed(signed::anchor(world, CITY, &signed::vouched(world, FAR, q), nothing).await)
}

pub async fn anchor_old(world: &World) -> Seen {
    // The city's own relay comes first, with a log of more than one leaf.
    world.in_log(PROVINCE, |entry| entry["event"]["kind"] == "anchor" && entry["code"] == "OK").await;
    let q = world.genesis(CITY).quorum();
    Seen::Signed(signed::anchor(world, CITY, &signed::vouched(world, 1, q), Vec::new()).await)
}

pub async fn unknown_child(world: &World) -> Seen {
    // As an appeal too: the parent logs nothing of a chain it does not know.
    let appeal = signed::admit(world, PROVINCE, "province-cdc", "cn.32.77", signed::good(world, "airport")).await;
    assert_eq!(appeal.code, domain::refusal::Code::UnknownChild);
    let q = world.genesis(CITY).quorum();
    Seen::Signed(signed::anchor(world, "cn.32.77", &signed::vouched(world, FAR, q), Vec::new()).await)
}

pub async fn config(world: &World) -> Seen {
    let text = wire::genesis::render(world.genesis(CITY));
    assert!(wire::genesis::parse(text.as_bytes()).is_ok());
    let policy = text.replacen("n_of(1,", "n_of(9,", 1);
    assert_eq!(wire::genesis::parse(policy.as_bytes()).unwrap_err().code, domain::refusal::Code::Config);
    Seen::Start(wire::genesis::parse(format!("surprise = 1\n{text}").as_bytes()).unwrap_err())
}
