//! Why an input was refused: one enum of stable codes for the front door, the ledger and every client.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $code:literal, $status:literal;)+) => {
        /// A stable refusal code. Its number goes into leaves and never changes; its text goes into problem+json.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];
            /// The number in leaves; 0 is "ok".
            pub fn number(self) -> u16 { match self { $(Code::$name => $number,)+ } }
            /// The text in problem+json.
            pub fn text(self) -> &'static str { match self { $(Code::$name => $code,)+ } }
            /// The HTTP status that carries it.
            pub fn status(self) -> u16 { match self { $(Code::$name => $status,)+ } }
            /// The code of that number.
            pub fn from_number(number: u16) -> Option<Self> { match number { $($number => Some(Code::$name),)+ _ => None } }
        }
    };
}

codes! {
    /// Not an envelope, not protobuf, truncated, trailing bytes, or JSON that does not parse.
    Malformed = 1, "MALFORMED", 400;
    /// Encoding the decoded value gives other bytes.
    NonCanonical = 2, "NON_CANONICAL", 400;
    /// A kind of fact this rules version does not know.
    UnknownKind = 3, "UNKNOWN_KIND", 422;
    /// A content type the endpoint does not take.
    UnsupportedMedia = 4, "UNSUPPORTED_MEDIA", 415;
    /// A request body over the endpoint's bound.
    TooLarge = 5, "TOO_LARGE", 413;
    /// A field over its bound; the detail names it.
    Limit = 6, "LIMIT", 413;
    /// Text that is not NFC or holds control, NUL or bidi-override characters.
    BadText = 7, "BAD_TEXT", 400;
    /// A national identity number, telephone number or e-mail address in a public payload.
    PiiInPublic = 8, "PII_IN_PUBLIC", 422;
    /// A number outside its domain.
    OutOfRange = 9, "OUT_OF_RANGE", 422;
    /// A float, exponent or over-large number in JSON.
    BadNumber = 10, "BAD_NUMBER", 400;
    /// A region, member, facility, disease or choice that does not exist here.
    UnknownCode = 11, "UNKNOWN_CODE", 422;
    /// A region that is not the author's to report on.
    OutOfJurisdiction = 12, "OUT_OF_JURISDICTION", 403;
    /// A time in the future, before 1900, or an onset after the report.
    BadTime = 13, "BAD_TIME", 422;
    /// Its validity had passed at commit.
    Expired = 14, "EXPIRED", 422;
    /// No signature or one of the wrong length.
    NoSignature = 15, "NO_SIGNATURE", 401;
    /// A signature that does not hold, or an unknown key.
    BadSignature = 16, "BAD_SIGNATURE", 401;
    /// A good signature for another domain.
    WrongDomain = 17, "WRONG_DOMAIN", 401;
    /// A good signature for another chain.
    WrongChain = 18, "WRONG_CHAIN", 401;
    /// A key not yet or no longer active.
    KeyInactive = 19, "KEY_INACTIVE", 403;
    /// A key of a class that may not sign this.
    KeyClass = 20, "KEY_CLASS", 403;
    /// The envelope's key is not the body's author, or the caller is another member.
    IdentityMismatch = 21, "IDENTITY_MISMATCH", 403;
    /// The body's lane is not the lane it was sent in.
    LaneMismatch = 22, "LANE_MISMATCH", 403;
    /// The idempotency key was used with another body.
    IdempotencyReused = 23, "IDEMPOTENCY_REUSED", 409;
    /// No management node, nor the parent's, answered; the event is kept in the outbox.
    NoAdmission = 24, "NO_ADMISSION", 503;
    /// A cause that is unknown, the event itself, or of the wrong kind.
    BadCause = 25, "BAD_CAUSE", 422;
    /// An expected version differs.
    PreconditionFailed = 26, "PRECONDITION_FAILED", 412;
    /// A ballot on the member's own event.
    SelfEndorse = 27, "SELF_ENDORSE", 403;
    /// A second ballot by the same member.
    AlreadyBalloted = 28, "ALREADY_BALLOTED", 409;
    /// A ballot on a subject already settled.
    Closed = 29, "CLOSED", 410;
    /// The member has not the role this needs.
    RoleMissing = 30, "ROLE_MISSING", 403;
    /// A veto without a reason code.
    VetoReason = 31, "VETO_REASON", 422;
    /// A policy text that does not parse or cannot be satisfied.
    BadPolicy = 32, "BAD_POLICY", 422;
    /// A correction of another member's record.
    NotOwner = 33, "NOT_OWNER", 403;
    /// A sealed reference of the wrong shape.
    BadSealed = 34, "BAD_SEALED", 422;
    /// A token that does not parse or is signed by no active client key.
    TokenInvalid = 35, "TOKEN_INVALID", 401;
    /// A token past its end.
    TokenExpired = 36, "TOKEN_EXPIRED", 401;
    /// A token longer than five minutes.
    TokenTooLong = 37, "TOKEN_TOO_LONG", 401;
    /// A token for another chain.
    TokenAudience = 38, "TOKEN_AUDIENCE", 401;
    /// A token signed by a key of another class.
    TokenKeyClass = 39, "TOKEN_KEY_CLASS", 401;
    /// An unknown query field or a value over its bound.
    BadQuery = 40, "BAD_QUERY", 400;
    /// A cursor this service did not make.
    BadCursor = 41, "BAD_CURSOR", 400;
    /// Nothing of that id or index.
    NotFound = 42, "NOT_FOUND", 404;
    /// A proof between sizes that do not exist.
    BadSize = 43, "BAD_SIZE", 400;
    /// An anchor without a quorum of the child's cosigners.
    AnchorQuorum = 44, "ANCHOR_QUORUM", 422;
    /// An anchor inconsistent with the last one.
    AnchorFork = 45, "ANCHOR_FORK", 422;
    /// An anchor not newer than the last one.
    AnchorOld = 46, "ANCHOR_OLD", 409;
    /// A child chain that was never admitted.
    UnknownChild = 47, "UNKNOWN_CHILD", 422;
    /// A proof file of the wrong form.
    BadProofFormat = 48, "BAD_PROOF_FORMAT", 400;
    /// More requests than the member's quota.
    Rate = 49, "RATE", 429;
    /// The service is at its bound; try again.
    Overloaded = 50, "OVERLOADED", 503;
    /// Finality has stalled.
    NoQuorum = 51, "NO_QUORUM", 503;
    /// The disk is full.
    StorageFull = 52, "STORAGE_FULL", 507;
    /// A CSV or upload row that cannot be taken; the detail names line and field.
    Import = 53, "IMPORT", 422;
    /// A digest of the wrong algorithm or length.
    BadDigest = 54, "BAD_DIGEST", 422;
    /// More than is on hand.
    Insufficient = 55, "INSUFFICIENT", 412;
    /// A movement from and to the same place.
    SelfTransfer = 56, "SELF_TRANSFER", 422;
    /// A lot that was never received.
    UnknownLot = 57, "UNKNOWN_LOT", 422;
    /// A genesis, configuration or key file that must not be used; the detail names the field.
    Config = 58, "CONFIG", 422;
    /// The ledger's store is damaged; it repairs itself and refuses to serve until then.
    Corrupt = 59, "CORRUPT", 503;
    /// No token where one is needed.
    TokenMissing = 60, "TOKEN_MISSING", 401;
    /// A bundle message that is not a bundle of an active endorsement node.
    BadBundle = 61, "BAD_BUNDLE", 422;
    /// A ballot by a member that was not in the electorate when the subject was opened.
    NotElector = 62, "NOT_ELECTOR", 403;
    /// A change of members after which the chain would stop, or one liar be too many.
    UnsafeMembership = 63, "UNSAFE_MEMBERSHIP", 422;
    /// Evidence that does not prove what it claims.
    NotEvidence = 64, "NOT_EVIDENCE", 422;
    /// An action of a proposal that cannot be done; the detail says why.
    BadAction = 65, "BAD_ACTION", 422;
    /// A decision without a quorum of the parent's cosigners, or not on a report of this chain.
    BadDecision = 66, "BAD_DECISION", 422;
    /// A second forecast of one model for the same days by the same member.
    ForecastRepeated = 67, "FORECAST_REPEATED", 409;
    /// A forecast whose first step has ended, so that its outcome may be known.
    ForecastLate = 68, "FORECAST_LATE", 422;
    /// A log larger than this chain's is claimed to have been read.
    BadBasis = 69, "BAD_BASIS", 422;
    /// An assessment by other rules than members set.
    RulesNotInForce = 70, "RULES_NOT_IN_FORCE", 422;
    /// Units of another expiry, donation, purchase or unit than those they would be put to.
    LotMixed = 71, "LOT_MIXED", 409;
    /// Fewer free beds than asked for, or no count of them that is fresh.
    NoBed = 72, "NO_BED", 409;
}

/// A refusal: a stable code, the field it is about (may be empty) and how to mend it. It never repeats the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// The field, or empty.
    pub field: &'static str,
    /// A sentence: what is wrong and how to mend it.
    pub detail: String,
}

impl Refusal {
    /// A refusal about no field in particular.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Refusal { code, field: "", detail: detail.into() }
    }

    /// A refusal about a field.
    pub fn of(code: Code, field: &'static str, detail: impl Into<String>) -> Self {
        Refusal { code, field, detail: detail.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code.text(), self.detail)
    }
}

impl std::error::Error for Refusal {}
