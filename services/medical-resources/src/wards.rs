//! What the member's other services ask: which beds stand where, and where facilities are. The read model's own records, as
//! REST shows them; whoever needs a proof has the event of each.

use std::collections::BTreeSet;

use domain::facility::profile::ProfileRecord;
use domain::medical_resources::BedsRecord;
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use host::area;
use host::node::Node;
use host::projection::{At, Projection as _};
use host::rest::asked::fits;
use wire::area::{MAX_PLACES, MAX_WARDS, Ward, WardPlace, Wards, WardsAnswer};

use crate::Desk;
use crate::model::Resources;

/// Answers until the node stops.
pub(crate) async fn serve(node: &Node, desk: Desk) -> anyhow::Result<()> {
    let answer = move |asked| {
        let desk = desk.clone();
        async move { wards(&desk, asked).await }
    };
    Ok(area::serve(node, answer).await?)
}

/// What stands, by fresh and stale counts, and the places of facilities.
pub(crate) async fn wards(desk: &Desk, asked: Wards) -> Result<WardsAnswer, Refusal> {
    let now = asked.as_of.unwrap_or(desk.now());
    let found = desk.ask(move |resources| there(resources, &asked, now)).await;
    let (_, answer) = found.map_err(|problem| Refusal::new(Code::Overloaded, problem.to_string()))?;
    let many = |what, most| Refusal::of(Code::Limit, what, format!("more than {most}; ask by facility or region"));
    if answer.wards.len() > MAX_WARDS {
        return Err(many("wards", MAX_WARDS));
    }
    if answer.places.len() > MAX_PLACES {
        return Err(many("places", MAX_PLACES));
    }
    Ok(answer)
}

/// All that fits, and one more than is answered where there is more.
fn there(resources: &Resources, asked: &Wards, now: Millis) -> anyhow::Result<WardsAnswer> {
    let then = asked.as_of;
    let designated = asked.disease.as_ref().map(|disease| resources.designated(disease, then)).transpose()?;
    let wanted = |facility: &String, region: &String| {
        fits(asked.facility.as_ref(), facility)
            && fits(asked.region.as_ref(), region)
            && designated.as_ref().is_none_or(|designated: &BTreeSet<_>| designated.contains(facility))
    };
    let (mut wards, mut places) = (Vec::new(), Vec::new());
    for found in resources.all::<BedsRecord>(b"beds/", b"", then) {
        let beds = found?.record;
        if wards.len() <= MAX_WARDS && wanted(&beds.facility, &beds.region) {
            wards.push(ward(beds, now));
        }
    }
    for found in resources.all::<ProfileRecord>(b"profile/", b"", then) {
        let profile = found?.record;
        let Some((latitude_e6, longitude_e6)) = profile.place else { continue };
        if places.len() <= MAX_PLACES && wanted(&profile.facility, &profile.region) {
            places.push(WardPlace { facility: profile.facility, latitude_e6, longitude_e6, event: profile.event });
        }
    }
    let At { height, chain_time } = resources.at();
    Ok(WardsAnswer { height, chain_time, as_of: now, wards, places })
}

fn ward(beds: BedsRecord, now: Millis) -> Ward {
    Ward {
        stale: beds.is_stale(now),
        facility: beds.facility,
        region: beds.region,
        resource: beds.resource,
        staffed: beds.staffed,
        occupied: beds.occupied,
        reserved: beds.reserved,
        event: beds.event,
    }
}

#[cfg(test)]
mod tests;
