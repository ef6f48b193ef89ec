//! The desks of a service by chain: one process may serve several chains behind the same routes.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpRequest;
use domain::chain::ChainPath;
use serde::de::DeserializeOwned;

use crate::rest::{Problem, asked};

/// Chain path to desk. Handlers take it as `web::Data<Desks<T>>`.
#[derive(Debug)]
pub struct Desks<T>(BTreeMap<ChainPath, Arc<T>>);

impl<T> Default for Desks<T> {
    fn default() -> Self {
        Desks(BTreeMap::new())
    }
}

impl<T> Desks<T> {
    /// No desks yet.
    pub fn new() -> Self {
        Desks::default()
    }

    /// Adds the desk of a chain.
    #[must_use]
    pub fn with(mut self, chain: ChainPath, desk: T) -> Self {
        self.0.insert(chain, Arc::new(desk));
        self
    }

    /// The desk of the chain that a path names, or 404.
    pub fn of(&self, path: &str) -> Result<Arc<T>, Problem> {
        let chain = ChainPath::parse(path);
        let desk = chain.and_then(|chain| self.0.get(&chain)).cloned();
        desk.ok_or_else(|| Problem::not_found("no such chain here"))
    }

    /// The desk of the chain that a path names, and what a request's query asks of it.
    pub fn asked<Q: DeserializeOwned>(&self, request: &HttpRequest, path: &str) -> Result<(Arc<T>, Q), Problem> {
        Ok((self.of(path)?, asked::query(request)?))
    }

    /// Chains and desks in path order.
    pub fn iter(&self) -> impl Iterator<Item = (&ChainPath, &Arc<T>)> {
        self.0.iter()
    }
}

impl<T> FromIterator<(ChainPath, T)> for Desks<T> {
    fn from_iter<I: IntoIterator<Item = (ChainPath, T)>>(desks: I) -> Self {
        Desks(desks.into_iter().map(|(chain, desk)| (chain, Arc::new(desk))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_that_is_not_here_is_not_found() {
        let desks = Desks::new().with(ChainPath::parse("cn.32").unwrap(), 7);
        assert_eq!(*desks.of("cn.32").unwrap(), 7);
        for path in ["cn", "cn.32.01", "", "CN.32", "../cn"] {
            assert_eq!(desks.of(path).unwrap_err().code(), "NOT_FOUND", "{path}");
        }
    }
}
