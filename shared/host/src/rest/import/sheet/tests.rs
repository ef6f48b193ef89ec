use super::*;

const COLUMNS: Columns = Columns {
    numbers: &["counts.confirmed"],
    truths: &["up"],
    texts: &["kind", "disease.code", "disease.name", "report_date", "region", "origin"],
};
const KINDS: [Kind; 2] = [Kind::DailyAggregate, Kind::CaseReport];
const HEADER: &str = "kind,disease.code,disease.name,report_date,region,origin,counts.confirmed\n";
const ROW: &str = "daily_aggregate,U07.1,COVID-19,2021-07-21,320100,local,11\n";

fn rows(file: impl AsRef<[u8]>) -> Vec<Row> {
    read(file.as_ref(), &KINDS, &COLUMNS).unwrap()
}

/// Line, field and reason of the rows that are not requests.
fn faults(file: impl AsRef<[u8]>) -> Vec<(u64, String, Reason)> {
    let faults = rows(file).into_iter().filter_map(|row| row.request.err());
    faults.map(|fault| (fault.line.unwrap(), fault.field, fault.reason)).collect()
}

fn whole(file: impl AsRef<[u8]>) -> (Reason, String) {
    let fault = read(file.as_ref(), &KINDS, &COLUMNS).unwrap_err();
    (fault.reason, fault.detail)
}

#[test]
fn a_row_becomes_the_same_request_as_its_json() {
    for mark in ["", "\u{feff}"] {
        let rows = rows(format!("{mark}{HEADER}{ROW}"));
        let (kind, value) = rows[0].request.clone().unwrap();
        assert_eq!((rows[0].line, kind), (2, Kind::DailyAggregate));
        assert_eq!(
            value,
            serde_json::json!({
                "kind": "daily_aggregate", "disease": { "code": "U07.1", "name": "COVID-19" },
                "report_date": "2021-07-21", "region": "320100", "origin": "local", "counts": { "confirmed": 11 }
            })
        );
    }
}

#[test]
fn a_wrong_header_is_told_whole_and_how_it_is_mended() {
    for (file, told) in [
        ("", "there is no column `kind`"),
        (
            "surprise\n1\n",
            "column 1 is unknown; take only kind, disease.code, disease.name, report_date, region, origin,",
        ),
        ("kind,article\na,b\n", "column 2 is unknown; take only kind, "),
        ("surprise\n1\n", " counts.confirmed, up"),
        ("kind,kind\na,b\n", "column kind is there twice"),
        ("region\n320100\n", "there is no column `kind`"),
        ("kind;region\ndaily_aggregate;320100\n", "separate columns by commas"),
        ("=1+1,kind\na,b\n", "column 1 is unknown"),
        ("daily_aggregate,U07.1\n", "column 1 is unknown"),
    ] {
        let (reason, detail) = whole(file);
        assert!(reason == Reason::Header && detail.contains(told), "{file}: {detail}");
    }
    let wide = "kind,".repeat(100_000);
    let (reason, detail) = whole(wide);
    assert!(reason == Reason::Columns && detail.contains("take only kind, "), "{detail}");
}

#[test]
fn no_rows_and_too_many_are_told_whole() {
    assert_eq!(whole(HEADER).0, Reason::Rows);
    let many = |rows: usize| {
        format!("kind,region\n{}", (0..rows).map(|row| format!("case_report,{row}\n")).collect::<String>())
    };
    assert_eq!(rows(many(MAX_ROWS)).len(), MAX_ROWS);
    assert_eq!(whole(many(MAX_ROWS + 1)).0, Reason::Rows);
}

#[test]
fn bad_rows_are_named_by_line_field_and_reason_and_good_ones_stay() {
    let found = faults(format!(
        "{HEADER}{ROW}=1+1,U07.1,COVID-19,2021-07-21,320100,local,11\n\
         daily_aggregate,U07.1,C,2021-07-22,320100,local,1\n\
         nothing,U07.1,C,2021-07-21,320100,local,1\n\
         daily_aggregate,U07.1,C,2021-07-22,320100,local,1.5\nshort\n\
         daily_aggregate,U07.1,C,2021-07-23,320100,local,1,2\n"
    ));
    let of = |line, field: &str, reason| (line, field.to_owned(), reason);
    assert_eq!(
        found,
        [
            of(3, "kind", Reason::Formula),
            of(5, "kind", Reason::Value),
            of(6, "counts.confirmed", Reason::Value),
            of(7, "", Reason::Columns),
            of(8, "", Reason::Columns),
        ]
    );
}

#[test]
fn what_a_spreadsheet_would_compute_is_no_cell() {
    for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\"=1,2\"", "\t=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"] {
        assert_eq!(
            faults(format!("kind,region\ncase_report,{cell}\n")),
            [(2, "region".to_owned(), Reason::Formula)],
            "{cell}"
        );
    }
}

#[test]
fn mixed_encodings_are_named_by_line_and_column_and_other_rows_stay() {
    let file = [
        "kind,region\ncase_report,南京\ncase_report,".as_bytes(),
        b"\xc4\xcf\xbe\xa9\ncase_report,",
        "a\u{fffd}b\n\u{feff}case_report,320100\ncase_report,320200\n".as_bytes(),
    ]
    .concat();
    let of = |line, field: &str| (line, field.to_owned(), Reason::Encoding);
    assert_eq!(faults(&file), [of(3, "region"), of(4, "region"), of(5, "kind")]);
    assert_eq!(rows(&file).len(), 5);
    for wide in [&b"\xff\xfek\0i\0"[..], b"k\0i\0n\0d\0"] {
        assert_eq!(whole(wide).0, Reason::Encoding);
    }
}

#[test]
fn a_row_that_says_what_an_earlier_one_said_names_it() {
    let file = "kind,region\ncase_report,320100\ncase_report, 320100\ncase_report,320200\n\"case_report\",320100\n";
    let found = rows(file).into_iter().filter_map(|row| row.request.err()).collect::<Vec<_>>();
    assert_eq!(
        found.iter().map(|fault| (fault.line, fault.reason)).collect::<Vec<_>>(),
        [(Some(3), Reason::Duplicate), (Some(5), Reason::Duplicate)]
    );
    assert!(found[0].detail.contains("line 2"), "{}", found[0].detail);
}

#[test]
fn a_truth_is_true_or_false() {
    let taken = |cell: &str| rows(format!("kind,up\ncase_report,{cell}\n")).remove(0).request;
    assert_eq!(taken("true").unwrap().1["up"], true);
    assert_eq!(taken("yes").unwrap_err().field, "up");
}
