//! What a newcomer can try once the play has ended, ready to copy.

use std::path::Path;

use anyhow::Context;
use bus::server::NatsServer;

use super::cast::{self, Cast};
use super::player::{Played, Player};

/// The text.
pub fn text(
    player: &Player<'_>,
    cast: &Cast,
    played: &Played,
    nats: &NatsServer,
    dir: &Path,
) -> anyhow::Result<String> {
    let lukou = played.named.get("lukou").context("the play has no urgent report")?;
    let city = player.scenario.daily.cities.iter().find(|city| city.chain == lukou.chain).context("no such city")?;
    let (base, chain, member, region) = (&player.caller.base, &city.chain, &city.author, &city.region);
    let path = domain::chain::ChainPath::parse(chain).context("no chain path")?;
    let genesis = cast::genesis_file(dir, &path);
    let keys = dir.join("keys").join(chain).join(format!("{member}.toml"));
    let nation = dir.join("nation.toml");
    let tocsin = std::env::current_exe().map_or_else(|_| "tocsin".to_owned(), |path| path.display().to_string());
    let chains: Vec<_> = cast.keys().map(ToString::to_string).collect();
    Ok(format!(
        r#"
The house stays up; scenario time now runs as fast as the wall clock. Ctrl-C ends it.

page       {base}/
API        {base}/docs/   {base}/v1/openapi.json   {base}/v1/asyncapi.json
NATS       {listener}   (read-only: the alert feed and nothing else)
data       {dir}
chains     {chains}
keys       {dir}/keys/<chain>/<member>.toml

1. Report something urgent as {member} (it rings every feed, marked provisional):
   TOKEN=$({tocsin} token --keys {keys} --genesis {genesis})
   curl -s {base}/v1/chains/{chain}/reports -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
     -d '{{"kind":"suspected_cluster","disease":{{"code":"X-EXERCISE","name":"Exercise"}},"region":"{region}","facility":"exercise-school","positives":3,"summary":"Three positives in one class.","lane":"urgent"}}'
2. Watch it go from receipt to final:
   curl -s {base}/v1/chains/{chain}/events/EVENT_ID
3. Hear the alerts (in another shell, before reporting):
   {tocsin} subscribe --nats '{listener}' --chain cn --level yellow
4. Take its proof and check it offline, then change a byte and see it fail:
   curl -s {base}/v1/chains/{chain}/events/{lukou}/proof -o report.proof
   {tocsin} verify report.proof --genesis {nation}
   sed '3s/./X/' report.proof > forged.proof; {tocsin} verify forged.proof --genesis {nation}
"#,
        dir = dir.display(),
        listener = nats.listener_url(),
        chains = chains.join(" "),
        keys = keys.display(),
        genesis = genesis.display(),
        nation = nation.display(),
        lukou = lukou.id,
    ))
}
