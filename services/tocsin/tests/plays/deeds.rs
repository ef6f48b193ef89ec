//! What members do: the request of each deed, through the door its people would use, until all ledgers know of it.

use anyhow::{Context, bail, ensure};
use domain::chain::ChainPath;
use domain::event::Choice;
use domain::genesis::KeyClass;
use domain::record::Kind;
use host::front;
use proof::digest::Digest;
use serde_json::{Value, json};
use tocsin::demo::cast;
use wire::json::Defaults;

use crate::play::{Act, Deed, Step};
use crate::stage::{Happened, Stage, path};

impl Stage<'_> {
    /// Does it, and holds the answer against the refusal that the play expects, or expects not.
    pub async fn act(&mut self, act: &Act) -> anyhow::Result<()> {
        let seat = self.seat(&act.who)?.clone();
        let route = match &act.deed {
            Deed::Ballot { on, .. } => format!("events/{}/ballots", self.event(on)?.id),
            Deed::Directive { .. } => "directives".to_owned(),
            Deed::Cluster { .. } | Deed::Figures { .. } => "reports".to_owned(),
            Deed::Proposal(_) => "proposals".to_owned(),
            Deed::Correction { .. } => "corrections".to_owned(),
            Deed::Goods(goods) => goods.route().to_owned(),
        };
        let request = self.request(&seat.chain, &act.deed)?.to_string().into_bytes();
        let answer = self.post(&seat.chain, &seat.member.id, &route, "application/json", request).await?;
        let code = match answer["problem"]["code"].as_str() {
            Some(code) => Some(code.to_owned()),
            None => self.settled(&seat.chain, answer["event_id"].as_str().context("no event id")?).await?,
        };
        match (act.refused, code) {
            (Some(expected), Some(code)) => ensure!(expected.text() == code, "it is refused with {code}: {answer}"),
            (Some(_), None) => bail!("it is taken"),
            (None, Some(code)) => bail!("it is refused with {code}: {answer}"),
            (None, None) => {
                let id = answer["event_id"].as_str().context("no event id")?.to_owned();
                let happened = Happened { chain: seat.chain, id, number: self.number };
                self.events.extend(act.called.clone().map(|name| (name, happened)));
            }
        }
        Ok(())
    }

    /// Waits until the event is final and executed by every ledger; the code it was refused with, if it was.
    async fn settled(&self, chain: &str, id: &str) -> anyhow::Result<Option<String>> {
        let route = format!("/v1/chains/{chain}/events/{id}");
        let seen = std::cell::RefCell::new(Value::Null);
        let ended = self.until("it does not become final", async || {
            let view = self.get(&route).await?.unwrap_or_default();
            *seen.borrow_mut() = view.clone();
            // The outbox may know that it is final before the ledger asked has the block.
            Ok(view["state"] == "rejected" || (view["state"] == "final" && !view["height"].is_null()))
        });
        ended.await.with_context(|| format!("last seen: {}", seen.borrow()))?;
        let seen = seen.into_inner();
        if seen["state"] == "rejected" {
            return Ok(Some(seen["code"].as_str().unwrap_or("no code").to_owned()));
        }
        self.executed(chain, seen["height"].as_u64().context("no height")?).await?;
        Ok(None)
    }

    /// Something neither judged nor counted, which a managing member has kept on the log.
    pub async fn bulletin(&self, chain: &ChainPath, manager: &str, number: u64) -> anyhow::Result<()> {
        let said = format!("{}, bulletin {number}", self.clock.now());
        let digest = Digest::of(said.as_bytes()).to_string();
        let request = json!({ "digest": digest, "source": "bulletin", "title": "The bulletin of the hour" });
        let signed = self.sign(chain.as_str(), manager, Kind::Deposit, &request)?;
        let answer = self.post(chain.as_str(), manager, "events", "application/octet-stream", signed).await?;
        let id = answer["event_id"].as_str().with_context(|| format!("a bulletin is refused: {answer}"))?;
        ensure!(self.settled(chain.as_str(), id).await?.is_none(), "a bulletin is refused");
        Ok(())
    }

    fn sign(&self, chain: &str, id: &str, kind: Kind, request: &Value) -> anyhow::Result<Vec<u8>> {
        let genesis = &self.cast.get(&path(chain)?).context("no such chain")?.genesis;
        let secret = self.keys(chain, id)?.secret(KeyClass::Author).context("no author key")?;
        let region = genesis.regions.first().map(String::as_str).unwrap_or_default();
        let now = self.clock.now();
        let draft = wire::json::fact_from(kind.name(), request, &Defaults { now, region })?;
        Ok(front::seal(&secret, &genesis.chain_id, &draft.into_event(secret.public(), front::nonce()?, now))?)
    }

    /// What is sent to do it.
    fn request(&self, chain: &str, deed: &Deed) -> anyhow::Result<Value> {
        let (code, name) = &self.play.disease;
        let disease = json!({ "code": code, "name": name });
        let at = self.play.chains.iter().find(|known| known.path == chain).context("no such chain")?;
        let region = at.regions.first().context("a chain without regions")?;
        Ok(match deed {
            Deed::Cluster { urgent, positives, place } => {
                json!({ "kind": "suspected_cluster", "lane": if *urgent { "urgent" } else { "normal" },
                        "disease": disease, "region": region, "facility": place, "positives": positives,
                        "summary": format!("{positives} positives at {place}.") })
            }
            Deed::Figures { confirmed, day } => {
                json!({ "kind": "daily_aggregate", "disease": disease, "region": region, "origin": "local",
                        "report_date": day.to_string(), "counts": { "confirmed": confirmed } })
            }
            Deed::Directive { headline } => {
                json!({ "level": "orange", "headline": headline, "instruction": format!("{headline}.") })
            }
            Deed::Ballot { choice, reason, .. } => {
                // The endorsements of people say what was looked at; a play need not.
                let reason = if reason.is_empty() && *choice != Choice::Veto { "seen-and-checked" } else { reason };
                json!({ "choice": choice.name(), "reason": reason })
            }
            Deed::Correction { on, confirmed, statement } => {
                let counts = confirmed.map(|confirmed| json!({ "confirmed": confirmed }));
                let subject = &self.event(on)?.id;
                json!({ "subject": subject, "counts": counts, "statement": statement })
            }
            Deed::Goods(goods) => self.goods(goods)?,
            Deed::Proposal(steps) => {
                let actions = steps.iter().map(|step| self.action(step)).collect::<anyhow::Result<Vec<_>>>()?;
                json!({ "actions": actions, "reason": "As the members discussed." })
            }
        })
    }

    fn action(&self, step: &Step) -> anyhow::Result<Value> {
        let id = |who: &String| self.seat(who).map(|seat| seat.member.id.clone());
        Ok(match step {
            Step::Join(who) => {
                let seat = self.seat(who)?;
                let member = cast::engage(&seat.member, self.keys(&seat.chain, &seat.member.id)?)?;
                let keys = member.keys.iter().map(|(class, keys)| {
                    let keys = keys.iter().map(|key| Value::from(key.to_string()));
                    (class.name().to_owned(), Value::from_iter(keys))
                });
                json!({ "action": "admit", "member": member.id, "name": member.name, "roles": member.roles,
                        "node_role": member.node_role.name(), "sector": member.sector, "regions": member.regions,
                        "cosigner": member.cosigner, "keys": Value::Object(keys.collect()) })
            }
            Step::Leave(who) => json!({ "action": "expel", "member": id(who)? }),
            Step::Phase { phase, led_by } => {
                let dominant = led_by.as_ref().map(id).transpose()?;
                json!({ "action": "set_phase", "phase": phase.name(), "dominant": dominant })
            }
            Step::Policy { class, rule, deadline_ms } => {
                json!({ "action": "set_policy", "class": class, "rule": rule, "deadline_ms": deadline_ms })
            }
            Step::Designated { place } => {
                json!({ "action": "designate", "facility": place, "disease": self.play.disease.0, "designated": true })
            }
            Step::Refute { on, reason } => {
                json!({ "action": "refute", "event": self.event(on)?.id, "reason": reason })
            }
        })
    }
}
