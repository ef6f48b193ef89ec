//! One POST to a witness: over TLS, or in the clear to a witness or tunnel on this machine.
//!
//! What answers is not trusted. No redirect is followed and no proxy asked, because nothing here could: it is one request
//! on one connection. Limits: [`PATIENCE`] for all of it, [`MAX_ANSWER_BYTES`] of an answer, 16 KiB of its head.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// A witness needs an fsync and a signature; this leaves room for the other side of the world and a busy disk.
const PATIENCE: Duration = Duration::from_secs(10);

/// A signature line has some 200 bytes, or 3.5 KB of other kinds; a witness may give several.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// Bytes of an answer's head.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// A witness's submission prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    tls: bool,
    host: String,
    port: u16,
    authority: Authority,
    /// Without a slash at its end.
    path: String,
}

impl Prefix {
    /// The prefix of that address; why it may not be called, if so.
    pub(crate) fn parse(url: &str) -> Result<Self, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "no address such as https://witness.example/prefix")?;
        let authority = uri.authority().cloned().ok_or("no address such as https://witness.example/prefix")?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err("an address has no user and no query here");
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP && here => false,
            _ => {
                return Err(
                    "https, or http to this machine's loopback: an answer in the clear could be held back or delayed by anybody",
                );
            }
        };
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Prefix { tls, host, port, authority, path: uri.path().trim_end_matches('/').to_owned() })
    }
}

/// What a witness answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Calls witnesses.
#[derive(Clone)]
pub(crate) struct Caller {
    tls: TlsConnector,
}

impl Caller {
    /// A caller that believes the certificate authorities of this machine.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        // Certificates that can't be read are left out; without any, https fails where it is used.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Ok(Caller { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Posts text to a path below a prefix.
    pub(crate) async fn post(&self, prefix: &Prefix, path: &str, body: String) -> anyhow::Result<Answer> {
        let called = async {
            let stream = TcpStream::connect((prefix.host.as_str(), prefix.port)).await.context("no connection")?;
            if !prefix.tls {
                return exchange(stream, prefix, path, body).await;
            }
            let name = ServerName::try_from(prefix.host.clone()).context("no name for a certificate")?;
            let stream = self.tls.connect(name, stream).await.context("no TLS")?;
            exchange(stream, prefix, path, body).await
        };
        match tokio::time::timeout(PATIENCE, called).await {
            Ok(answer) => answer,
            Err(_) => bail!("no answer in {} s", PATIENCE.as_secs()),
        }
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    prefix: &Prefix,
    path: &str,
    body: String,
) -> anyhow::Result<Answer> {
    let request = Request::post(format!("{}{path}", prefix.path))
        .header(HOST, prefix.authority.as_str())
        .header(USER_AGENT, concat!("tocsin/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(Full::new(Bytes::from(body)))?;
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(MAX_HEAD_BYTES).handshake(TokioIo::new(stream)).await?;
    let asked = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let read = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
        let Ok(body) = read else { bail!("the answer's body is longer than {MAX_ANSWER_BYTES} bytes, or ended early") };
        let body = String::from_utf8(body.to_bytes().to_vec()).context("the answer's body is no text")?;
        Ok(Answer { status, body })
    };
    tokio::pin!(connection, asked);
    // The connection moves the bytes and may end before the last of them is looked at.
    tokio::select! {
        answer = &mut asked => answer,
        ended = &mut connection => match ended {
            Ok(()) => asked.await,
            Err(error) => Err(error.into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_or_this_machine_is_called() {
        let good = [
            "https://witness.example",
            "https://192.0.2.7:8443/a/b/",
            "http://127.0.0.1:9",
            "http://[::1]:9/w",
            "http://localhost:9",
        ];
        for url in good {
            assert!(Prefix::parse(url).is_ok(), "{url}");
        }
        assert_eq!(Prefix::parse("https://w.example/a/").unwrap().path, "/a");
        let bad = [
            "",
            "witness.example",
            "/add-checkpoint",
            "http://witness.example",
            "http://10.0.0.7:80",
            "http://169.254.169.254/latest",
            "http://localhost.example",
            "ftp://127.0.0.1",
            "https://user:word@witness.example",
            "https://witness.example?x=1",
            "file:///etc/passwd",
        ];
        for url in bad {
            assert!(Prefix::parse(url).is_err(), "{url}");
        }
    }

    /// A server that sends these bytes whatever it is asked, then ends.
    async fn says(bytes: Vec<u8>) -> Prefix {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(&bytes).await;
        });
        Prefix::parse(&format!("http://{address}/w")).unwrap()
    }

    #[tokio::test]
    async fn answers_are_bounded_and_no_redirect_is_followed() {
        let caller = Caller::new().unwrap();
        let post = async |bytes: Vec<u8>| caller.post(&says(bytes).await, "/add-checkpoint", "old 0\n".into()).await;
        let fine = post(b"HTTP/1.1 409 Conflict\r\ncontent-length: 3\r\n\r\n17\n".to_vec()).await.unwrap();
        assert_eq!((fine.status, fine.body.as_str()), (409, "17\n"));
        let moved = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_vec();
        assert_eq!(post(moved).await.unwrap().status, 302);
        let long = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &vec![b'x'; MAX_ANSWER_BYTES + 1]].concat();
        assert!(post(long).await.is_err());
        let head = [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &vec![b'x'; 2 * MAX_HEAD_BYTES], b"\r\n\r\n"].concat();
        assert!(post(head).await.is_err());
        assert!(post(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec()).await.is_err());
        assert!(post(b"220 mail\r\n".to_vec()).await.is_err());
    }

    #[tokio::test]
    async fn who_speaks_no_tls_is_no_witness_over_https() {
        let plain = says(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
        let prefix = Prefix { tls: true, ..plain };
        let error = Caller::new().unwrap().post(&prefix, "/add-checkpoint", String::new()).await.err().unwrap();
        assert_eq!(error.to_string(), "no TLS");
    }
}
