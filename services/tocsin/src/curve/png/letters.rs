//! Letters as strokes on a grid of five by nine, drawn for this program: a picture needs no fonts of the machine, which in a
//! container has none.
//!
//! Columns 0 to 4 go from left to right, rows 0 to 8 downwards: capitals stand in rows 0 to 6, small letters in 2 to 6, and
//! what hangs below the line reaches row 8. A glyph is a list of strokes, a stroke the digits of its points.

use crate::curve::canvas::Point;

/// A column in parts of a letter's size, and a row: narrow, as a label needs it.
const COLUMN: f64 = 0.095;
const ROW: f64 = 0.118;
/// From one letter to the next, in columns.
const ADVANCE: f64 = 5.7;
/// The row on which letters stand.
const BASE: f64 = 6.0;
/// What is no letter of these.
const BOX: &str = "0040460600";

const GLYPHS: [(char, &str); 92] = [
    (' ', ""),
    ('!', "2024 2526"),
    ('"', "1011 3031"),
    ('#', "1016 3036 0242 0444"),
    ('%', "0640 0010110100 3545463635"),
    ('&', "4602011020310405162644"),
    ('\'', "2021"),
    ('(', "30212536"),
    (')', "10212516"),
    ('*', "1135 3115 0343"),
    ('+', "2125 0343"),
    (',', "2617"),
    ('-', "0343"),
    ('.', "2526"),
    ('/', "0640"),
    ('0', "103041453616050110"),
    ('1', "112026 1636"),
    ('2', "01103041420646"),
    ('3', "01103041423313 334445361605"),
    ('4', "36300444"),
    ('5', "400003334445361605"),
    ('6', "413010010516364544331304"),
    ('7', "004016"),
    ('8', "13020110304142331304051636454433"),
    ('9', "051636454130100102133342"),
    (':', "2223 2526"),
    (';', "2223 2617"),
    ('<', "410345"),
    ('=', "0242 0444"),
    ('>', "014305"),
    ('?', "01103041422324 2526"),
    ('A', "062046 1434"),
    ('B', "06003041423303 3344453606"),
    ('C', "4130100105163645"),
    ('D', "00204244260600"),
    ('E', "40000646 0333"),
    ('F', "400006 0333"),
    ('G', "41301001051636454323"),
    ('H', "0006 4046 0343"),
    ('I', "2026 1030 1636"),
    ('J', "3035261605"),
    ('K', "0006 4004 1346"),
    ('L', "000646"),
    ('M', "0600234046"),
    ('N', "06004640"),
    ('O', "103041453616050110"),
    ('P', "06003041423303"),
    ('Q', "103041453616050110 2446"),
    ('R', "06003041423303 2346"),
    ('S', "413010010213334445361605"),
    ('T', "0040 2026"),
    ('U', "000516364540"),
    ('V', "002640"),
    ('W', "0016233640"),
    ('X', "0046 4006"),
    ('Y', "002340 2326"),
    ('Z', "00400646"),
    ('[', "30202636"),
    ('\\', "0046"),
    (']', "10202616"),
    ('_', "0747"),
    ('a', "4246 4332120305163645"),
    ('b', "0006 0312324345361605"),
    ('c', "4332120305163645"),
    ('d', "4046 4332120305163645"),
    ('e', "04444332120305163645"),
    ('f', "40302126 1232"),
    ('g', "4332120305163645 4247381807"),
    ('h', "0006 0312324346"),
    ('i', "2226 2021"),
    ('j', "22271808 2021"),
    ('k', "0006 4205 1446"),
    ('l', "202536"),
    ('m', "0206 03122326 23324346"),
    ('n', "0206 0312324346"),
    ('o', "123243453616050312"),
    ('p', "0208 0312324345361605"),
    ('q', "4248 4332120305163645"),
    ('r', "0206 042232"),
    ('s', "43321203143445361605"),
    ('t', "20253646 0242"),
    ('u', "0205163645 4246"),
    ('v', "022642"),
    ('w', "0216243642"),
    ('x', "0246 4206"),
    ('y', "0226 4218"),
    ('z', "02420646"),
    ('{', "302122132425 2536"),
    ('|', "2027"),
    ('}', "102122332425 2516"),
    ('~', "03122332"),
    ('·', "2334"),
];

/// How wide a line of text is.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * ADVANCE * COLUMN * size
}

/// The strokes of a line of text: how far each point is to the right of its beginning and above its base line.
pub fn strokes(text: &str, size: f64) -> Vec<Vec<Point>> {
    let glyph = |sign| GLYPHS.iter().find(|(known, _)| *known == sign).map_or(BOX, |(_, strokes)| strokes);
    let place = |number: usize, column: u8, row: u8| {
        let right = (number as f64 * ADVANCE + f64::from(column)) * COLUMN * size;
        (right, (BASE - f64::from(row)) * ROW * size)
    };
    let letters = text.chars().enumerate();
    let strokes = letters.flat_map(|(number, sign)| glyph(sign).split_whitespace().map(move |stroke| (number, stroke)));
    let points = |(number, stroke): (usize, &str)| {
        let pairs = stroke.as_bytes().as_chunks::<2>().0.iter();
        pairs.map(|[column, row]| place(number, column.saturating_sub(b'0'), row.saturating_sub(b'0'))).collect()
    };
    strokes.map(points).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_is_on_the_grid_and_no_two_signs_but_nought_and_o_look_alike() {
        for (place, (sign, strokes)) in GLYPHS.iter().enumerate() {
            for stroke in strokes.split_whitespace() {
                let (pairs, rest) = stroke.as_bytes().as_chunks::<2>();
                let on_grid = |pair: &[u8; 2]| (b'0'..=b'4').contains(&pair[0]) && (b'0'..=b'8').contains(&pair[1]);
                assert!(rest.is_empty() && pairs.len() > 1 && pairs.iter().all(on_grid), "{sign}: {stroke}");
            }
            let twin = GLYPHS.iter().skip(place + 1).find(|(other, same)| same == strokes || other == sign);
            assert!(twin.is_none() || *sign == '0', "{sign} and {twin:?}");
        }
        let printable = (' '..='~').filter(|sign| !GLYPHS.iter().any(|(known, _)| known == sign)).collect::<String>();
        assert_eq!(printable, "$@^`");
    }

    #[test]
    fn a_line_is_as_wide_as_its_letters_and_stands_on_its_base() {
        assert!((width("12", 10.0) - 2.0 * width("1", 10.0)).abs() < 1e-9);
        let low = |text: &str| strokes(text, 12.0).concat().iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        assert!(low("Ab").abs() < 1e-9 && low("g") < -1.0);
        assert_eq!(strokes("疫", 12.0).len(), 1, "a box");
    }
}
