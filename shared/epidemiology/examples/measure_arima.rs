#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used)]
use domain::time::Date;
use epidemiology::backtest::{Plan, backtest};
use epidemiology::forecast::*;
use epidemiology::models::arima::{Arima, Scale};
use epidemiology::models::naive::Naive;
use epidemiology::models::seasonal_naive::SeasonalNaive;
use epidemiology::random::Random;
use epidemiology::series::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

const DIR: &str = "/work/shared/data/open";
fn col(file: &str, column: &str) -> Vec<(String, f64)> {
    let mut r = csv::Reader::from_path(Path::new(DIR).join(file)).unwrap();
    let at = r.headers().unwrap().iter().position(|n| n == column).unwrap();
    r.records()
        .map(|x| {
            let x = x.unwrap();
            (x[0].to_string(), x[at].parse().unwrap_or(0.0))
        })
        .collect()
}
fn ser(v: &[f64], f: Frequency) -> Series {
    let p: Vec<_> = v.iter().enumerate().map(|(i, v)| (Date(14000 + (i as u32) * f.days()), v.max(0.0))).collect();
    Series::new(f, &p).unwrap()
}
fn vals(file: &str, column: &str) -> Vec<f64> {
    col(file, column).into_iter().map(|x| x.1).collect()
}
fn trim(v: &[f64]) -> Vec<f64> {
    let a = v.iter().position(|x| *x > 0.0).unwrap_or(0);
    v[a..].to_vec()
}
fn waves(seed: u64, n: usize) -> Vec<f64> {
    let mut r = Random::new(seed);
    let week: Vec<f64> = (0..7).map(|d| if d == 5 { 0.75 } else if d == 6 { 0.6 } else { 1.1 } + 0.05 * r.normal()).collect();
    let mut inf: Vec<f64> = vec![10.0 + 30.0 * r.uniform(); 10];
    let mut lr: f64 = 0.15;
    let mut target: f64 = 0.15;
    let mut out = vec![];
    for t in 0..n {
        if t % 25 == 0 {
            let level: f64 = inf[inf.len() - 1];
            target = 0.25 * r.normal() - 0.1 * ((level / 200.0).max(0.05).ln()).clamp(-2.0, 2.0);
        }
        lr += 0.12 * (target - lr) + 0.02 * r.normal();
        let lam: f64 = inf.iter().rev().take(8).sum::<f64>() / 8.0;
        let m = (lam * lr.exp()).clamp(1.0, 1e5);
        inf.push(m);
        let obs = m * week[t % 7];
        let v = (obs + (obs + 0.02 * obs * obs).sqrt() * r.normal()).max(0.0).round();
        out.push(v);
    }
    out
}
fn cities() -> Vec<(String, Vec<f64>)> {
    let mut r = csv::Reader::from_path(Path::new(DIR).join("cn_cities_covid_2020q1_cumulative.csv")).unwrap();
    let mut m: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for x in r.records() {
        let x = x.unwrap();
        m.entry(format!("{}/{}", &x[1], &x[2])).or_default().push((x[0].to_string(), x[3].parse().unwrap()));
    }
    let mut out = vec![];
    for (k, v) in m {
        if v.len() < 40 {
            continue;
        }
        let c: Vec<f64> = v.iter().map(|x| x.1).collect();
        let mut d: Vec<f64> = vec![c[0]];
        d.extend(c.windows(2).map(|w| w[1] - w[0]));
        let neg = d.iter().filter(|x| **x < 0.0).count();
        if neg > 0 || c[c.len() - 1] < 60.0 || k.starts_with("湖北") {
            continue;
        }
        d.truncate(60);
        out.push((k, d));
    }
    out
}
fn regime(name: &str) -> (Vec<(String, Series)>, Vec<usize>) {
    use Frequency::*;
    let s = |n: &str, v: Vec<f64>, f| (n.to_string(), ser(&v, f));
    match name {
        "short" => (
            vec![
                s("nanjing21", vals("jiangsu_covid_2021_daily.csv", "nanjing"), Day),
                s("yangzhou21", vals("jiangsu_covid_2021_daily.csv", "yangzhou"), Day),
                s("wenzhou", vals("cn_wenzhou_covid_2020_daily.csv", "new_cases"), Day),
                s("beijing20", vals("cn_beijing_covid_2020_daily.csv", "new_cases"), Day),
                s("nanjing20", vals("cn_nanjing_covid_2020_daily.csv", "new_cases"), Day),
            ],
            vec![1, 7, 14],
        ),
        "shorttrim" => {
            (regime("short").0.into_iter().map(|(n, x)| (n, ser(&trim(x.values()), Day))).collect(), vec![1, 7, 14])
        }
        "cities" => (cities().into_iter().map(|(n, v)| (n, ser(&v, Day))).collect(), vec![1, 7, 14]),
        "long" => {
            let sars: Vec<f64> = ["cases_travel", "cases_household", "cases_healthcare", "cases_other"]
                .iter()
                .map(|c| vals("sars_canada_2003.csv", c))
                .fold(vec![0.0; 110], |a, b| a.iter().zip(b).map(|(x, y)| x + y).collect());
            (
                vec![
                    s("kikwit", vals("ebola_kikwit_1995.csv", "onset"), Day),
                    s("sars", sars, Day),
                    s("wuhan", vals("cn_wuhan_covid_2020_daily.csv", "new_cases"), Day),
                    s("zika", vals("zika_girardot_2015.csv", "cases"), Day),
                ],
                vec![1, 7, 14],
            )
        }
        "waves" => ((0..8).map(|i| s(&format!("wave{i}"), waves(100 + i, 400), Day)).collect(), vec![1, 7, 14]),
        "endemic" => (
            (1..=10)
                .flat_map(|a| [1, 3].map(|b| format!("open_s{a:02}_r{b:02}")))
                .map(|n| s(&n, vals("sim_weekly_open_cases.csv", &n), Week))
                .collect(),
            vec![1, 2, 4],
        ),
        "endemic2" => (
            (1..=10)
                .flat_map(|a| [2, 4, 5].map(|b| format!("open_s{a:02}_r{b:02}")))
                .map(|n| s(&n, vals("sim_weekly_open_cases.csv", &n), Week))
                .collect(),
            vec![1, 2, 4],
        ),
        "flu" => (
            ["US", "06", "12", "13", "17", "25", "36", "48", "53", "08", "39"]
                .iter()
                .map(|n| s(n, vals("flusight_hosp_weekly_2022_to_2024-07.csv", n), Week))
                .collect(),
            vec![1, 2, 4],
        ),
        "flu53" => {
            let mut r =
                csv::Reader::from_path(Path::new(DIR).join("flusight_hosp_weekly_2022_to_2024-07.csv")).unwrap();
            let names: Vec<String> = r.headers().unwrap().iter().skip(1).map(String::from).collect();
            (
                names.iter().map(|n| s(n, vals("flusight_hosp_weekly_2022_to_2024-07.csv", n), Week)).collect(),
                vec![1, 2, 3, 4],
            )
        }
        _ => panic!(),
    }
}
struct Med(&'static str, Vec<Box<dyn Model + Sync>>);
impl Model for Med {
    fn name(&self) -> &'static str {
        self.0
    }
    fn forecast(&self, s: &Series, k: usize) -> Result<Forecast, NotApplicable> {
        let f: Vec<_> = self.1.iter().filter_map(|m| m.forecast(s, k).ok()).collect();
        Forecast::new(
            (0..k)
                .map(|i| {
                    std::array::from_fn(|q| {
                        let mut v: Vec<f64> = f.iter().map(|x| x.steps()[i][q]).collect();
                        v.sort_by(f64::total_cmp);
                        quantile_of_sorted(&v, 0.5)
                    })
                })
                .collect(),
        )
    }
}
/// average of quantiles
struct Mix(&'static str, Vec<Box<dyn Model + Sync>>);
impl Model for Mix {
    fn name(&self) -> &'static str {
        self.0
    }
    fn forecast(&self, s: &Series, k: usize) -> Result<Forecast, NotApplicable> {
        let f: Vec<_> = self.1.iter().map(|m| m.forecast(s, k)).collect::<Result<_, _>>()?;
        Forecast::new(
            (0..k)
                .map(|i| std::array::from_fn(|q| f.iter().map(|x| x.steps()[i][q]).sum::<f64>() / f.len() as f64))
                .collect(),
        )
    }
}
fn models(names: &[String]) -> Vec<Box<dyn Model + Sync>> {
    fn one(n: &str) -> Box<dyn Model + Sync> {
        match n {
            "naive" => Box::new(Naive::default()),
            "snaive" => Box::new(SeasonalNaive),
            "raw" => Box::new(Arima { scale: Scale::Raw }),
            "log" => Box::new(Arima { scale: Scale::Log }),
            "root" => Box::new(Arima { scale: Scale::Root }),
            "ens" => Box::new(epidemiology::models::ensemble::Ensemble::default()),
            "plog" => Box::new(epidemiology::models::prophet::Prophet { log_scale: true, seed: 3 }),
            "renewal" => Box::new(epidemiology::models::renewal::Renewal {
                interval: epidemiology::reproduction::SerialInterval::new(5.0, 3.0).unwrap(),
                seed: 7,
            }),
            _ => panic!("{n}"),
        }
    }
    names
        .iter()
        .map(|n| {
            if n.contains(',') {
                Box::new(Med(Box::leak(n.clone().into_boxed_str()), n.split(',').map(one).collect()))
                    as Box<dyn Model + Sync>
            } else if n.contains('+') {
                Box::new(Mix(Box::leak(n.clone().into_boxed_str()), n.split('+').map(one).collect()))
                    as Box<dyn Model + Sync>
            } else {
                one(n)
            }
        })
        .collect()
}
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let (list, horizons) = regime(&a[0]);
    let count: usize = a[1].parse().unwrap();
    let verbose = std::env::var("V").is_ok();
    let m = models(&a[2..]);
    let out = Mutex::new(BTreeMap::new());
    let next = std::sync::atomic::AtomicUsize::new(0);
    let t0 = Instant::now();
    std::thread::scope(|sc| {
        for _ in 0..2 {
            sc.spawn(|| {
                loop {
                    let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if i >= list.len() {
                        break;
                    }
                    let (n, s) = &list[i];
                    let Ok(plan) = (match std::env::var("RANGE") {
                        Ok(r) => {
                            let (a, b) = r.split_once('-').unwrap();
                            let (a, b): (usize, usize) = (a.parse().unwrap(), b.parse().unwrap());
                            Ok(Plan {
                                origins: (0..count).map(|i| a + (b - a) * i / (count - 1)).collect(),
                                horizons: horizons.clone(),
                            })
                        }
                        _ => Plan::spread(s, count, &horizons),
                    }) else {
                        eprintln!("{n} too short {}", s.len());
                        continue;
                    };
                    let refs: Vec<&dyn Model> = m.iter().map(|x| &**x as &dyn Model).collect();
                    let e = backtest(s, &refs, &plan, &mut || t0.elapsed().as_secs_f64(), &mut |_, _| ());
                    out.lock().unwrap().insert(n.clone(), e);
                }
            });
        }
    });
    let out = out.into_inner().unwrap();
    println!("{} {} series, {:.1}s", a[0], out.len(), t0.elapsed().as_secs_f64());
    for (k, model) in m.iter().enumerate() {
        print!("{:28}", model.name());
        for (h, hz) in horizons.iter().enumerate() {
            let r: Vec<f64> = out.values().filter_map(|e| e[k].worth[h].relative_wis).map(|r| r.max(0.05)).collect();
            let c: Vec<f64> = out.values().filter_map(|e| e[k].worth[h].coverage95).collect();
            let g = (r.iter().map(|x| x.ln()).sum::<f64>() / r.len() as f64).exp();
            print!(" | h{hz} {g:.3} cov {:.3}", c.iter().sum::<f64>() / c.len() as f64);
        }
        let na: usize = out.values().map(|e| e[k].not_applicable.len()).sum();
        println!(" | na {na} sec {:.4}", out.values().map(|e| e[k].seconds).sum::<f64>() / out.len() as f64);
        if verbose {
            for (n, e) in &out {
                println!(
                    "   {n:14} {}",
                    e[k].worth
                        .iter()
                        .map(|w| format!(
                            "{:.2}({:.2}) n{}",
                            w.relative_wis.unwrap_or(f64::NAN),
                            w.coverage95.unwrap_or(f64::NAN),
                            w.scored
                        ))
                        .collect::<Vec<_>>()
                        .join("  ")
                );
            }
        }
    }
}
