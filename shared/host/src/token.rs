//! API tokens: a JWT (RFC 7519) signed with a member's `client` key, EdDSA only, for one chain, at most five minutes.
//!
//! There is nothing to choose in a token: the header is one constant, the claims are four, and anything else is refused,
//! so the algorithm can't be talked down. Times are wall time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::chain::MemberId;
use domain::genesis::{Genesis, KeyClass};
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use proof::sign::{ChainId, PublicKey, SecretKey};
use serde::{Deserialize, Serialize};

/// The longest life of a token: a stolen one is soon worth nothing, and a client signs a new one without asking anybody.
pub const MAX_SECONDS: u64 = 300;
/// Clocks of honest clients differ by less.
const SKEW_SECONDS: u64 = 60;
/// Four short claims fit into a quarter of it.
const MAX_TOKEN_BYTES: usize = 1024;

/// Whose client keys are believed. The genesis is one source; a service that follows governance events is another.
pub trait ClientKeys: Send + Sync {
    /// The chain that must be the token's audience.
    fn chain_id(&self) -> ChainId;
    /// The active keys of a class of a member, or none.
    fn keys(&self, member: &str, class: KeyClass) -> Vec<PublicKey>;
}

impl ClientKeys for Genesis {
    fn chain_id(&self) -> ChainId {
        self.chain_id
    }

    fn keys(&self, member: &str, class: KeyClass) -> Vec<PublicKey> {
        let member = self.members.iter().find(|each| each.id == member);
        member.and_then(|member| member.keys.get(&class)).cloned().unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    sub: String,
    aud: String,
    iat: u64,
    exp: u64,
}

/// Signs a token for `member` on a chain that lives `seconds` from `now` (wall time).
pub fn mint(secret: &SecretKey, member: &str, chain: &ChainId, now: Millis, seconds: u64) -> Result<String, Refusal> {
    if seconds > MAX_SECONDS {
        return Err(too_long());
    }
    let header = Header { alg: "EdDSA".to_owned(), typ: "JWT".to_owned() };
    let iat = now.seconds();
    let claims = Claims { sub: member.to_owned(), aud: chain.to_string(), iat, exp: iat.saturating_add(seconds) };
    let text = format!("{}.{}", part(&header)?, part(&claims)?);
    let signature = URL_SAFE_NO_PAD.encode(secret.sign_raw(text.as_bytes()));
    Ok(format!("{text}.{signature}"))
}

/// Who holds the token, or which rule it breaks. `now` is wall time.
pub fn verify(token: &str, keys: &dyn ClientKeys, now: Millis) -> Result<MemberId, Refusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(invalid());
    }
    let (text, signature) = token.rsplit_once('.').ok_or_else(invalid)?;
    let (header, claims) = text.split_once('.').ok_or_else(invalid)?;
    let header: Header = parse(header)?;
    if header.alg != "EdDSA" || header.typ != "JWT" {
        return Err(invalid());
    }
    let claims: Claims = parse(claims)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| invalid())?;
    let signature: [u8; 64] = signature.try_into().map_err(|_| invalid())?;
    let signed_by = |class| keys.keys(&claims.sub, class).iter().any(|key| key.verify_raw(text.as_bytes(), &signature));
    // The signature first: who did not sign it learns nothing about the claims.
    if !signed_by(KeyClass::Client) {
        let other = KeyClass::ALL.into_iter().filter(|class| *class != KeyClass::Client).any(signed_by);
        return Err(if other {
            Refusal::of(Code::TokenKeyClass, "authorization", "sign tokens with the member's client key")
        } else {
            invalid()
        });
    }
    if claims.aud != keys.chain_id().to_string() {
        return Err(Refusal::of(
            Code::TokenAudience,
            "aud",
            "the token is for another chain; aud is the chain id in hex",
        ));
    }
    if claims.exp.saturating_sub(claims.iat) > MAX_SECONDS {
        return Err(too_long());
    }
    if claims.exp <= now.seconds() {
        return Err(Refusal::of(Code::TokenExpired, "exp", "the token has ended; sign a new one"));
    }
    if claims.iat > now.seconds().saturating_add(SKEW_SECONDS) || claims.iat > claims.exp {
        return Err(invalid());
    }
    Ok(claims.sub)
}

fn part(value: &impl Serialize) -> Result<String, Refusal> {
    let json = serde_json::to_vec(value).map_err(|_| invalid())?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn parse<T: for<'a> Deserialize<'a>>(part: &str) -> Result<T, Refusal> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| invalid())?;
    serde_json::from_slice(&json).map_err(|_| invalid())
}

fn invalid() -> Refusal {
    Refusal::of(Code::TokenInvalid, "authorization", "not an EdDSA token of an active client key of that member")
}

fn too_long() -> Refusal {
    Refusal::of(Code::TokenTooLong, "exp", "a token lives at most 300 seconds")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proof::digest::Digest;

    struct One {
        chain: ChainId,
        client: SecretKey,
        cosigner: SecretKey,
    }

    impl ClientKeys for One {
        fn chain_id(&self) -> ChainId {
            self.chain
        }

        fn keys(&self, member: &str, class: KeyClass) -> Vec<PublicKey> {
            match (member, class) {
                ("cdc", KeyClass::Client) => vec![self.client.public()],
                ("cdc", KeyClass::Cosigner) => vec![self.cosigner.public()],
                _ => Vec::new(),
            }
        }
    }

    const NOW: Millis = Millis(1_700_000_000_000);

    fn one() -> One {
        One {
            chain: Digest::of(b"chain"),
            client: SecretKey::from_seed(&[1; 32]),
            cosigner: SecretKey::from_seed(&[2; 32]),
        }
    }

    fn code(token: &str, now: Millis) -> Code {
        verify(token, &one(), now).unwrap_err().code
    }

    /// A token of any header and claims, signed with a key.
    fn forged(secret: &SecretKey, header: &str, claims: &str) -> String {
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(secret.sign_raw(text.as_bytes())))
    }

    #[test]
    fn a_token_names_its_member_until_it_ends() {
        let one = one();
        let token = mint(&one.client, "cdc", &one.chain, NOW, 300).unwrap();
        assert_eq!(verify(&token, &one, NOW).unwrap(), "cdc");
        assert_eq!(verify(&token, &one, NOW.plus_ms(299_999)).unwrap(), "cdc");
        assert_eq!(code(&token, NOW.plus_ms(300_000)), Code::TokenExpired);
        assert_eq!(code(&token, Millis(NOW.0 - 120_000)), Code::TokenInvalid, "from the future");
    }

    #[test]
    fn every_rule_has_its_code() {
        let one = one();
        assert_eq!(mint(&one.client, "cdc", &one.chain, NOW, 301).unwrap_err().code, Code::TokenTooLong);
        let (header, chain, iat) = (r#"{"alg":"EdDSA","typ":"JWT"}"#, one.chain, NOW.seconds());
        let claims = |exp: u64| format!(r#"{{"sub":"cdc","aud":"{chain}","iat":{iat},"exp":{exp}}}"#);
        assert!(verify(&forged(&one.client, header, &claims(iat + 300)), &one, NOW).is_ok());
        assert_eq!(code(&forged(&one.client, header, &claims(iat + 301)), NOW), Code::TokenTooLong);
        let elsewhere = mint(&one.client, "cdc", &Digest::of(b"other"), NOW, 60).unwrap();
        assert_eq!(code(&elsewhere, NOW), Code::TokenAudience);
        let cosigned = mint(&one.cosigner, "cdc", &one.chain, NOW, 60).unwrap();
        assert_eq!(code(&cosigned, NOW), Code::TokenKeyClass);
        let stranger = mint(&SecretKey::from_seed(&[9; 32]), "cdc", &one.chain, NOW, 60).unwrap();
        assert_eq!(code(&stranger, NOW), Code::TokenInvalid);
        let somebody = mint(&one.client, "hospital", &one.chain, NOW, 60).unwrap();
        assert_eq!(code(&somebody, NOW), Code::TokenInvalid);
    }

    #[test]
    fn the_algorithm_can_not_be_chosen_and_nothing_may_be_added() {
        let one = one();
        let (chain, iat) = (one.chain, NOW.seconds());
        let claims = format!(r#"{{"sub":"cdc","aud":"{chain}","iat":{iat},"exp":{}}}"#, iat + 60);
        for header in [
            r#"{"alg":"none","typ":"JWT"}"#,
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"alg":"EdDSA","typ":"JWT","jwk":{}}"#,
            r#"{"typ":"JWT"}"#,
        ] {
            assert_eq!(code(&forged(&one.client, header, &claims), NOW), Code::TokenInvalid, "{header}");
        }
        let none = forged(&one.client, r#"{"alg":"none","typ":"JWT"}"#, &claims);
        let unsigned = format!("{}.", none.rsplit_once('.').unwrap().0);
        assert_eq!(code(&unsigned, NOW), Code::TokenInvalid);
        let good = mint(&one.client, "cdc", &one.chain, NOW, 60).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            assert!(verify(&String::from_utf8(bad).unwrap(), &one, NOW).is_err(), "byte {at}");
        }
        assert_eq!(code(&"a.".repeat(600), NOW), Code::TokenInvalid);
    }
}
