//! What the donors of the play keep: each fetches the file of his gifts by his code, checks it by the nation's genesis alone, and
//! finds in it what the plain books say.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use domain::event::EventId;
use domain::genesis::Genesis;
use proof::gift::Sums;
use tokio::time::{Instant, sleep};

use super::books::stock::Gift;
use super::player::Player;
use crate::verify::gift;

/// Where the file of the first donor of the play is put, below the directory of the demo.
pub const FILE: &str = "gift.proof";

/// How long the last step of a gift may take to rise to the nation, as for totals.
const RISING: Duration = Duration::from_secs(60);
/// Between two looks at a file that is not complete yet.
const LOOK: Duration = Duration::from_millis(200);

/// Fetches and checks the file of every donor of the play; how many gifts they gave.
pub async fn gather<'b>(
    player: &Player<'_>,
    genesis: &Genesis,
    books: impl Fn(&EventId) -> Option<&'b Gift>,
    dir: &Path,
) -> anyhow::Result<usize> {
    let mut gifts = 0;
    for play in &player.scenario.plays {
        let Some(code) = &play.code else { continue };
        let path = format!("/v1/chains/{}/donations/proof?code={code}", play.chain);
        let file = complete(player, &path, genesis, &books).await?;
        ensure!(!file.text.contains(code.as_str()), "a donor's code is in his file");
        if gifts == 0 {
            std::fs::write(dir.join(FILE), &file.text)?;
        }
        gifts += file.gifts;
    }
    Ok(gifts)
}

/// A file that holds.
struct File {
    text: String,
    gifts: usize,
}

/// The file once all has risen that the books know. That it holds is asked of every one, early or late.
async fn complete<'b>(
    player: &Player<'_>,
    path: &str,
    genesis: &Genesis,
    books: impl Fn(&EventId) -> Option<&'b Gift>,
) -> anyhow::Result<File> {
    let end = Instant::now() + RISING;
    loop {
        let text = match player.caller.text(path).await {
            Ok(text) => text,
            Err(error) if Instant::now() > end => return Err(error.context("a donor gets no file")),
            Err(_) => {
                sleep(LOOK).await;
                continue;
            }
        };
        let checked = gift::verify(&text, genesis).context("the file of a gift does not hold")?;
        let same =
            |given: &domain::materials::gift::Given| books(&given.id).is_some_and(|gift| is_same(gift, &given.sums));
        if checked.gifts().iter().all(same) {
            return Ok(File { gifts: checked.gifts().len(), text });
        }
        if Instant::now() > end {
            bail!("a donor's file and the plain books say different things of his gifts");
        }
        sleep(LOOK).await;
    }
}

/// All but what is held, which is what the others leave: both have been seen to close.
fn is_same(books: &Gift, file: &Sums) -> bool {
    let ours = &books.sums;
    let Sums { pledged, received, found, in_transit, disputed, used, wasted, missing, lost, spent, held: _ } = *file;
    let theirs = [pledged, received, found, in_transit, disputed, used, wasted, missing, lost, spent];
    let said = [books.pledged, ours.received, ours.found, ours.in_transit, ours.disputed, ours.used, ours.wasted];
    let also = [ours.missing, ours.lost, ours.spent];
    said.iter().chain(&also).eq(&theirs)
}
