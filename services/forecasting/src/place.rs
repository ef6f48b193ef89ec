//! A disease in a region: what early warning looks at, and how keys of stored rows name it, as `<disease>/<region>`.

use domain::event::Disease;
use domain::time::Date;

pub(crate) use domain::query::Place;

/// A day of a place.
pub(crate) type DayKey = (Place, Date);

/// The place of a code and a region.
pub(crate) fn named(disease: &str, region: &str) -> Place {
    Place { disease: disease.to_owned(), region: region.to_owned() }
}

/// The place of a disease in a region.
pub(crate) fn of(disease: &Disease, region: &str) -> Place {
    named(&disease.code, region)
}

/// How keys name it; neither part holds a slash.
pub(crate) fn text(place: &Place) -> String {
    format!("{}/{}", place.disease, place.region)
}

/// The next place of a key that was split at its slashes.
pub(crate) fn read<'a>(parts: &mut impl Iterator<Item = &'a str>) -> Option<Place> {
    Some(named(parts.next()?, parts.next()?))
}
