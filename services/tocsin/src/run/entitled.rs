//! Whether a member may run a service, by who takes part in the chain now. The genesis can't tell: members come and go,
//! and change their roles.

use domain::genesis::KeyClass;
use domain::refusal::{Code, Refusal};
use host::standing::Roster;

use super::Service;
use super::prepare::{Prepared, needs};

/// What others would ignore must not look as if it ran.
pub(super) fn entitled(service: Service, prepared: &Prepared, roster: &Roster) -> Result<(), Refusal> {
    // A ledger with a store was let in before. Who refused it when no other ledger answers, so that nobody can tell who
    // came after the genesis, might keep a whole chain from starting again.
    if service == Service::Ledger && prepared.config.data.join("ledger").exists() {
        return Ok(());
    }
    let id = &prepared.member;
    let Some(member) = roster.member(id) else {
        return Err(refuse(format!("--member {id} is no member of {} now", roster.chain)));
    };
    let cosigns = member.cosigner || roster.cosigners.iter().any(|(cosigner, _)| cosigner == id);
    let why = match service {
        Service::Endorsement | Service::Ordering if !member.node_role.manages() => "is no management or master member",
        Service::Forecasting if prepared.forecasting.warns && !member.node_role.manages() => {
            let why = "is no management or master member, so its warnings ring nowhere";
            return Err(Refusal::of(Code::Config, "forecasting.warns", format!("forecasting.warns: {id} {why}")));
        }
        Service::Ledger | Service::Credentials if !cosigns => "does not cosign",
        _ => return Ok(()),
    };
    Err(refuse(format!("{id} {why} on {} now and can not run {}", roster.chain, service.name())))
}

/// The classes of keys that the service signs with and of which the chain lets none here count.
pub(super) fn idle(service: Service, prepared: &Prepared, roster: &Roster) -> Vec<KeyClass> {
    let counts = |class: &KeyClass| prepared.keys.active(*class, roster).is_some();
    needs(service).iter().filter(|class| !counts(class)).copied().collect()
}

fn refuse(detail: String) -> Refusal {
    Refusal::of(Code::Config, "member", detail)
}
