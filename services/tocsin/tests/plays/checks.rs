//! What must be so, read where anybody could read it: over REST.

use std::cell::RefCell;
use std::fmt::Debug;

use anyhow::{Context, ensure};
use domain::genesis::KeyClass;
use host::ledger::LedgerClient;
use proof::checkpoint::Certificate;
use proof::sign::Domain;
use serde_json::{Value, json};
use tocsin::verify;

use crate::play::{Check, Seat};
use crate::stage::{Stage, path};

impl Stage<'_> {
    /// Looks until it is so.
    pub async fn check(&self, check: &Check) -> anyhow::Result<()> {
        match check {
            Check::Judged { on, outcome } => {
                let event = self.event(on)?;
                let route = format!("/v1/chains/{}/events/{}/ballots", event.chain, event.id);
                self.comes(Some(outcome.clone()), async || {
                    Ok(self.get(&route).await?.and_then(|view| view["outcome"].as_str().map(str::to_owned)))
                })
                .await
            }
            Check::Heard { chain, on, state } => {
                let event = self.event(on)?;
                self.until_rung(chain, &event.id, state).await
            }
            Check::NeverHeard { chain, on } => self.never_heard(chain, on).await,
            Check::Counts { chain, confirmed } => self.comes(*confirmed, async || self.confirmed(chain).await).await,
            Check::Proof { on, who } => self.proof(on, who).await,
            Check::InPhase { chain, phase, led_by } => {
                let led_by = led_by.as_ref().map(|who| self.seat(who)).transpose()?;
                let expected = json!([phase.name(), led_by.map(|seat| &seat.member.id)]);
                self.comes(expected, async || {
                    let view = self.read(&format!("/v1/chains/{chain}/phase")).await?;
                    Ok(json!([view["phase"], view["dominant"]]))
                })
                .await
            }
            Check::Credits { who, sum, vested } => {
                let seat = self.seat(who)?;
                let route = format!("/v1/chains/{}/credits?member={}", seat.chain, seat.member.id);
                let which = if *vested { "vested" } else { "pending" };
                self.comes(json!(sum), async || Ok(self.read(&route).await?["accounts"][0][which].clone())).await
            }
            Check::Misses { parent, child, silent } => {
                let of_child = async || self.row(&format!("/v1/chains/{parent}/children"), "chain", child).await;
                self.comes(Some(*silent), async || {
                    Ok(of_child().await?.map(|row: Value| !row["silent_since"].is_null()))
                })
                .await
            }
            Check::Idle { chain, at, short } => self.idle(chain, at, short.as_ref()).await,
            Check::Closes { on, received, used, in_transit } => self.closes(on, [*received, *used, *in_transit]).await,
            Check::Asked { chain, on } => {
                let event = self.event(on)?;
                let route = format!("/v1/chains/{chain}/children/{}/escalated", event.chain);
                self.comes(Some(json!("open")), async || {
                    Ok(self.row(&route, "event_id", &event.id).await?.map(|row| row["outcome"].clone()))
                })
                .await
            }
            Check::Cosigns { who } => {
                let seat = self.seat(who)?;
                self.comes("it cosigns".to_owned(), async || self.cosigning(seat).await).await
            }
        }
    }

    /// A read of what is always there.
    async fn read(&self, route: &str) -> anyhow::Result<Value> {
        self.get(route).await?.with_context(|| format!("nothing at {route}"))
    }

    /// The row of a list whose field is that.
    async fn row(&self, route: &str, field: &str, wanted: &str) -> anyhow::Result<Option<Value>> {
        let rows = self.read(route).await?.as_array().cloned().unwrap_or_default();
        Ok(rows.into_iter().find(|row| row[field] == *wanted))
    }

    /// Whether the member is of the set in force, and another's ledger heard it cosign a checkpoint that this set judges.
    async fn cosigning(&self, seat: &Seat) -> anyhow::Result<String> {
        let view = self.read(&format!("/v1/chains/{}/cosigners", seat.chain)).await?;
        let sets = view["sets"].as_array().cloned().unwrap_or_default();
        let in_force = sets.iter().find(|set| set["epoch"] == view["current"]).context("no set in force")?;
        let cosigners = in_force["cosigners"].as_array().cloned().unwrap_or_default();
        if !cosigners.iter().any(|cosigner| cosigner["member"] == seat.member.id) {
            return Ok(format!("it is not of the set in force: {view}"));
        }
        let heard = self.ledger(&seat.chain)?.heard(&seat.member.id).await?;
        let heard = heard.as_deref().and_then(Certificate::parse).map_or(0, |heard| heard.checkpoint.size);
        let from = in_force["from_size"].as_u64().unwrap_or(0);
        Ok(if heard > from { "it cosigns".to_owned() } else { format!("heard at {heard}, in force from {from}") })
    }

    /// A ledger of the chain, for what is no public route: whom it heard.
    fn ledger(&self, chain: &str) -> anyhow::Result<LedgerClient> {
        let chain = path(chain)?;
        let troupe = self.cast.get(&chain).context("no such chain")?;
        let cosigner = troupe.genesis.members.iter().find(|member| member.cosigner).context("no cosigner")?;
        Ok(LedgerClient::of_member_at(&self.bus, &chain, &cosigner.id))
    }

    /// Looks until what is seen is as expected; the error says what was seen last.
    pub async fn comes<T: PartialEq + Debug>(
        &self,
        expected: T,
        look: impl AsyncFn() -> anyhow::Result<T>,
    ) -> anyhow::Result<()> {
        let seen = RefCell::new(None);
        let came = self.until("it is not so", async || {
            let now = look().await?;
            let so = now == expected;
            *seen.borrow_mut() = Some(now);
            Ok(so)
        });
        came.await.with_context(|| format!("seen instead: {:?}", seen.borrow()))
    }

    /// Alerts at a chain, newest first.
    pub async fn alerts(&self, chain: &str) -> anyhow::Result<Vec<Value>> {
        let page = self.get(&format!("/v1/alerts?limit=500&chain={chain}")).await?.unwrap_or_default();
        let alerts = page["alerts"].as_array().cloned().unwrap_or_default();
        Ok(alerts.into_iter().filter(|alert| alert["chain"] == *chain).collect())
    }

    async fn until_rung(&self, chain: &str, id: &str, state: &str) -> anyhow::Result<()> {
        let seen = RefCell::new(Vec::new());
        let rung = self.until("no such alert rings", async || {
            let alerts = self.alerts(chain).await?;
            let of_event = alerts.iter().filter(|alert| alert["event"] == *id);
            *seen.borrow_mut() = of_event.map(|alert| alert["state"].clone()).collect::<Vec<_>>();
            Ok(seen.borrow().iter().any(|rung| rung == state))
        });
        rung.await.with_context(|| format!("rung there: {:?}", seen.borrow()))
    }

    /// That nothing rang says something only if something later did: what rises keeps its order.
    async fn never_heard(&self, chain: &str, on: &str) -> anyhow::Result<()> {
        let event = self.event(on)?;
        let alerts = self.alerts(chain).await?;
        let later = self.events.values().filter(|later| later.chain == event.chain && later.number > event.number);
        let heard = |id: &str| alerts.iter().any(|alert| alert["event"] == *id);
        ensure!(later.clone().any(|later| heard(&later.id)), "{chain} has heard of nothing that came later");
        ensure!(!heard(&event.id), "{chain} has heard of it");
        Ok(())
    }

    async fn confirmed(&self, chain: &str) -> anyhow::Result<u64> {
        let totals = self.get(&format!("/v1/chains/{chain}/totals")).await?.unwrap_or_default();
        let rows = totals["totals"].as_array().cloned().unwrap_or_default();
        let row = rows.iter().find(|row| row["disease"] == self.play.disease.0);
        Ok(row.and_then(|row| row["counts"]["confirmed"].as_u64()).unwrap_or(0))
    }

    /// The proof file of an event up to the topmost chain, by that chain's genesis alone; its first step is what the
    /// author signed.
    async fn proof(&self, on: &str, who: &str) -> anyhow::Result<()> {
        let event = self.event(on)?;
        let route = format!("/v1/chains/{}/events/{}/proof", event.chain, event.id);
        let file = RefCell::new(None);
        self.until("there is no proof file", async || {
            *file.borrow_mut() = self.text(&route).await?;
            Ok(file.borrow().is_some())
        })
        .await?;
        let file = file.into_inner().context("no proof file")?;
        let top = self.cast.keys().next().and_then(|top| self.cast.get(top)).context("no chain")?;
        let verified = verify::verify(&file, &top.genesis)?;
        ensure!(verified.leaf.event.to_string() == event.id, "the proof file is of another event");
        let parsed = proof::proof_file::ProofFile::parse(&file).context("no proof file")?;
        let signed = parsed.steps.first().and_then(|step| proof::sign::Signed::from_bytes(&step.signed));
        let signed = signed.context("a proof file without its event")?;
        let seat = self.seat(who)?;
        let author =
            self.keys(&seat.chain, &seat.member.id)?.secret(KeyClass::Author).context("no author key")?.public();
        ensure!(signed.key == author, "the proof file names the key {}, and {who}'s is {author}", signed.key);
        let chain = self.cast.get(&path(&event.chain)?).context("no such chain")?;
        ensure!(signed.verify(Domain::Event, &chain.genesis.chain_id), "the signature in the proof file does not hold");
        Ok(())
    }
}
