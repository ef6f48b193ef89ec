//! Rows of an upload on their way into an outbox: each by itself, and once.
//!
//! An upload is named by its `Idempotency-Key`, or by its bytes. Under one name a row that says the same is the same
//! event, so that a mended file, sent under the name of the first, brings only what was missing. Two uploads of other
//! names are not compared: the same movement twice a day may well be two.

use actix_web::{HttpRequest, HttpResponse};
use domain::record::Kind;
use futures::future::join_all;
use proof::digest::Digest;
use proof::sign::SecretKey;
use serde_json::{Value, json};

use super::{Author, Front, Outcome, fault, no_answer, refused, result};
use crate::outbox::{Once, Sent};
use crate::rest::import::sheet::{self, Columns, Row};
use crate::rest::import::{Fault, Reason};
use crate::rest::{Caller, Problem, asked};

/// How often a row may be refused and be tried again as it is. Who mends a row that often states something else.
const MAX_TRIES: u64 = 8;

impl Front {
    /// Answers an upload of CSV: 202 with `results[]`, an answer for each row with its line, when at least one was taken.
    /// `idempotency_key` is the upload's name. When none was taken it is a problem with the same `results`.
    pub async fn post_sheet(
        &self,
        request: &HttpRequest,
        caller: &Caller,
        (kinds, columns): (&[Kind], &Columns),
        body: &[u8],
    ) -> Result<HttpResponse, Problem> {
        asked::content_type(request, &["text/csv"])?;
        let rows = sheet::read(body, kinds, columns)?;
        let same_file = Digest::of(body).to_string();
        let upload = asked::idempotency_key(request)?.unwrap_or(&same_file);
        Once::new(&caller.0, upload, body)?;
        let (author, secret) = self.author(&caller.0)?;
        let rows = rows.into_iter().map(|row| self.row(author, &secret, (&caller.0, upload), row));
        let answers = join_all(rows).await;
        let results = answers.iter().enumerate().map(|(index, answer)| answer.view(index)).collect::<Vec<_>>();
        let taken = answers.iter().filter(|answer| answer.problem().is_none()).count();
        if taken == 0 {
            // Nothing is wrong with the file where it was we who could not take it.
            let ours = answers.iter().filter_map(Answer::problem).find(Problem::may_pass);
            let none = "no row was taken; mend them as `results` says and send the file again";
            let none = || Problem::from(Fault::of(Reason::NoneTaken, "file", none));
            return Err(ours.unwrap_or_else(none).with_results(results));
        }
        let refused = results.len() - taken;
        let answer = json!({ "taken": taken, "refused": refused, "idempotency_key": upload, "results": results });
        Ok(HttpResponse::Accepted().json(answer))
    }

    async fn row(&self, author: &Author, secret: &SecretKey, upload: (&str, &str), row: Row) -> Answer {
        let outcome = match row.request {
            Ok(request) => Ok(self.once(author, secret, upload, &request).await),
            Err(fault) => Err(fault),
        };
        Answer { line: row.line, outcome }
    }

    /// Submits what a row says, unless it was taken before under the name of this upload.
    async fn once(
        &self,
        author: &Author,
        secret: &SecretKey,
        (member, upload): (&str, &str),
        (kind, value): &(Kind, Value),
    ) -> Outcome {
        let says = value.to_string();
        let mut tries = 0_u64;
        loop {
            let signed = self.sign(secret, Ok((*kind, value.clone())))?;
            let id = wire::event::id_of(&self.genesis().chain_id, &signed);
            let name = Digest::of_parts(&[upload.as_bytes(), says.as_bytes(), &tries.to_be_bytes()]).to_string();
            let once = Once::new(member, &name, says.as_bytes())?;
            let taken = author.outbox.submit_once(&once, vec![signed]).await.map_err(fault)??;
            let submission = taken.into_iter().next().ok_or_else(no_answer)?;
            tries = tries.saturating_add(1);
            // Refused before, it may hold now: the row before it may have been what was mended.
            let before = submission.event_id != id && matches!(submission.result, Sent::Refused(_));
            if !before || tries == MAX_TRIES {
                return Ok(submission);
            }
        }
    }
}

/// What became of a row.
struct Answer {
    line: u64,
    outcome: Result<Outcome, Fault>,
}

impl Answer {
    fn problem(&self) -> Option<Problem> {
        match &self.outcome {
            Ok(outcome) => refused(outcome),
            Err(fault) => Some(fault.clone().into()),
        }
    }

    fn view(&self, index: usize) -> Value {
        let mut view = match &self.outcome {
            Ok(outcome) => result(index, outcome),
            Err(fault) => json!({ "index": index, "problem": Problem::from(fault.clone()).json() }),
        };
        if let Value::Object(row) = &mut view {
            row.insert("line".to_owned(), self.line.into());
        }
        view
    }
}
