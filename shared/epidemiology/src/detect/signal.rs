//! From alarms to signals: one per outbreak, whatever the number of points that alarm.
//!
//! People answer signals, not points. The first alarm opens one; it stays open as long as alarms follow within the refractory
//! period, counted in days from the last alarm and not in weeks of a calendar.

use crate::series::Frequency;

/// Days without an alarm after which the next one is a new outbreak: two maximum incubation periods of 14 days, the time after
/// which most outbreaks are declared over.
pub const REFRACTORY_DAYS: u32 = 28;

/// Whether the alarm at `index` opens a signal: it is one, and none was in the refractory period before it.
pub fn opens(alarms: &[bool], index: usize, frequency: Frequency) -> bool {
    let quiet = (REFRACTORY_DAYS / frequency.days()) as usize;
    let before = alarms.get(index.saturating_sub(quiet)..index).unwrap_or_default();
    alarms.get(index).is_some_and(|alarm| *alarm) && !before.contains(&true)
}

/// The points at which signals open.
pub fn signals(alarms: &[bool], frequency: Frequency) -> Vec<usize> {
    (0..alarms.len()).filter(|index| opens(alarms, *index, frequency)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outbreak_is_one_signal_and_the_next_one_is_another() {
        let mut weeks = [false; 20];
        for alarm in [3, 4, 6, 10, 15] {
            weeks[alarm] = true;
        }
        // 10 follows 6 within four weeks; 15 follows 10 after five.
        assert_eq!(signals(&weeks, Frequency::Week), [3, 15]);
        assert!(signals(&[], Frequency::Day).is_empty() && !opens(&weeks, 99, Frequency::Week));
    }

    #[test]
    fn sunday_and_monday_are_neighbours() {
        let mut days = [false; 60];
        (0..40).for_each(|day| days[day] = day % 7 != 3);
        assert_eq!(signals(&days, Frequency::Day), [0]);
        days = [false; 60];
        (days[1], days[30]) = (true, true);
        assert_eq!(signals(&days, Frequency::Day), [1, 30]);
        days[29] = true;
        assert_eq!(signals(&days, Frequency::Day), [1]);
    }
}
