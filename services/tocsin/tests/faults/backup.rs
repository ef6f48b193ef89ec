//! A ledger's high-water mark: whatever a cosigner loses, forgets or gets back from a backup, it never cosigns two roots of
//! one size. Everything all cosigners ever said on the cosign stream is heard and held together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::{BusError, Publish};
use ordering::tail::Tail;
use proof::block::{Block, Header, LaneRange};
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use tokio::task::JoinHandle;
use wire::cosign::CosignNote;
use wire::subject;

use crate::gathered::check;
use crate::load::Load;
use crate::lost::replace;
use crate::world::{MANAGERS, MEMBERS, World, copy, until};

const SERVICES: [(&str, &str); 3] =
    [("endorsement", MANAGERS[0]), ("ordering", MANAGERS[0]), ("reporting", MANAGERS[0])];
/// The one whose memory is tried.
const VICTIM: &str = MEMBERS[3];
const OTHERS: [&str; 3] = [MEMBERS[0], MEMBERS[1], MEMBERS[2]];
/// After the stream could not be read; the server is away then.
const AGAIN: Duration = Duration::from_millis(50);

/// The roots by size of the log.
type Said = BTreeMap<u64, BTreeSet<Digest>>;

/// Hears every cosignature on the stream, for as long as it lives.
struct Heard {
    said: Arc<Mutex<BTreeMap<String, Said>>>,
    hearing: JoinHandle<()>,
}

impl Heard {
    fn start(world: &World) -> Self {
        let said = Arc::new(Mutex::new(BTreeMap::<String, Said>::new()));
        let (all, bus, genesis) = (Arc::clone(&said), world.bus.clone(), Arc::clone(&world.genesis));
        let hearing = tokio::spawn(async move {
            let stream = subject::cosign_stream(&genesis.chain).name;
            let mut pump = bus.pump(&stream, None, 1);
            loop {
                let messages = match pump.next().await {
                    Ok(messages) => messages,
                    Err(BusError::StreamShrank { .. }) => {
                        pump = bus.pump(&stream, None, 1);
                        continue;
                    }
                    Err(_) => {
                        tokio::time::sleep(AGAIN).await;
                        continue;
                    }
                };
                for note in messages.iter().filter_map(|message| CosignNote::decode(&message.payload).ok()) {
                    for (_, text) in &note.checkpoints {
                        let Certificate { checkpoint, cosignatures } = Certificate::parse(text).unwrap();
                        let by = |word: &&proof::checkpoint::Cosignature| {
                            genesis.cosigners().iter().any(|cosigner| word.verify(cosigner, &checkpoint))
                        };
                        assert_eq!(cosignatures.iter().filter(by).count(), 1);
                        let mut all = all.lock().unwrap();
                        all.entry(note.member.clone())
                            .or_default()
                            .entry(checkpoint.size)
                            .or_default()
                            .insert(checkpoint.root);
                    }
                }
            }
        });
        Heard { said, hearing }
    }

    /// The largest size a member cosigned.
    fn largest(&self, member: &str) -> u64 {
        self.said.lock().unwrap().get(member).and_then(|said| Some(*said.last_key_value()?.0)).unwrap_or(0)
    }

    /// Waits until a member cosigns a larger log.
    async fn cosigns_beyond(&self, member: &str, size: u64) {
        until("cosigns again", async || (self.largest(member) > size).then_some(())).await;
    }

    /// Nobody ever said two things of one size.
    fn no_two_stories(&self) {
        assert!(!self.hearing.is_finished(), "the hearing ended");
        for (member, said) in self.said.lock().unwrap().iter() {
            for (size, roots) in said {
                assert_eq!(roots.len(), 1, "{member} cosigned {roots:?} over {size} leaves");
            }
        }
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.hearing.abort();
    }
}

fn mark(world: &World) -> PathBuf {
    world.data("ledger", VICTIM).join("ledger/ledger.mark")
}

/// The size the victim's mark speaks of.
fn marked(world: &World) -> u64 {
    let bytes = std::fs::read(mark(world)).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.lines().filter_map(|line| line.strip_prefix("size ")?.parse().ok()).max().unwrap_or(0)
}

/// Seen to fail with the mark never written (`MarkFile::keep` returning at once): "it said 9 and knows of 0".
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_killed_under_load_goes_on_cosigning_one_story() {
    let mut world = World::with(&SERVICES).await;
    let heard = Heard::start(&world);
    let load = Load::start(&world, MANAGERS[0]);
    for _ in 0..4 {
        heard.cosigns_beyond(VICTIM, heard.largest(VICTIM)).await;
        world.kill("ledger", VICTIM);
        let (said, kept) = (heard.largest(VICTIM), marked(&world));
        assert!(said <= kept, "it said {said} and knows of {kept}");
        world.start("ledger", VICTIM).await;
        heard.cosigns_beyond(VICTIM, kept).await;
    }
    let sent = load.end().await;
    check(&world, &sent.receipts).await;
    heard.no_two_stories();
}

/// Empty blocks of a manager behind the tail of `from`.
fn sealed(world: &World, from: &Tail, by: &'static str, count: usize) -> (Tail, Vec<Block>) {
    let secret = world.rings[by].secret(domain::genesis::KeyClass::Sealer).unwrap();
    let (mut tail, mut blocks) = (from.clone(), Vec::new());
    for _ in 0..count {
        let header = tail.next_header(secret.public(), tail.tip.next.map(LaneRange::empty));
        let block = Block::seal(Header { events: 0, ..header }, Vec::new(), &secret);
        tail.stand(&block);
        blocks.push(block);
    }
    (tail, blocks)
}

async fn publish(world: &World, blocks: &[Block]) {
    for block in blocks {
        let to = subject::blocks(&world.genesis.chain);
        world.bus.publish(&to, block.to_bytes().into(), Publish::default()).await.unwrap();
    }
}

async fn stands_at(world: &World, member: &'static str, height: u64) {
    let ledger = world.ledger(member);
    until("the ledger's height", async || (ledger.status().await.ok()?.final_height == height).then_some(())).await;
}

/// How the others are away while the restored one stands alone before the rivals.
#[derive(Clone, Copy, PartialEq)]
enum Away {
    /// Silent: when they come back they know what they heard.
    Silent,
    /// Killed: what they heard and was not final, they have forgotten.
    Killed,
}

/// Three blocks, a backup of the victim and of the block stream, four more that everybody cosigns; then all of it is lost
/// but what the others have, and somebody's other blocks stand in the stream.
async fn restored(away: Away) {
    let mut world = World::with(&[]).await;
    let heard = Heard::start(&world);
    let (tail, first) = sealed(&world, &Tail::genesis(Arc::clone(&world.genesis)), MANAGERS[1], 3);
    publish(&world, &first).await;
    stands_at(&world, VICTIM, 3).await;
    let before = world.ledger(VICTIM).status().await.unwrap().size;
    world.kill("ledger", VICTIM);
    world.kill_nats().await;
    copy(&world.streams(), &world.path("older-streams"));
    copy(&world.data("ledger", VICTIM), &world.path("older-ledger"));
    world.start_nats().await;
    world.start("ledger", VICTIM).await;
    // It comes last, so that what is final does not carry its word; but it is there before, or it would take from the others
    // what is final, and say its word only on what the stream brings after that.
    stands_at(&world, VICTIM, 3).await;
    world.process("ledger", VICTIM).signal("STOP");
    let lost = sealed(&world, &tail, MANAGERS[1], 4).1;
    for (block, height) in lost.iter().zip(4..) {
        // One after the other: a certificate is on the disk with the next block, and the last one's only in memory.
        publish(&world, std::slice::from_ref(block)).await;
        for member in OTHERS {
            stands_at(&world, member, height).await;
        }
    }
    world.process("ledger", VICTIM).signal("CONT");
    stands_at(&world, VICTIM, 7).await;
    let sworn = world.ledger(VICTIM).status().await.unwrap().size;
    until("its word on the last block", async || (heard.largest(VICTIM) == sworn).then_some(())).await;

    world.kill("ledger", VICTIM);
    for member in OTHERS {
        match away {
            Away::Silent => world.process("ledger", member).signal("STOP"),
            Away::Killed => world.kill("ledger", member),
        }
    }
    world.kill_nats().await;
    let stream = subject::block_stream(&world.genesis.chain).name;
    replace(&world.streams().join(&stream), &world.path("older-streams").join(&stream));
    std::fs::remove_dir_all(world.data("ledger", VICTIM)).unwrap();
    copy(&world.path("older-ledger"), &world.data("ledger", VICTIM));
    world.start_nats().await;
    // One more than it swore to: there its oath is put to the test.
    publish(&world, &sealed(&world, &tail, MANAGERS[0], 5).1).await;

    // Alone it can't know what it said, so it executes and says nothing.
    world.start("ledger", VICTIM).await;
    let notes = subject::cosign_stream(&world.genesis.chain).name;
    let own = subject::cosign(VICTIM, &world.genesis.chain);
    until("its note from the rivals' end", async || {
        let note = world.bus.last_message(&notes, &own).await.ok()??;
        let note = CosignNote::decode(&note.payload).unwrap();
        let sizes = note.checkpoints.iter().map(|(_, text)| Certificate::parse(text).unwrap().checkpoint.size);
        let most = sizes.max().unwrap_or(0);
        assert!(most <= before, "it cosigned {most} leaves before it could know what it had sworn");
        (note.height == 8).then_some(())
    })
    .await;

    for member in OTHERS {
        match away {
            Away::Silent => world.process("ledger", member).signal("CONT"),
            Away::Killed => world.spawn("ledger", member),
        }
    }
    for member in OTHERS {
        if away == Away::Killed {
            world.opened("ledger", member).await;
        }
        stands_at(&world, member, 7).await;
    }
    // Now it is told that this is not the log it vouched for, and is proven that it is not what is final: it takes that
    // from the others, although the rivals still stand in the stream.
    stands_at(&world, VICTIM, 7).await;
    let victim = world.ledger(VICTIM);
    until("it goes on", async || victim.status().await.ok()?.halted.is_none().then_some(())).await;
    heard.no_two_stories();
}

/// Seen to fail with the others not asked (`past::ask` telling at once that nobody heard anything): "it cosigned 8 leaves
/// before it could know what it had sworn".
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_restored_from_a_backup_is_told_what_it_said_by_those_who_heard_it() {
    restored(Away::Silent).await;
}

/// Seen to fail in the same way; and, as it was before, with only its own words asked for and not what is final: when the
/// others are back, it cosigned two roots over 4 leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_restored_from_a_backup_is_held_to_what_is_final_when_nobody_remembers_its_words() {
    restored(Away::Killed).await;
}

/// Without the file only the log's end can say what was cosigned. Seen to fail with the end not kept in a new file.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_whose_mark_is_gone_takes_the_end_of_its_log_for_it() {
    let mut world = World::with(&[]).await;
    publish(&world, &sealed(&world, &Tail::genesis(Arc::clone(&world.genesis)), MANAGERS[1], 3).1).await;
    stands_at(&world, VICTIM, 3).await;
    let size = world.ledger(VICTIM).status().await.unwrap().size;
    world.kill_all();
    std::fs::remove_file(mark(&world)).unwrap();
    // Nobody else is there, so it can't have cosigned anything since.
    world.start("ledger", VICTIM).await;
    until("the mark", async || (marked(&world) == size).then_some(())).await;
}

/// Seen to fail with an unreadable mark taken for none: nothing ever says why it should be silent.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_with_a_damaged_mark_cosigns_nothing_names_the_file_and_stops_nobody() {
    let mut world = World::with(&SERVICES).await;
    let heard = Heard::start(&world);
    let load = Load::start(&world, MANAGERS[0]);
    heard.cosigns_beyond(VICTIM, 0).await;
    load.goes_final(&world).await;
    world.kill("ledger", VICTIM);
    let (path, whole) = (mark(&world), std::fs::read(mark(&world)).unwrap());
    let kept = marked(&world);
    let hurt = whole.iter().map(|byte| if *byte == 0 { 0 } else { byte ^ 1 }).collect::<Vec<_>>();
    std::fs::write(&path, hurt).unwrap();
    world.start("ledger", VICTIM).await;
    let ledger = world.ledger(VICTIM);
    let why = until("why it is silent", async || ledger.status().await.ok()?.halted).await;
    assert!(why.contains(&path.display().to_string()) && why.contains("move that file away"), "{why}");
    let notes = subject::cosign_stream(&world.genesis.chain).name;
    let own = subject::cosign(VICTIM, &world.genesis.chain);
    until("that all hear why", async || {
        let note = world.bus.last_message(&notes, &own).await.ok()??;
        CosignNote::decode(&note.payload).unwrap().halted
    })
    .await;
    load.goes_final(&world).await;
    assert!(heard.largest(VICTIM) <= kept, "it went on cosigning");
    // As it says: its log is whole, so the file may go.
    world.kill("ledger", VICTIM);
    std::fs::rename(&path, world.path("damaged.mark")).unwrap();
    world.start("ledger", VICTIM).await;
    heard.cosigns_beyond(VICTIM, kept).await;
    assert!(marked(&world) > kept);
    let sent = load.end().await;
    check(&world, &sent.receipts).await;
    heard.no_two_stories();
}
