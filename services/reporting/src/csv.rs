//! The columns of an upload of reports; how it is read is `host::rest::import::sheet`.

use host::rest::import::sheet::Columns;

/// Fields of the JSON reports.
pub(crate) const COLUMNS: Columns = Columns {
    numbers: &[
        "counts.suspected",
        "counts.probable",
        "counts.confirmed",
        "counts.asymptomatic",
        "counts.discarded",
        "positives",
        "tested",
        "positive",
    ],
    truths: &[],
    texts: &[
        "kind",
        "disease.code",
        "disease.name",
        "classification",
        "onset_date",
        "report_date",
        "region",
        "facility",
        "age_band",
        "sex",
        "origin",
        "lane",
        "occurred_at",
        "valid_until",
        "summary",
        "method",
        "security",
    ],
};
