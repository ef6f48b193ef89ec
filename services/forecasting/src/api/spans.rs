//! From which day to which a question looks.

use domain::time::Date;
use host::rest::Problem;
use host::rest::asked::{bad, day};

use crate::answers::MAX_DAYS;

/// The first and last day of the query, in their order and no more than are answered at once.
pub(super) fn span(from: Option<&str>, to: Option<&str>) -> Result<(Option<Date>, Option<Date>), Problem> {
    let (from, to) = (day("from", from)?, day("to", to)?);
    if let Some((from, to)) = from.zip(to) {
        if from > to {
            return Err(bad("from is after to"));
        }
        if to.0 - from.0 >= MAX_DAYS {
            return Err(bad(format!("from and to are more than {MAX_DAYS} days apart")));
        }
    }
    Ok((from, to))
}
