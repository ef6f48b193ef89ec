//! A message as it lies in a stream.

use async_nats::HeaderMap;
use bytes::Bytes;

/// Header names and values, in the order they were given.
pub type Headers = Vec<(String, String)>;

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number in the stream, from 1.
    pub sequence: u64,
    /// The subject it was published on.
    pub subject: String,
    /// Its bytes, as they were published.
    pub payload: Bytes,
    /// Its headers.
    pub headers: Headers,
}

/// Headers of the client library as ours.
pub(crate) fn from_map(map: &HeaderMap) -> Headers {
    map.iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name.to_string(), value.as_str().to_owned())))
        .collect()
}

/// Our headers as the client library's.
pub(crate) fn to_map(headers: &[(String, String)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.as_str(), value.as_str());
    }
    map
}
