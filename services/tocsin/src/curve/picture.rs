//! The picture of a forecast: what was counted, the fan of what comes, and where a detector rang; as SVG or as PNG.

use epidemiology::forecast::{Forecast, MEDIAN};
use epidemiology::series::{Frequency, Series};

use super::canvas::{Anchor, Canvas, Colour, HEIGHT, Label, Point, WIDTH};
use super::png::Png;
use super::svg::Svg;

/// Room for the labels around the plot: left, right, top, bottom.
const ROOM: (f64, f64, f64, f64) = (62.0, 18.0, 64.0, 42.0);
/// Of a longer series the last days or weeks are shown: a fan of two weeks, or of four, is lost beside more of them.
const DAYS_SHOWN: usize = 120;
const WEEKS_SHOWN: usize = 60;
/// The places in `LEVELS` of the ends of the 95, 80 and 50 % intervals, their colours and names.
const BANDS: [(usize, usize, Colour, &str); 3] = [
    (1, 21, Colour(0xdb, 0xe7, 0xf5), "95 %"),
    (3, 19, Colour(0xb3, 0xcd, 0xe8), "80 %"),
    (6, 16, Colour(0x7f, 0xab, 0xd6), "50 %"),
];
/// The lines of the plot show through the fan.
const BAND_OPACITY: f64 = 0.85;
const BLUE: Colour = Colour(0x1b, 0x4f, 0x8a);
const RED: Colour = Colour(0xc0, 0x2a, 0x1d);
const GREY: Colour = Colour(0x4a, 0x4a, 0x4a);
const BARS: Colour = Colour(0x8c, 0x8c, 0x8c);
const LINES: Colour = Colour(0xe2, 0xe2, 0xe2);
const BLACK: Colour = Colour(0x11, 0x11, 0x11);
/// Letters of labels, and of the title.
const SMALL: f64 = 12.0;
const LARGE: f64 = 15.0;

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
    /// As an SVG file.
    pub fn svg(&self) -> String {
        let mut svg = Svg::new(self.title);
        self.draw(&mut svg);
        svg.finish()
    }

    /// As a PNG file.
    pub fn png(&self) -> anyhow::Result<Vec<u8>> {
        let mut png = Png::new()?;
        self.draw(&mut png);
        png.finish()
    }

    fn draw(&self, on: &mut dyn Canvas) {
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
        on.text((ROOM.0, 22.0), &Label { text: self.title, size: LARGE, colour: BLACK, anchor: Anchor::Start });
        axes(on, &scale, step, self.series);
        self.counted(on, &scale);
        self.fan(on, &scale);
        self.marks(on, &scale);
        self.legend(on);
    }

    /// A bar for each count.
    fn counted(&self, on: &mut dyn Canvas, scale: &Scale) {
        let wide = ((WIDTH - ROOM.0 - ROOM.1) / scale.points as f64 * 0.8).max(1.0);
        for (index, count) in self.series.values().iter().enumerate().skip(scale.first) {
            let y = scale.y(*count);
            on.rect((scale.x(index) - wide / 2.0, y), (wide, scale.y(0.0) - y), BARS);
        }
    }

    fn fan(&self, on: &mut dyn Canvas, scale: &Scale) {
        let past = self.series.len();
        let last = self.series.values().last().copied().unwrap_or_default();
        let start = (past.saturating_sub(1), last);
        let line = |level: usize| {
            let steps = self.forecast.steps().iter().enumerate();
            let ahead = steps.filter_map(move |(step, row)| Some((past + step, row.get(level).copied()?)));
            std::iter::once(start).chain(ahead).map(|(at, count)| (scale.x(at), scale.y(count)))
        };
        for (low, high, colour, _) in BANDS {
            let below: Vec<Point> = line(low).collect();
            let outline: Vec<Point> = line(high).chain(below.into_iter().rev()).collect();
            on.polygon(&outline, colour, BAND_OPACITY);
        }
        on.polyline(&line(MEDIAN).collect::<Vec<_>>(), BLUE);
    }

    fn marks(&self, on: &mut dyn Canvas, scale: &Scale) {
        for index in self.alarms.iter().filter(|index| **index >= scale.first) {
            let count = self.series.values().get(*index).copied().unwrap_or_default();
            mark(on, (scale.x(*index), scale.y(count) - 4.0));
        }
    }

    fn legend(&self, on: &mut dyn Canvas) {
        let mut x = ROOM.0;
        let mut label = |on: &mut dyn Canvas, text: &str| {
            on.text((x + 16.0, 46.0), &small(text, Anchor::Start));
            // A letter is some seven wide at this size.
            let at = x;
            x += 34.0 + 6.6 * text.chars().count() as f64;
            at
        };
        let swatch = |on: &mut dyn Canvas, x: f64, colour| on.rect((x, 36.0), (12.0, 12.0), colour);
        let at = label(on, "counted");
        swatch(on, at, BARS);
        let at = label(on, &format!("median of {}", self.model));
        swatch(on, at, BLUE);
        for (_, _, colour, name) in BANDS {
            let at = label(on, name);
            swatch(on, at, colour);
        }
        let at = label(on, &format!("alarm of {}", self.detector));
        mark(on, (at + 6.0, 47.0));
    }
}

fn small(text: &str, anchor: Anchor) -> Label<'_> {
    Label { text, size: SMALL, colour: GREY, anchor }
}

/// Lines and labels of both axes.
fn axes(on: &mut dyn Canvas, scale: &Scale, step: f64, series: &Series) {
    let right = WIDTH - ROOM.1;
    let lines = (scale.top / step).round() as usize;
    for line in 0..=lines {
        let count = line as f64 * step;
        let y = scale.y(count);
        on.line((ROOM.0, y), (right, y), LINES);
        on.text((ROOM.0 - 8.0, y + 4.0), &small(&count.to_string(), Anchor::End));
    }
    let bottom = scale.y(0.0);
    // A date is some eighty wide; on days, a mark each whole week shows the rhythm.
    let apart = scale.points.div_ceil(9).max(1);
    let apart = if series.frequency() == Frequency::Day && apart > 3 { apart.div_ceil(7) * 7 } else { apart };
    for index in (scale.first..scale.first + scale.points).step_by(apart) {
        let x = scale.x(index);
        on.line((x, bottom), (x, bottom + 5.0), GREY);
        on.text((x, bottom + 20.0), &small(&series.date(index).to_string(), Anchor::Middle));
    }
    on.line((ROOM.0, bottom), (right, bottom), GREY);
}

/// A red triangle that points down to a point.
fn mark(on: &mut dyn Canvas, (x, y): Point) {
    on.polygon(&[(x - 5.0, y - 9.0), (x + 5.0, y - 9.0), (x, y)], RED, 1.0);
}

/// 1, 2 or 5 times a power of ten, so that four to eight steps reach `most`.
fn tick(most: f64) -> f64 {
    let power = 10_f64.powf((most / 4.0).log10().floor());
    let times = [5.0, 2.0, 1.0].into_iter().find(|times| times * power <= most / 4.0).unwrap_or(1.0);
    (times * power).max(1.0)
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
