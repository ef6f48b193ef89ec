//! Masks from hand to hand: the requests of deeds with goods, and what must be so of them.

use anyhow::{Context, ensure};
use proof::digest::Digest;
use serde_json::{Value, json};

use crate::play::Goods;
use crate::stage::Stage;

/// The one item of a play, in one lot wherever it is.
const ITEM: &str = "mask";
const LOT: &str = "gift-lot";

impl Goods {
    /// The route it is posted to.
    pub fn route(&self) -> &'static str {
        match self {
            Goods::SpeaksFor { .. } => "medical-resources",
            Goods::Pledges { .. } => "donations",
            Goods::Receives { .. } | Goods::Uses { .. } => "stock",
            Goods::Hands { .. } | Goods::TakesOver { .. } => "hand-overs",
            Goods::AsksFor { .. } | Goods::Promises { .. } => "requests",
        }
    }
}

impl Stage<'_> {
    /// What is posted of a deed with goods.
    pub fn goods(&self, goods: &Goods) -> anyhow::Result<Value> {
        let id = |name: &String| self.event(name).map(|event| event.id.clone());
        Ok(match goods {
            Goods::SpeaksFor { place } => {
                json!({ "kind": "facility_profile", "facility": place, "facility_kind": "tertiary-hospital", "title": place })
            }
            Goods::Pledges { units } => {
                json!({ "kind": "pledge", "item": ITEM, "quantity": units, "donor": Digest::of(b"code").to_string(),
                        "purpose": "help" })
            }
            Goods::Receives { units, gift, at } => {
                json!({ "kind": "stock_received", "facility": at, "item": ITEM, "lot": LOT, "quantity": units,
                        "counterparty": "donors", "donation": id(gift)? })
            }
            Goods::Hands { units, from, to, promise } => {
                json!({ "kind": "hand_over", "from": from, "to": to, "item": ITEM, "lot": LOT, "quantity": units,
                        "condition": "good", "commit": promise.as_ref().map(id).transpose()? })
            }
            Goods::TakesOver { units, delivery } => {
                json!({ "kind": "take_over", "hand_over": id(delivery)?, "item": ITEM, "lot": LOT, "quantity": units,
                        "condition": "good" })
            }
            Goods::Uses { units, at } => {
                json!({ "kind": "stock_issued", "facility": at, "item": ITEM, "lot": LOT, "quantity": units,
                        "counterparty": "bedside" })
            }
            Goods::AsksFor { units, at } => {
                let by = self.clock.now().date().to_string();
                json!({ "kind": "resource_request", "facility": at, "item": ITEM, "quantity": units, "needed_by": by,
                        "reason": "none-left" })
            }
            Goods::Promises { units, from, request } => {
                json!({ "kind": "commit", "request": id(request)?, "from": from, "lot": LOT, "quantity": units })
            }
        })
    }

    /// Whether an alert says that masks lie idle at a store while somebody is short of them.
    pub async fn idle(&self, chain: &str, at: &str, short: Option<&String>) -> anyhow::Result<()> {
        let said = async || -> anyhow::Result<Vec<String>> {
            let alerts = self.alerts(chain).await?;
            let idle = alerts.iter().filter(|alert| alert["kind"] == "idle-stock");
            Ok(idle.filter_map(|alert| alert["headline"].as_str().map(str::to_owned)).collect())
        };
        let names = |headline: &str, place: &str| headline.contains(&format!(" {place} "));
        let Some(short) = short else {
            let said = said().await?;
            ensure!(!said.iter().any(|headline| names(headline, at)), "it knows: {said:?}");
            return Ok(());
        };
        self.until("no alert names both", async || {
            Ok(said().await?.iter().any(|headline| names(headline, at) && names(headline, short)))
        })
        .await
    }

    /// The sums of a gift: received, used and in transit as said, and all of it somewhere.
    pub async fn closes(&self, on: &str, wanted: [u64; 3]) -> anyhow::Result<()> {
        let gift = self.event(on)?;
        let route = format!("/v1/chains/{}/donations", gift.chain);
        self.comes(Some((wanted, true)), async || {
            let page = self.get(&route).await?.unwrap_or_default();
            let rows = page["donations"].as_array().cloned().unwrap_or_default();
            let Some(row) = rows.into_iter().find(|row| row["event_id"] == gift.id) else { return Ok(None) };
            let number = |field: &str| row[field].as_u64().with_context(|| format!("no {field}"));
            let out = ["held", "in_transit", "disputed", "used", "wasted", "missing", "lost", "spent"];
            let out = out.into_iter().map(number).sum::<anyhow::Result<u64>>()?;
            let all = out == number("received")? + number("found")?;
            Ok(Some(([number("received")?, number("used")?, number("in_transit")?], all)))
        })
        .await
    }
}
