//! How long the way is, from coordinates, where no road map is at hand.
//!
//! The great circle (haversine, mean Earth radius 6,371.0 km), stretched by how much longer roads are, at the speed of a
//! transfer ambulance. A figure to rank facilities by, not a navigator's.

/// The mean radius of the Earth in kilometres (IUGG).
const EARTH_KM: f64 = 6371.0;
/// How much longer roads are than the great circle: China's circuity factor by Ballou, Rahardja and Sakai, "Selected
/// country circuity factors for road travel distance estimation", Transportation Research Part A 36 (2002).
const CIRCUITY: f64 = 1.33;
/// Kilometres an hour. An assumption: between the 30 to 40 of a city and the 80 to 100 of a motorway.
const SPEED_KM_H: f64 = 60.0;

/// A point on the Earth in millionths of a degree, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// North positive, at most 90,000,000 either way.
    pub lat_e6: i64,
    /// East positive, at most 180,000,000 either way.
    pub lon_e6: i64,
}

impl Place {
    /// Whether it is on the Earth.
    pub fn is_sound(self) -> bool {
        self.lat_e6.unsigned_abs() <= 90_000_000 && self.lon_e6.unsigned_abs() <= 180_000_000
    }
}

/// Kilometres along the great circle.
pub fn kilometres(from: Place, to: Place) -> f64 {
    let radians = |e6: i64| (e6 as f64 / 1e6).to_radians();
    let (lat1, lat2) = (radians(from.lat_e6), radians(to.lat_e6));
    let (dlat, dlon) = (lat2 - lat1, radians(to.lon_e6.saturating_sub(from.lon_e6)));
    let h = (dlat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (dlon / 2.0).sin().powi(2);
    2.0 * EARTH_KM * h.clamp(0.0, 1.0).sqrt().asin()
}

/// Minutes by road, rounded up.
pub fn minutes(from: Place, to: Place) -> u32 {
    // A cast from a float saturates; half the Earth is 26,000 minutes.
    (kilometres(from, to) * CIRCUITY / SPEED_KM_H * 60.0).ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANJING: Place = Place { lat_e6: 32_060_300, lon_e6: 118_796_900 };
    const SHANGHAI: Place = Place { lat_e6: 31_230_400, lon_e6: 121_473_700 };

    #[test]
    fn nanjing_is_some_270_km_from_shanghai_and_six_hours_by_road() {
        let km = kilometres(NANJING, SHANGHAI);
        assert!((265.0..275.0).contains(&km), "{km}");
        assert_eq!(minutes(NANJING, SHANGHAI), (km * 1.33).ceil() as u32);
        assert_eq!((minutes(NANJING, NANJING), minutes(SHANGHAI, NANJING)), (0, minutes(NANJING, SHANGHAI)));
    }

    #[test]
    fn the_other_side_of_the_earth_is_half_its_girth_away() {
        let (pole, other) = (Place { lat_e6: 90_000_000, lon_e6: 0 }, Place { lat_e6: -90_000_000, lon_e6: 0 });
        assert!((kilometres(pole, other) - std::f64::consts::PI * EARTH_KM).abs() < 1e-6);
    }
}
