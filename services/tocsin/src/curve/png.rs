//! A canvas of pixels that becomes a PNG file, for where no SVG is taken: a chat, a slide, a printed page.
//!
//! It needs no fonts: letters are strokes ([`letters`]). What is no letter of theirs shows as a box; an SVG shows every
//! script.

mod letters;

use std::io::Write as _;

use anyhow::Context;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::canvas::{Anchor, Canvas, Colour, HEIGHT, Label, Point, WIDTH};

/// Pixels a point: sharp on screens of today and on paper at half a page.
const SCALE: f32 = 2.0;
/// What every PNG file begins with (PNG specification, section 5.2).
const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
/// Eight bits a sample, red, green and blue; the only compression and filtering there are; not interlaced.
const KIND: [u8; 5] = [8, 2, 0, 0, 0];
/// The thickness of a line, of a curve, and of a letter in parts of its size.
const THIN: f32 = 1.0;
const THICK: f32 = 2.0;
const PEN: f64 = 0.085;

/// A picture in the making.
pub struct Png {
    pixels: Pixmap,
}

impl Png {
    /// White.
    pub fn new() -> anyhow::Result<Self> {
        let (wide, tall) = ((WIDTH as f32 * SCALE) as u32, (HEIGHT as f32 * SCALE) as u32);
        let mut pixels = Pixmap::new(wide, tall).context("a picture of that size")?;
        pixels.fill(tiny_skia::Color::WHITE);
        Ok(Png { pixels })
    }

    /// The file.
    pub fn finish(self) -> anyhow::Result<Vec<u8>> {
        let (wide, tall) = (self.pixels.width(), self.pixels.height());
        let mut rows = ZlibEncoder::new(Vec::new(), Compression::default());
        let bytes_a_row = usize::try_from(wide)? * 4;
        for row in self.pixels.data().chunks(bytes_a_row) {
            // Filter 0: the samples as they are. The ground is opaque, so that what covers it needs no fourth sample.
            let samples = row.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]);
            rows.write_all(&std::iter::once(0).chain(samples).collect::<Vec<_>>())?;
        }
        let head = [&wide.to_be_bytes()[..], &tall.to_be_bytes(), &KIND].concat();
        let mut out = SIGNATURE.to_vec();
        for (name, data) in [(b"IHDR", head), (b"IDAT", rows.finish()?), (b"IEND", Vec::new())] {
            chunk(&mut out, name, &data)?;
        }
        Ok(out)
    }

    fn fill(&mut self, path: Option<Path>, colour: Colour, opacity: f64) {
        // A path without an area covers nothing.
        let Some(path) = path else { return };
        let transform = Transform::from_scale(SCALE, SCALE);
        self.pixels.fill_path(&path, &paint(colour, opacity), FillRule::Winding, transform, None);
    }

    fn stroke(&mut self, points: &[Point], colour: Colour, width: f32) {
        let Some(path) = path(points, false) else { return };
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixels.stroke_path(&path, &paint(colour, 1.0), &stroke, Transform::from_scale(SCALE, SCALE), None);
    }
}

impl Canvas for Png {
    fn rect(&mut self, (x, y): Point, (wide, tall): (f64, f64), colour: Colour) {
        let rect = Rect::from_xywh(x as f32, y as f32, wide as f32, tall as f32);
        self.fill(rect.map(PathBuilder::from_rect), colour, 1.0);
    }

    fn line(&mut self, from: Point, to: Point, colour: Colour) {
        self.stroke(&[from, to], colour, THIN);
    }

    fn polygon(&mut self, points: &[Point], colour: Colour, opacity: f64) {
        self.fill(path(points, true), colour, opacity);
    }

    fn polyline(&mut self, points: &[Point], colour: Colour) {
        self.stroke(points, colour, THICK);
    }

    fn text(&mut self, (x, y): Point, label: &Label<'_>) {
        let wide = letters::width(label.text, label.size);
        let left = x - match label.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => wide / 2.0,
            Anchor::End => wide,
        };
        for stroke in letters::strokes(label.text, label.size) {
            let placed = stroke.into_iter().map(|(right, up)| (left + right, y - up)).collect::<Vec<_>>();
            self.stroke(&placed, label.colour, (label.size * PEN) as f32);
        }
    }
}

fn paint(Colour(red, green, blue): Colour, opacity: f64) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, (opacity * 255.0).round() as u8);
    paint
}

fn path(points: &[Point], closed: bool) -> Option<Path> {
    let (first, rest) = points.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(first.0 as f32, first.1 as f32);
    rest.iter().for_each(|(x, y)| path.line_to(*x as f32, *y as f32));
    if closed {
        path.close();
    }
    path.finish()
}

/// Length, name, data, and the CRC-32 of name and data.
fn chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) -> anyhow::Result<()> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(data);
    out.extend(u32::try_from(data.len())?.to_be_bytes());
    out.extend(name);
    out.extend(data);
    out.extend(crc.sum().to_be_bytes());
    Ok(())
}
