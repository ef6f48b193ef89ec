//! The picture of a forecast: what was counted, the fan of what comes, and where a detector rang. Plain SVG 1.1 without
//! scripts, styles or fonts of its own, so that any browser and word processor shows it.

use std::fmt::Write as _;

use epidemiology::forecast::{Forecast, MEDIAN};
use epidemiology::series::{Frequency, Series};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 420.0;
/// Room for the labels around the plot: left, right, top, bottom.
const ROOM: (f64, f64, f64, f64) = (62.0, 18.0, 64.0, 42.0);
/// Of a longer series the last days or weeks are shown: a fan of two weeks, or of four, is lost beside more of them.
const DAYS_SHOWN: usize = 120;
const WEEKS_SHOWN: usize = 60;
/// The places in `LEVELS` of the ends of the 95, 80 and 50 % intervals, their colours and names.
const BANDS: [(usize, usize, &str, &str); 3] =
    [(1, 21, "#dbe7f5", "95 %"), (3, 19, "#b3cde8", "80 %"), (6, 16, "#7fabd6", "50 %")];
const BLUE: &str = "#1b4f8a";
const RED: &str = "#c02a1d";
const GREY: &str = "#4a4a4a";

/// What is drawn.
pub struct Picture<'a> {
    /// The line above it.
    pub title: &'a str,
    /// What was counted.
    pub series: &'a Series,
    /// What comes next.
    pub forecast: &'a Forecast,
    /// By which model.
    pub model: &'a str,
    /// The detector whose alarms are marked.
    pub detector: &'a str,
    /// The points of the series at which it rang.
    pub alarms: &'a [usize],
}

/// Where counts and points stand in the picture.
struct Scale {
    first: usize,
    points: usize,
    top: f64,
}

impl Scale {
    fn x(&self, index: usize) -> f64 {
        let width = WIDTH - ROOM.0 - ROOM.1;
        ROOM.0 + width * (index.saturating_sub(self.first) as f64 + 0.5) / self.points.max(1) as f64
    }

    fn y(&self, count: f64) -> f64 {
        let height = HEIGHT - ROOM.2 - ROOM.3;
        ROOM.2 + height * (1.0 - (count / self.top).clamp(0.0, 1.0))
    }
}

impl Picture<'_> {
    /// The file.
    pub fn svg(&self) -> String {
        let (past, steps) = (self.series.len(), self.forecast.steps());
        let first = past.saturating_sub(match self.series.frequency() {
            Frequency::Day => DAYS_SHOWN,
            Frequency::Week => WEEKS_SHOWN,
        });
        let shown = self.series.values().iter().skip(first).copied();
        let fan = steps.iter().filter_map(|row| row.get(21).copied());
        let most = shown.chain(fan).fold(1.0, f64::max);
        let step = tick(most);
        let scale = Scale { first, points: past - first + steps.len(), top: (most / step).ceil() * step };
        let mut out = String::new();
        let title = escape(self.title);
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
             <text x=\"{}\" y=\"22\" font-size=\"15\" fill=\"#111111\">{title}</text>",
            ROOM.0
        );
        axes(&mut out, &scale, step, self.series);
        self.counted(&mut out, &scale);
        self.fan(&mut out, &scale);
        self.marks(&mut out, &scale);
        self.legend(&mut out);
        out.push_str("</svg>\n");
        out
    }

    /// A bar for each count.
    fn counted(&self, out: &mut String, scale: &Scale) {
        let wide = ((WIDTH - ROOM.0 - ROOM.1) / scale.points as f64 * 0.8).max(1.0);
        for (index, count) in self.series.values().iter().enumerate().skip(scale.first) {
            let (x, y) = (scale.x(index) - wide / 2.0, scale.y(*count));
            let tall = scale.y(0.0) - y;
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\" fill=\"#8c8c8c\"/>"
            );
        }
    }

    fn fan(&self, out: &mut String, scale: &Scale) {
        let past = self.series.len();
        let last = self.series.values().last().copied().unwrap_or_default();
        let start = (past.saturating_sub(1), last);
        let line = |level: usize| {
            let steps = self.forecast.steps().iter().enumerate();
            let ahead = steps.filter_map(move |(step, row)| Some((past + step, row.get(level).copied()?)));
            std::iter::once(start).chain(ahead).map(|(at, count)| format!("{:.1},{:.1}", scale.x(at), scale.y(count)))
        };
        for (low, high, colour, _) in BANDS {
            let below: Vec<String> = line(low).collect();
            let outline: Vec<String> = line(high).chain(below.into_iter().rev()).collect();
            let _ =
                writeln!(out, "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"0.85\"/>", outline.join(" "));
        }
        let median: Vec<String> = line(MEDIAN).collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{BLUE}\" stroke-width=\"2\"/>",
            median.join(" ")
        );
    }

    fn marks(&self, out: &mut String, scale: &Scale) {
        for index in self.alarms.iter().filter(|index| **index >= scale.first) {
            let count = self.series.values().get(*index).copied().unwrap_or_default();
            mark(out, scale.x(*index), scale.y(count) - 4.0);
        }
    }

    fn legend(&self, out: &mut String) {
        let mut x = ROOM.0;
        let mut label = |out: &mut String, text: &str| {
            let _ = writeln!(out, "<text x=\"{:.0}\" y=\"46\" fill=\"{GREY}\">{}</text>", x + 16.0, escape(text));
            // A letter is some seven wide at this size.
            let at = x;
            x += 34.0 + 6.6 * text.chars().count() as f64;
            at
        };
        let swatch = |out: &mut String, x: f64, colour: &str| {
            let _ = writeln!(out, "<rect x=\"{x:.0}\" y=\"36\" width=\"12\" height=\"12\" fill=\"{colour}\"/>");
        };
        let at = label(out, "counted");
        swatch(out, at, "#8c8c8c");
        let at = label(out, &format!("median of {}", self.model));
        swatch(out, at, BLUE);
        for (_, _, colour, name) in BANDS {
            let at = label(out, name);
            swatch(out, at, colour);
        }
        let at = label(out, &format!("alarm of {}", self.detector));
        mark(out, at + 6.0, 47.0);
    }
}

/// Lines and labels of both axes.
fn axes(out: &mut String, scale: &Scale, step: f64, series: &Series) {
    let right = WIDTH - ROOM.1;
    let lines = (scale.top / step).round() as usize;
    for line in 0..=lines {
        let count = line as f64 * step;
        let y = scale.y(count);
        let _ = writeln!(
            out,
            "<line x1=\"{}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#e2e2e2\"/>\n\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{GREY}\">{count}</text>",
            ROOM.0,
            ROOM.0 - 8.0,
            y + 4.0
        );
    }
    let bottom = scale.y(0.0);
    // A date is some eighty wide; on days, a mark each whole week shows the rhythm.
    let apart = scale.points.div_ceil(9).max(1);
    let apart = if series.frequency() == Frequency::Day && apart > 3 { apart.div_ceil(7) * 7 } else { apart };
    for index in (scale.first..scale.first + scale.points).step_by(apart) {
        let x = scale.x(index);
        let _ = writeln!(
            out,
            "<line x1=\"{x:.1}\" y1=\"{bottom:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"{GREY}\"/>\n\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{GREY}\">{}</text>",
            bottom + 5.0,
            bottom + 20.0,
            series.date(index)
        );
    }
    let _ = writeln!(
        out,
        "<line x1=\"{}\" y1=\"{bottom:.1}\" x2=\"{right}\" y2=\"{bottom:.1}\" stroke=\"{GREY}\"/>",
        ROOM.0
    );
}

/// A red triangle that points down to `(x, y)`.
fn mark(out: &mut String, x: f64, y: f64) {
    let (left, right, above) = (x - 5.0, x + 5.0, y - 9.0);
    let _ =
        writeln!(out, "<polygon points=\"{left:.1},{above:.1} {right:.1},{above:.1} {x:.1},{y:.1}\" fill=\"{RED}\"/>");
}

/// 1, 2 or 5 times a power of ten, so that four to eight steps reach `most`.
fn tick(most: f64) -> f64 {
    let power = 10_f64.powf((most / 4.0).log10().floor());
    let times = [5.0, 2.0, 1.0].into_iter().find(|times| times * power <= most / 4.0).unwrap_or(1.0);
    (times * power).max(1.0)
}

/// Text as XML takes it; control signs, which it takes in no form, become blanks.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            sign if sign.is_control() || matches!(sign, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            sign => out.push(sign),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics")]

    use domain::time::Date;
    use epidemiology::forecast::LEVELS;

    use super::*;

    fn series(frequency: Frequency, points: u32) -> Series {
        let points: Vec<_> = (0..points).map(|at| (Date(18_000 + at * frequency.days()), f64::from(at % 9))).collect();
        Series::new(frequency, &points).unwrap()
    }

    fn picture(series: &Series, title: &str, alarms: &[usize]) -> String {
        let forecast = Forecast::new(vec![LEVELS.map(|level| 20.0 * level); 4]).unwrap();
        Picture { title, series, forecast: &forecast, model: "ensemble", detector: "ears-c2", alarms }.svg()
    }

    #[test]
    fn it_has_a_bar_a_count_a_fan_and_a_mark_an_alarm() {
        let svg = picture(&series(Frequency::Day, 40), "cases", &[9, 30]);
        // Forty bars, the ground, and five swatches of the legend.
        assert_eq!(svg.matches("<rect").count(), 40 + 1 + 5);
        // Three bands, two marks, and the mark of the legend.
        assert_eq!((svg.matches("<polygon").count(), svg.matches("<polyline").count()), (3 + 2 + 1, 1));
        let long = picture(&series(Frequency::Week, 1_000), "cases", &[9, 990]);
        assert_eq!((long.matches("<rect").count(), long.matches("<polygon").count()), (WEEKS_SHOWN + 6, 3 + 1 + 1));
    }

    #[test]
    fn a_label_can_not_become_markup() {
        let svg = picture(&series(Frequency::Day, 12), "<script>\"&\u{0}</script>", &[]);
        assert!(svg.contains("&lt;script&gt;&quot;&amp; &lt;/script&gt;") && !svg.contains("<script"), "{svg}");
    }

    #[test]
    fn ticks_are_round_and_few() {
        for (most, expected) in [(1.0, 1.0), (9.0, 2.0), (21.0, 5.0), (58.0, 10.0), (1_234.0, 200.0), (5e6, 1e6)] {
            assert!((tick(most) - expected).abs() < 1e-9, "{most}: {}", tick(most));
            assert!(most / tick(most) <= 10.0);
        }
    }

    #[test]
    fn no_figure_is_missing_even_of_nothing() {
        let zeros = Series::new(Frequency::Day, &[(Date(18_000), 0.0)]).unwrap();
        for svg in [picture(&zeros, "", &[0]), picture(&series(Frequency::Week, 300), "x", &[])] {
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
