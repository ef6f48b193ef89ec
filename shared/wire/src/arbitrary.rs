//! Arbitrary events for property tests, and one exemplary event of each kind for golden files.

mod example;
mod fact;
mod governance;
mod materials;
mod medical_resources;
mod outlook;

use domain::chain::Lane;
use domain::event::*;
use domain::record::Kind;
use domain::time::{Date, Millis};
use proof::digest::Digest;
use proof::sign::PublicKey;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) use example::example;

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

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let sealed =
        (digest(), name(), number()).prop_map(|(ciphertext, vault, length)| SealedRef { ciphertext, vault, length });
    let expect = (text(), number()).prop_map(|(key, version)| Expect { key, version });
    let security = select(&[SecurityLevel::Public, SecurityLevel::Members, SecurityLevel::Restricted][..]);
    (
        (any::<[u8; 32]>(), select(&Lane::ALL[..]), any::<[u8; 16]>(), [number(), number(), number()], name()),
        (security, proptest::option::of(select(&AlertLevel::ALL[..]))),
        select(&Kind::ALL[..]).prop_flat_map(fact::fact),
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
