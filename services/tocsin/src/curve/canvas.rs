//! What a picture is drawn on: the few shapes that a curve needs, in points from the upper left corner.

/// How wide a picture is.
pub const WIDTH: f64 = 900.0;
/// How tall.
pub const HEIGHT: f64 = 420.0;

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Which end of a text its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text.
pub struct Label<'a> {
    pub text: &'a str,
    pub size: f64,
    pub colour: Colour,
    pub anchor: Anchor,
}

/// A point.
pub type Point = (f64, f64);

/// Shapes are drawn over those before them.
pub trait Canvas {
    /// A filled rectangle by its upper left corner and its size.
    fn rect(&mut self, at: Point, size: (f64, f64), colour: Colour);
    /// A thin line.
    fn line(&mut self, from: Point, to: Point, colour: Colour);
    /// A filled polygon; an opacity of 1 hides what is below.
    fn polygon(&mut self, points: &[Point], colour: Colour, opacity: f64);
    /// A line of two points' width through all of them.
    fn polyline(&mut self, points: &[Point], colour: Colour);
    /// Text on the base line `at`.
    fn text(&mut self, at: Point, label: &Label<'_>);
}
