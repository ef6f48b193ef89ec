//! A canvas that writes plain SVG 1.1 without scripts, styles or fonts of its own, so that any browser and word processor
//! shows it.

use std::fmt::Write as _;

use super::canvas::{Anchor, Canvas, Colour, HEIGHT, Label, Point, WIDTH};

/// The size of letters where none is named.
const SIZE: f64 = 12.0;

/// A file in the making. Writing to a string does not fail.
pub struct Svg {
    out: String,
}

impl Svg {
    /// White, with a title for those who don't see it.
    pub fn new(title: &str) -> Self {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" font-size=\"{SIZE}\">\n\
             <title>{}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>",
            escape(title)
        );
        Svg { out }
    }

    /// The file.
    pub fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}

impl Canvas for Svg {
    fn rect(&mut self, (x, y): Point, (wide, tall): (f64, f64), colour: Colour) {
        let _ = writeln!(
            self.out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\" fill=\"{}\"/>",
            hex(colour)
        );
    }

    fn line(&mut self, from: Point, to: Point, colour: Colour) {
        let _ = writeln!(
            self.out,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{}\"/>",
            from.0,
            from.1,
            to.0,
            to.1,
            hex(colour)
        );
    }

    fn polygon(&mut self, points: &[Point], colour: Colour, opacity: f64) {
        let (outline, colour) = (list(points), hex(colour));
        let _ = writeln!(self.out, "<polygon points=\"{outline}\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>");
    }

    fn polyline(&mut self, points: &[Point], colour: Colour) {
        let (line, colour) = (list(points), hex(colour));
        let _ =
            writeln!(self.out, "<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
    }

    fn text(&mut self, (x, y): Point, label: &Label<'_>) {
        let anchor = match label.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (size, text, colour) = (label.size, escape(label.text), hex(label.colour));
        let _ = writeln!(
            self.out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>"
        );
    }
}

fn hex(Colour(red, green, blue): Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn list(points: &[Point]) -> String {
    points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
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
