//! Whatever the cities report and whenever their anchors come, the province's totals are the sum.

use proptest::prelude::*;

use super::province;
use crate::query;
use crate::refusal::Code;
use crate::stage::*;
use crate::time::Date;

#[derive(Clone, Debug)]
enum Step {
    Report { city: usize, day: u32, count: u64 },
    Later { city: usize, ms: u64 },
    Anchor { city: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..2_usize, 0..6_u32, 0..50_u64).prop_map(|(city, day, count)| Step::Report { city, day, count }),
        2 => (0..2_usize, 0..2000_u64).prop_map(|(city, ms)| Step::Later { city, ms }),
        2 => (0..2_usize).prop_map(|city| Step::Anchor { city }),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_parents_totals_are_the_sum_of_its_childrens(steps in steps()) {
        let (mut province, mut cities) = province(&[]);
        for step in steps {
            match step {
                Step::Report { city, day, count } => {
                    cities[city].say("health", daily(&Date(18_800 + day).to_string(), count));
                }
                Step::Later { city, ms } => drop(cities[city].later(ms)),
                Step::Anchor { city } => {
                    let code = province.raise(&cities[city]);
                    prop_assert!(matches!(code, None | Some(Code::AnchorOld | Code::AnchorQuorum)), "{code:?}");
                }
            }
            // At any time the parent says what its children's latest anchors said.
            let anchored = cities.iter().map(|city| {
                let totals = query::child_totals(&province.state, &city.genesis.chain, 10).unwrap();
                totals.first().map_or(0, |(_, total)| total.counts[2])
            });
            prop_assert_eq!(anchored.sum::<u64>(), province.confirmed());
        }
        for city in &mut cities {
            city.later(2000);
            prop_assert_eq!(province.raise(city), None);
        }
        prop_assert_eq!(cities.iter().map(Stage::confirmed).sum::<u64>(), province.confirmed());
        let days = |stage: &Stage| query::day_totals(&stage.state, "U07.1", Date(0), 100).unwrap();
        let mut sum = std::collections::BTreeMap::<Date, u64>::new();
        for (date, counts) in cities.iter().flat_map(days) {
            *sum.entry(date).or_default() += counts[2];
        }
        let risen = days(&province).into_iter().map(|(date, counts)| (date, counts[2])).collect::<Vec<_>>();
        prop_assert_eq!(sum.into_iter().collect::<Vec<_>>(), risen);
    }
}
