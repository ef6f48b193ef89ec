//! The load's events: case reports of exactly 600 signed bytes, in turn by eight authors, signed before anything is
//! timed. Most of their bytes are signatures, digests and names that never repeat, so that they shrink no more on disk
//! than real ones.

use std::sync::Arc;

use anyhow::{Context, ensure};
use domain::chain::Lane;
use domain::event::{
    AgeBand, CaseReport, Classification, Disease, EXERCISE_DISEASE, Event, Fact, Origin, SealedRef, SecurityLevel, Sex,
};
use domain::genesis::KeyClass;
use domain::time::Millis;
use host::keys::KeyRing;
use host::standing::Roster;
use proof::digest::Digest;
use proof::sign::{Domain, ENVELOPE_OVERHEAD, SecretKey, Signed};

use super::town::{AUTHORS, Client, REGION};

/// Bytes of one signed event.
pub const EVENT_BYTES: usize = 600;

/// References to sealed material in each event: with them it is near its length, and names fill the rest.
const SEALED: usize = 5;

/// Makes signed events without end, all different.
pub struct Author {
    secrets: Vec<SecretKey>,
    chain: Digest,
    now: Millis,
    made: u64,
    /// Length of each reference's vault name.
    vaults: [usize; SEALED],
}

impl Author {
    /// The chain's authors; `first` numbers the events, so that two calls make different ones.
    pub fn new(client: &Client, first: u64) -> anyhow::Result<Self> {
        let secrets = client
            .keys
            .iter()
            .take(AUTHORS)
            .map(|ring| ring.secret(KeyClass::Author).context("an author without a key"))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let now = client.node.clock.now();
        let mut author = Author { secrets, chain: client.genesis.chain_id, now, made: first, vaults: [1; SEALED] };
        let mut lacking = EVENT_BYTES.checked_sub(author.length()?).context("an event is too long")?;
        for vault in &mut author.vaults {
            let more = lacking.min(domain::chain::MAX_NAME_BYTES - *vault);
            *vault += more;
            lacking -= more;
        }
        ensure!(author.length()? == EVENT_BYTES, "an event can't be made {EVENT_BYTES} bytes long");
        Ok(author)
    }

    /// From now on each author signs with the key that it would take by this roster: keys change while a load runs.
    pub fn renew(&mut self, client: &Client, roster: &Roster) -> anyhow::Result<()> {
        let active = |ring: &Arc<KeyRing>| ring.active(KeyClass::Author, roster).context("an author without a key");
        self.secrets = client.keys.iter().take(AUTHORS).map(active).collect::<anyhow::Result<_>>()?;
        Ok(())
    }

    fn length(&self) -> anyhow::Result<usize> {
        let secret = self.secrets.first().context("no author")?;
        Ok(ENVELOPE_OVERHEAD + wire::event::encode(&self.event(secret, self.made)).len())
    }

    fn event(&self, secret: &SecretKey, number: u64) -> Event {
        let sealed = self.vaults.iter().zip(0_u8..).map(|(vault, place)| {
            let ciphertext = Digest::of_parts(&[&number.to_be_bytes(), &[place]]);
            // Another name in each: one that repeats would shrink on disk to nothing.
            let vault = Digest::of(ciphertext.as_bytes()).to_string().chars().take(*vault).collect();
            SealedRef { ciphertext, vault, length: 1 << 16 }
        });
        Event {
            author: secret.public(),
            lane: Lane::Normal,
            nonce: u128::from(number).to_be_bytes(),
            occurred_at: self.now,
            created_at: self.now,
            valid_until: Millis(0),
            region: REGION.to_owned(),
            security: SecurityLevel::Members,
            response: None,
            fact: Fact::CaseReport(CaseReport {
                disease: Disease { code: EXERCISE_DISEASE.to_owned(), name: "Exercise".to_owned() },
                classification: Classification::Confirmed,
                onset_date: None,
                report_date: self.now.date(),
                facility: "bench-hospital".to_owned(),
                age_band: AgeBand::From18To39,
                sex: Sex::Female,
                origin: Origin::Local,
            }),
            sealed: sealed.collect(),
            causes: Vec::new(),
            expect: Vec::new(),
        }
    }
}

impl Iterator for Author {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let number = self.made;
        self.made += 1;
        let secret = self.secrets.get(usize::try_from(number).ok()? % self.secrets.len())?;
        let body = wire::event::encode(&self.event(secret, number));
        Some(Signed::seal(secret, Domain::Event, &self.chain, body).to_bytes())
    }
}
