//! How far each chain's alerts are published, in a store of this service alone.

use std::path::Path;

use anyhow::Context as _;
use domain::chain::ChainPath;
use journal::{Space, Store};

/// How far one chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the next alert to publish; the first is 1.
    pub(crate) next: u64,
    /// The stream's sequence of the one before it; 0 when there is none.
    pub(crate) sequence: u64,
}

/// The places of all chains.
pub(crate) struct Places {
    store: Store,
    space: Space,
}

impl Places {
    /// Opens the store in `dir`. One that is damaged is moved aside, once: what it held is found again in the stream.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        match Places::checked(dir) {
            Err(error) if error.is_damage() => {
                let aside = dir.with_extension("damaged");
                tracing::error!(%error, aside = %aside.display(), "the places of the alerts are damaged; moved aside");
                if aside.exists() {
                    std::fs::remove_dir_all(&aside).context("removing an older damaged store")?;
                }
                std::fs::rename(dir, &aside).context("moving the damaged store aside")?;
                Places::checked(dir).context("a new store of places")
            }
            opened => opened.context("the store of places"),
        }
    }

    fn checked(dir: &Path) -> Result<Self, journal::JournalError> {
        let store = Store::open(dir)?;
        let space = store.space("places")?;
        store.scrub(&space)?;
        Ok(Places { store, space })
    }

    /// How far a chain is; none before its first alert.
    pub(crate) fn get(&self, chain: &ChainPath) -> anyhow::Result<Option<Place>> {
        let stored = self.space.get(chain.as_str()).context("reading a place")?;
        stored.map(|bytes| read(&bytes).context("a place has another form")).transpose()
    }

    /// Stores how far a chain is. The fsync runs beside the other tasks.
    pub(crate) async fn put(&self, chain: &ChainPath, place: Place) -> anyhow::Result<()> {
        let mut batch = self.store.batch();
        batch.put(&self.space, chain.as_str(), [place.next.to_be_bytes(), place.sequence.to_be_bytes()].concat());
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || store.commit(batch)).await?.context("storing a place")
    }
}

fn read(bytes: &[u8]) -> Option<Place> {
    let (next, sequence) = bytes.split_first_chunk::<8>()?;
    let sequence: [u8; 8] = sequence.try_into().ok()?;
    Some(Place { next: u64::from_be_bytes(*next), sequence: u64::from_be_bytes(sequence) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_are_kept_by_chain_and_a_damaged_store_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("places");
        let (city, nation) = (ChainPath::parse("cn.32.01").unwrap(), ChainPath::parse("cn").unwrap());
        let place = Place { next: 7, sequence: 19 };
        let places = Places::open(&dir).unwrap();
        assert_eq!(places.get(&city).unwrap(), None);
        places.put(&city, place).await.unwrap();
        drop(places);
        let places = Places::open(&dir).unwrap();
        assert_eq!((places.get(&city).unwrap(), places.get(&nation).unwrap()), (Some(place), None));
        drop(places);
        for file in std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()) {
            if file.is_file() {
                std::fs::write(file, b"not what was written").unwrap();
            }
        }
        let places = Places::open(&dir).unwrap();
        assert_eq!(places.get(&city).unwrap(), None);
        assert!(dir.with_extension("damaged").exists());
    }
}
