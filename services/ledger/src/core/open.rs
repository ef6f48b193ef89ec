//! Opening a ledger: at height 0 from the genesis, later from the tip record of the last batch.

use std::path::Path;
use std::sync::Arc;

use domain::keys;
use domain::record::initial_digest;
use domain::state::Versioned;
use proof::block::Tip;
use proof::merkle::{Frontier, empty_root};

use super::state::{State, Sum};
use super::store::{Single, Spaces};
use super::tip::Head;
use super::tree::{GrowingTree, StoredTree};
use super::{Core, CoreError};
use crate::chain::Chain;
use crate::sets::Sets;

impl Core {
    /// Opens the ledger in `dir`, which is made if it is not there. It is not searched for damage: that is
    /// [`scrub`](super::scrub)'s.
    pub(crate) fn open(dir: &Path, chain: Arc<Chain>) -> Result<Self, CoreError> {
        let spaces = Spaces::open(dir)?;
        let head = match spaces.single(Single::Tip)? {
            Some(bytes) => {
                Head::from_bytes(&bytes).ok_or_else(|| CoreError::damaged("the tip record does not decode"))?
            }
            None => genesis(&spaces, &chain)?,
        };
        if spaces.single(Single::Chain)?.as_deref() != Some(chain.id().as_bytes()) {
            return Err(CoreError::damaged("the store is of another chain"));
        }
        let frontier = Frontier::load(head.size, &StoredTree::new(spaces.tree.clone()))?;
        if frontier.root() != head.root {
            return Err(CoreError::damaged("the log's right edge has not the tip's root"));
        }
        let tree = GrowingTree::open(spaces.tree.clone(), head.size)?;
        let state = State::new(spaces.state.clone(), head.sum);
        let sets = Sets::read(&state, &chain, head.size)?;
        Ok(Core { chain, spaces, state, tree, frontier, head, sets })
    }
}

/// Writes height 0.
fn genesis(spaces: &Spaces, chain: &Chain) -> Result<Head, CoreError> {
    // A store that holds blocks and no tip lost it.
    if spaces.blocks.first()?.is_some() || spaces.state.first()?.is_some() {
        return Err(CoreError::damaged("the store has no tip record"));
    }
    let mut batch = spaces.store.batch();
    let mut sum = Sum::default();
    let writes = chain.genesis.writes();
    let next_due = writes.keys().find_map(|key| keys::due_at(key));
    for (key, value) in writes {
        if let Some(value) = value {
            let stored = Versioned { version: 1, value };
            sum.add(&key, &stored);
            batch.put(&spaces.state, &key, stored.to_bytes());
        }
    }
    let head = Head {
        tip: Tip::genesis(chain.id()),
        size: 0,
        root: empty_root(),
        state_digest: initial_digest(chain.id()),
        chain_time: chain.genesis.genesis_time,
        sum,
        next_sequence: 1,
        pending: false,
        next_due,
        summaries: 0,
        alerts: 0,
        moved: [0; 3],
        sure: false,
    };
    spaces.put_single(&mut batch, Single::Chain, chain.id().as_bytes());
    spaces.put_single(&mut batch, Single::Tip, &head.to_bytes());
    spaces.store.commit(batch)?;
    Ok(head)
}
