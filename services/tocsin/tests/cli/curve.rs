//! `forecast`, `backtest` and `detect` on files as people have them, and `bench forecast` where there are series.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::place::{arg, text, tocsin};

/// Published daily figures of four cities.
fn jiangsu() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/epidemiology/tests/data/jiangsu_covid_2021_daily.csv")
}

fn ask(command: &str, file: &Path, column: &str, freq: &str, more: &[&str]) -> Output {
    let arguments = [command, "--csv", arg(file), "--column", column, "--freq", freq];
    tocsin().args(arguments).args(more).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "no bar where nobody looks: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A file with these lines.
fn file(folder: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let file = folder.path().join(name);
    std::fs::write(&file, content).unwrap();
    file
}

#[test]
fn every_model_speaks_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, pixels) = (folder.path().join("fan.svg"), folder.path().join("fan.png"));
    let pictures = ["--json", "--svg", arg(&picture), "--png", arg(&pixels)];
    let said = json(&ask("forecast", &jiangsu(), "yangzhou", "day", &pictures));
    assert_eq!((&said["points"], &said["last"], &said["frequency"]), (&53.into(), &"2021-08-22".into(), &"day".into()));
    assert_eq!(said["levels"].as_array().unwrap().len(), 23);
    for model in ["naive", "seasonal-naive", "arima", "gm", "prophet", "lstm", "renewal", "ensemble"] {
        let found = &said["models"][model];
        if found["applicable"] == false {
            assert!(found["why"].as_str().is_some_and(|why| !why.is_empty()), "{model}: {found}");
            continue;
        }
        let steps = found["steps"].as_array().unwrap();
        assert_eq!(
            (steps.len(), &steps[0]["date"], &steps[13]["step"]),
            (14, &"2021-08-23".into(), &14.into()),
            "{model}"
        );
        for step in steps {
            let order = ["lower95", "lower50", "median", "upper50", "upper95"].map(|name| step[name].as_f64().unwrap());
            assert!(order[0] >= 0.0 && order.is_sorted(), "{model}: {step}");
            assert_eq!(step["quantiles"].as_array().unwrap().len(), 23);
        }
    }
    assert_eq!(said["models"]["lstm"]["applicable"], false);
    assert_eq!((&said["ensemble"]["regime"], &said["ensemble"]["members"][0]), (&"outbreak".into(), &"naive".into()));
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg xmlns=") && svg.contains("yangzhou: ensemble, 14 days ahead"), "{svg}");
    // Read by another hand than the one that wrote it: the fan's median, bands over the lines, and marks of alarms.
    let reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(pixels).unwrap()));
    let mut reader = reader.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut samples).unwrap();
    assert_eq!((info.width, info.height, info.color_type), (1800, 840, png::ColorType::Rgb));
    reader.finish().unwrap();
    let count = |colour: [u8; 3]| samples.chunks(3).filter(|pixel| *pixel == colour).count();
    let (white, bars, median, alarms) =
        (count([255; 3]), count([0x8c; 3]), count([0x1b, 0x4f, 0x8a]), count([0xc0, 0x2a, 0x1d]));
    assert!(white > 800_000 && bars > 10_000 && median > 600 && alarms > 500, "{white} {bars} {median} {alarms}");
    // The titles's letters are there: black ink in the first lines, and none right of it.
    let ink = |columns: std::ops::Range<usize>| {
        let rows = samples.chunks(1800 * 3).take(50).flat_map(|row| row[columns.start * 3..columns.end * 3].chunks(3));
        rows.filter(|pixel| pixel.iter().all(|sample| *sample < 0x60)).count()
    };
    assert!(ink(124..700) > 800 && ink(900..1800) == 0, "{} {}", ink(124..700), ink(900..1800));
}

#[test]
fn one_model_is_shown_at_every_step_and_an_unknown_one_is_answered_with_the_list() {
    let output = ask("forecast", &jiangsu(), "nanjing", "day", &["--model", "naive", "--steps", "3"]);
    let said = text(&output.stdout);
    assert!(output.status.success() && said.lines().filter(|line| line.starts_with("naive")).count() == 3, "{said}");
    let output = ask("forecast", &jiangsu(), "nanjing", "day", &["--model", "oracle"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("NO_SUCH_MODEL") && said.contains("arima, arima-log") && said.contains("ensemble"), "{said}");
}

#[test]
fn a_backtest_has_the_figures_of_every_model_at_every_horizon() {
    let more = ["--horizons", "1,7,14", "--origins", "3", "--json"];
    let said = json(&ask("backtest", &jiangsu(), "jiangsu_local_confirmed", "day", &more));
    let models = said["models"].as_object().unwrap();
    assert_eq!(said.as_object().unwrap().len(), 1);
    for (model, horizons) in models {
        assert_eq!(horizons.as_object().unwrap().keys().collect::<Vec<_>>(), ["1", "14", "7"], "{model}");
        for figures in horizons.as_object().unwrap().values() {
            let names: Vec<&String> = figures.as_object().unwrap().keys().collect();
            assert_eq!(names, ["coverage95", "mae", "relative_wis", "rmse", "seconds", "wis"], "{model}");
        }
    }
    for horizon in ["1", "7", "14"] {
        let (naive, ensemble) = (&models["naive"][horizon], &models["ensemble"][horizon]);
        assert_eq!(naive["relative_wis"], 1.0);
        // Of an outbreak this short the ensemble is the naive.
        assert_eq!((&naive["wis"], &naive["mae"]), (&ensemble["wis"], &ensemble["mae"]));
        assert!(models["lstm"][horizon]["wis"].is_null());
    }
    let said = text(&ask("backtest", &jiangsu(), "nanjing", "day", &["--origins", "2"]).stdout);
    assert!(said.contains("relative WIS") && said.contains("lstm: not applicable at 2 origins"), "{said}");
}

/// EARS C1 of Yangzhou: the seven days before 28 July have no case, so that the bound is 3 times the floor of 0.5.
#[test]
fn every_detector_can_be_asked() {
    let said = json(&ask("detect", &jiangsu(), "yangzhou", "day", &["--method", "ears-c1", "--json"]));
    let points = said["points"].as_array().unwrap();
    assert_eq!((points.len(), &points[0]["date"]), (53 - 7, &"2021-07-08".into()));
    let first = points.iter().find(|point| point["alarm"] == true).unwrap();
    let expected = serde_json::json!(
        { "date": "2021-07-28", "count": 2.0, "expected": 0.0, "upper": 1.5, "alarm": true });
    assert_eq!(first, &expected);
    for method in ["alert", "watch", "ears-c2", "ears-c3", "cusum", "ewarn", "fixed"] {
        let said = json(&ask("detect", &jiangsu(), "yangzhou", "day", &["--method", method, "--json"]));
        assert!(said["points"].as_array().unwrap().iter().any(|point| point["alarm"] == true), "{method}");
    }
    let output = ask("detect", &jiangsu(), "yangzhou", "day", &["--method", "tea-leaves"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("NO_SUCH_METHOD") && said.contains("alert, watch, farrington-flexible, ears-c1"), "{said}");
    // Five years of weeks are not there.
    let said = text(&ask("detect", &jiangsu(), "yangzhou", "day", &["--method", "percentile-80"]).stderr);
    assert!(said.contains("SERIES_TOO_SHORT"), "{said}");
}

#[test]
fn weeks_by_number_are_judged_by_farrington() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = String::from("week,cases\n");
    for week in 1..=320 {
        let usual = 10 + week * 7 % 5;
        writeln!(lines, "{week},{}", if week == 315 { 60 } else { usual }).unwrap();
    }
    let weeks = file(&folder, "weeks.csv", lines);
    let said = json(&ask("detect", &weeks, "cases", "week", &["--method", "farrington-flexible", "--json"]));
    let alarms: Vec<&Value> =
        said["points"].as_array().unwrap().iter().filter(|point| point["alarm"] == true).collect();
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    // Week 1 begins on 3 January 2000; 314 weeks later it is 9 January 2006.
    assert_eq!((&alarms[0]["date"], &alarms[0]["count"]), (&"2006-01-09".into(), &60.0.into()));
}

#[test]
fn a_file_that_will_not_do_is_refused_by_code_with_the_status_of_a_wrong_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let days = |counts: &mut dyn Iterator<Item = String>| {
        counts.zip(1..).fold("day,cases\n".to_owned(), |lines, (count, day)| lines + &format!("{day},{count}\n"))
    };
    let table: [(&str, Vec<u8>, &str); 9] = [
        ("empty", Vec::new(), "BAD_CSV"),
        ("junk", vec![0xff; 4096], "BAD_CSV: line 1"),
        ("ragged", b"date,cases\n2021-07-20\n".to_vec(), "BAD_CSV: line 2: 1 fields"),
        (
            "other",
            b"date,deaths\n2021-07-20,1\n".to_vec(),
            "NO_SUCH_COLUMN: no column \"cases\"; there are date, deaths",
        ),
        ("words", b"date,cases\n2021-07-20,many\n".to_vec(), "SERIES_NOT_A_NUMBER: line 2, column cases"),
        ("gap", b"date,cases\n2021-07-20,1\n2021-07-22,1\n".to_vec(), "SERIES_GAP: line 3, column date"),
        ("negative", b"date,cases\n2021-07-20,-1\n".to_vec(), "SERIES_NEGATIVE: line 2, column cases"),
        ("short", days(&mut (0..9).map(|day| day.to_string())).into_bytes(), "SERIES_TOO_SHORT: 9 points"),
        ("constant", days(&mut (0..60).map(|_| "4".to_owned())).into_bytes(), "SERIES_CONSTANT"),
    ];
    for (name, content, expected) in table {
        let file = file(&folder, name, content);
        for command in ["forecast", "backtest"] {
            let output = ask(command, &file, "cases", "day", &["--json"]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command} {name}: {said}");
            assert!(said.contains(expected) && output.stdout.is_empty(), "{command} {name}: {said}");
        }
    }
    let output = ask("detect", &folder.path().join("nowhere.csv"), "cases", "day", &["--method", "fixed"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
}

#[test]
fn the_bench_holds_figures_against_goals() {
    let output = tocsin().args(["bench", "forecast"]).output().unwrap();
    assert!(!output.status.success() && text(&output.stderr).contains("--data"), "{}", text(&output.stderr));
    let Some(series) = std::env::var_os("TOCSIN_SERIES") else {
        eprintln!("the rest is skipped: TOCSIN_SERIES names no folder of series");
        return;
    };
    let arguments = ["bench", "forecast", "--quick", "--json", "--data"];
    let said = json(&tocsin().args(arguments).arg(series).output().unwrap());
    for (regime, found) in said["regimes"].as_object().unwrap() {
        assert_eq!(found["models"]["naive"]["overall"].as_f64().map(|wis| (wis * 1e9).round()), Some(1e9), "{regime}");
        let goals = found["goals"].as_array().unwrap();
        let blown = goals.iter().find(|goal| goal["what"].as_str().unwrap().starts_with("blow-ups")).unwrap();
        assert!(goals.len() >= 3 && blown["met"] == true, "{regime}: {found}");
    }
    assert!(said["detection"]["simulated"]["alert"]["pod"].as_f64().unwrap() >= 0.42, "{}", said["detection"]);
    assert!(said["detection"]["cities"].as_array().unwrap().iter().all(|city| city["met"] == true));
    assert_eq!(said["speed"]["seconds"].as_object().unwrap().len(), 4);
}
