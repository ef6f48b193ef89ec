//! What a newcomer can try once the play has ended, ready to copy.

use std::path::Path;

use anyhow::Context;
use bus::server::NatsServer;
use bus::without_password;

use super::cast::{self, Cast};
use super::player::{Played, Player};

/// How a shell names the server that `NATS_URL` named to us: its passwords are not ours to print.
const THEIRS: &str = "\"$NATS_URL\"";

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
    let ours = nats.pid().is_some();
    let mut gifts = player.scenario.plays.iter().filter_map(|play| Some((&play.chain, play.code.as_ref()?)));
    let (donors, code) = gifts.next().context("nobody gives anything")?;
    let chains: Vec<_> = cast.keys().map(ToString::to_string).collect();
    Ok(format!(
        r#"
The house stays up; scenario time now runs as fast as the wall clock. Ctrl-C ends it.

page       {base}/
API        {base}/docs/   {base}/v1/openapi.json   {base}/v1/asyncapi.json
NATS       {shown}   (read-only: the alert feed and nothing else)
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
   {tocsin} subscribe --nats {listener} --chain cn --level yellow
4. Take its proof and check it offline, then change a byte and see it fail:
   curl -s {base}/v1/chains/{chain}/events/{lukou}/proof -o report.proof
   {tocsin} verify report.proof --genesis {nation}
   sed '3s/./X/' report.proof > forged.proof; {tocsin} verify forged.proof --genesis {nation}
5. Be a donor: fetch the file of your gift by the code you were given, read what became of it, then put a thumb on a sum:
   curl -sf '{base}/v1/chains/{donors}/donations/proof?code={code}' -o gift.proof
   {tocsin} verify gift.proof --genesis {nation}
   sed '3s/ used/0 used/' gift.proof > forged.proof; {tocsin} verify forged.proof --genesis {nation}
6. Ask what an operator should look at, as a service (a listener may not ask):
{doctor}
"#,
        dir = dir.display(),
        shown = if ours { nats.listener_url().to_owned() } else { without_password(nats.url()) },
        listener = if ours { format!("'{}'", nats.listener_url()) } else { THEIRS.to_owned() },
        doctor = doctor(&tocsin, &genesis, nats, dir),
        chains = chains.join(" "),
        keys = keys.display(),
        genesis = genesis.display(),
        nation = nation.display(),
        lukou = lukou.id,
    ))
}

/// The call of the doctor. The services' password is read from its file, since it opens more than a screen should show.
fn doctor(tocsin: &str, genesis: &Path, nats: &NatsServer, dir: &Path) -> String {
    let (genesis, data) = (genesis.display(), dir.display());
    let call = |url: &str| format!("   {tocsin} doctor --genesis {genesis} --nats-url {url} --data {data}");
    if nats.pid().is_none() {
        return call(THEIRS);
    }
    let bare = without_password(nats.url());
    let host = bare.trim_start_matches("nats://");
    format!("   read -r PASSWORD _ < {data}/nats/passwords\n{}", call(&format!("nats://tocsin:$PASSWORD@{host}")))
}

#[cfg(test)]
mod tests {
    use bus::Bus;

    use super::*;

    /// Seen to fail with the listener's address in the call: nothing was answered.
    #[tokio::test]
    async fn doctor_gets_an_address_that_may_ask_and_no_password_on_the_screen() {
        let dir = tempfile::tempdir().unwrap();
        let nats = NatsServer::start(dir.path().join("nats")).await.unwrap();
        let said = doctor("tocsin", Path::new("chain.toml"), &nats, dir.path());
        assert!(!nats.url().split([':', '@']).any(|part| part.len() == 32 && said.contains(part)), "{said}");
        let url = said.split_whitespace().find(|word| word.starts_with("nats://")).unwrap();
        // What the first line reads into the variable.
        assert!(said.contains(&format!("read -r PASSWORD _ < {}/nats/passwords\n", dir.path().display())));
        let kept = std::fs::read_to_string(dir.path().join("nats/passwords")).unwrap();
        let url = url.replace("$PASSWORD", kept.split_whitespace().next().unwrap());
        let bus = Bus::connect(&url, "guide").await.unwrap();
        let chain = domain::chain::ChainPath::parse("cn").unwrap();
        let asked =
            bus.request(&wire::subject::ledger("cdc", &chain), "".into(), std::time::Duration::from_secs(2)).await;
        assert_eq!(asked.unwrap_err().to_string(), "nobody serves this subject", "it may ask");
        nats.stop().await.unwrap();
    }
}
