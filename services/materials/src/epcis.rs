//! Movements of goods as events of GS1 EPCIS 2.0 in JSON-LD (GS1 EPCIS Standard 2.0 and Core Business Vocabulary 2.0, 2022).
//!
//! Lots are classes with quantities: an item with a GTIN is named by its GS1 Digital Link, any other and every place by a
//! URN of the chain. What goes from hand to hand is shipped and received under one dispatch advice, the hand-over's event;
//! a promise is a transaction with its request. Money, definitions, pledges, requests and settlements move no goods and have
//! no event. Units are pieces unless an item says otherwise, and EPCIS asks for codes of UN/CEFACT, which units here are
//! not; so quantities go without a unit.

use anyhow::Context as _;
use domain::event::{Commit, EventId, Fact};
use domain::materials::MONEY;
use host::projection::Projection as _;
use serde_json::{Map, Value, json};

use crate::model::{Moved, Stock};

/// The document of a page of movements, created when the last final block was sealed, so that the same page is the same
/// document for everybody.
pub(crate) fn document(stock: &Stock, chain: &str, moves: &[(u64, Moved)]) -> anyhow::Result<Value> {
    let page = Page { stock, chain };
    let events = moves.iter().map(|(_, moved)| page.event(moved)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(json!({
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": stock.at().chain_time.to_string(),
        "epcisBody": { "eventList": events.into_iter().flatten().collect::<Value>() },
    }))
}

struct Page<'a> {
    stock: &'a Stock,
    chain: &'a str,
}

/// What an event says beside who, when and which.
struct Step {
    kind: &'static str,
    action: &'static str,
    step: &'static str,
    disposition: Option<&'static str>,
}

const fn object(action: &'static str, step: &'static str, disposition: Option<&'static str>) -> Step {
    Step { kind: "ObjectEvent", action, step, disposition }
}

impl Page<'_> {
    fn event(&self, moved: &Moved) -> anyhow::Result<Option<Value>> {
        let event = wire::event::decode(&moved.body)?;
        let id = &moved.event;
        let Some((step, mut fields)) = self.step(id, &event.fact)? else { return Ok(None) };
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("type", step.kind.into());
        put("eventID", self.event_uri(id).into());
        put("eventTime", event.occurred_at.to_string().into());
        put("recordTime", moved.at.to_string().into());
        put("eventTimeZoneOffset", "+00:00".into());
        put("action", step.action.into());
        put("bizStep", step.step.into());
        if let Some(disposition) = step.disposition {
            put("disposition", disposition.into());
        }
        Ok(Some(Value::Object(fields)))
    }

    fn step(&self, id: &EventId, fact: &Fact) -> anyhow::Result<Option<(Step, Map<String, Value>)>> {
        Ok(Some(match fact {
            Fact::StockReceived(stock) if stock.item != MONEY => {
                let fields = self.at(&stock.facility, &stock.item, &stock.lot, stock.quantity)?;
                (object("OBSERVE", "receiving", Some("in_progress")), fields)
            }
            Fact::StockIssued(stock) if stock.item != MONEY => {
                let fields = self.at(&stock.facility, &stock.item, &stock.lot, stock.quantity)?;
                (object("OBSERVE", "dispensing", Some("dispensed")), fields)
            }
            Fact::StockCounted(count) if count.item != MONEY => {
                let fields = self.at(&count.facility, &count.item, &count.lot, count.counted)?;
                (object("OBSERVE", "stock_taking", None), fields)
            }
            Fact::StockWasted(waste) if waste.item != MONEY => {
                let fields = self.at(&waste.facility, &waste.item, &waste.lot, waste.quantity)?;
                (object("DELETE", "destroying", Some("destroyed")), fields)
            }
            Fact::Purchase(bought) => {
                let mut fields = self.at(&bought.facility, &bought.item, &bought.lot, bought.quantity)?;
                fields.insert("bizTransactionList".into(), self.transaction("inv", id));
                (object("OBSERVE", "receiving", Some("in_progress")), fields)
            }
            Fact::HandOver(given) if given.item != MONEY => {
                let mut fields = self.at(&given.from, &given.item, &given.lot, given.quantity)?;
                fields.insert("bizTransactionList".into(), self.transaction("desadv", id));
                self.ends(&mut fields, &given.from, &given.to);
                (object("OBSERVE", "shipping", Some("in_transit")), fields)
            }
            Fact::TakeOver(taken) if taken.item != MONEY => {
                let found = self.stock.hand_over(&taken.hand_over)?.context("a hand-over taken over is not there")?.0;
                let mut fields = self.at(&found.to, &taken.item, &taken.lot, taken.quantity)?;
                fields.insert("bizTransactionList".into(), self.transaction("desadv", &taken.hand_over));
                self.ends(&mut fields, &found.from, &found.to);
                let state = if taken.condition == "damaged" { "damaged" } else { "in_progress" };
                (object("OBSERVE", "receiving", Some(state)), fields)
            }
            Fact::Commit(promise) | Fact::Requisition(promise) => return self.promise(id, promise),
            Fact::Release(release) => {
                let found = self.stock.commit(&release.commit)?.context("a promise released is not there")?;
                let mut fields = Map::new();
                fields.insert("bizTransactionList".into(), self.transaction("po", &found.request));
                fields.insert("readPoint".into(), self.place(&found.from));
                let step = Step { kind: "TransactionEvent", ..object("DELETE", "reserving", None) };
                return Ok((found.item != MONEY).then_some((step, fields)));
            }
            _ => return Ok(None),
        }))
    }

    fn promise(&self, id: &EventId, promise: &Commit) -> anyhow::Result<Option<(Step, Map<String, Value>)>> {
        let found = self.stock.commit(id)?.context("a promise is not there")?;
        if found.item == MONEY {
            return Ok(None);
        }
        let mut fields = self.at(&promise.from, &found.item, &promise.lot, promise.quantity)?;
        fields.insert("bizTransactionList".into(), self.transaction("po", &promise.request));
        let step = Step { kind: "TransactionEvent", ..object("ADD", "reserving", Some("reserved")) };
        Ok(Some((step, fields)))
    }

    /// What and where.
    fn at(&self, facility: &str, item: &str, lot: &str, quantity: u64) -> anyhow::Result<Map<String, Value>> {
        let mut fields = Map::new();
        let class = self.class(item, lot)?;
        fields.insert("quantityList".into(), json!([{ "epcClass": class, "quantity": quantity }]));
        fields.insert("readPoint".into(), self.place(facility));
        fields.insert("bizLocation".into(), self.place(facility));
        Ok(fields)
    }

    fn ends(&self, fields: &mut Map<String, Value>, from: &str, to: &str) {
        let (from, to) = (self.place_uri(from), self.place_uri(to));
        fields.insert("sourceList".into(), json!([{ "type": "location", "source": from }]));
        fields.insert("destinationList".into(), json!([{ "type": "location", "destination": to }]));
        // A lorry is no place of business: only the ends are.
        fields.remove("bizLocation");
    }

    fn class(&self, item: &str, lot: &str) -> anyhow::Result<String> {
        let gtin = self.stock.item(item)?.map(|known| known.gtin).filter(|gtin| !gtin.is_empty());
        Ok(match gtin {
            Some(gtin) => format!("https://id.gs1.org/01/{gtin}/10/{lot}"),
            None => format!("urn:tocsin:{}:item:{item}:lot:{lot}", self.chain),
        })
    }

    fn transaction(&self, kind: &str, id: &EventId) -> Value {
        json!([{ "type": kind, "bizTransaction": self.event_uri(id) }])
    }

    fn place(&self, facility: &str) -> Value {
        json!({ "id": self.place_uri(facility) })
    }

    fn place_uri(&self, facility: &str) -> String {
        format!("urn:tocsin:{}:facility:{facility}", self.chain)
    }

    fn event_uri(&self, id: &EventId) -> String {
        format!("urn:tocsin:{}:event:{id}", self.chain)
    }
}

#[cfg(test)]
mod tests;
