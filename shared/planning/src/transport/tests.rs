use super::*;
use proptest::prelude::*;

fn lane(from: usize, to: usize, cost: i64) -> Lane {
    Lane { from, to, cost }
}

/// Every shipment there is, tried: an answer that owes nothing to prices or programmes.
fn cheapest_of_all(problem: &Problem) -> i128 {
    fn go(problem: &Problem, at: usize, units: &mut Vec<u64>, room: &mut Vec<u64>) -> i128 {
        let Some(lane) = problem.lanes.get(at) else { return 0 };
        let most = units[lane.from].min(room[lane.to]);
        let costs = (0..=most).map(|amount| {
            units[lane.from] -= amount;
            room[lane.to] -= amount;
            let cost = i128::from(lane.cost) * i128::from(amount) + go(problem, at + 1, units, room);
            units[lane.from] += amount;
            room[lane.to] += amount;
            cost
        });
        costs.collect::<Vec<_>>().into_iter().min().unwrap()
    }
    go(problem, 0, &mut problem.units.clone(), &mut problem.room.clone())
}

#[test]
fn the_one_with_no_other_way_displaces_who_has_one() {
    // Both would take site 0, which has one place; the second has nothing else.
    let problem = Problem {
        units: vec![1, 1],
        room: vec![1, 1],
        lanes: vec![lane(0, 0, -100), lane(0, 1, -90), lane(1, 0, -95)],
    };
    let shipment = problem.solve().unwrap();
    assert_eq!(shipment.amounts, [0, 1, 1]);
    // One more place at site 0 would save the way to site 1.
    assert_eq!(shipment.prices, [10, 0]);
}

#[test]
fn what_costs_more_than_waiting_waits() {
    let problem = Problem { units: vec![3], room: vec![5, 5], lanes: vec![lane(0, 0, 1), lane(0, 1, 0)] };
    assert_eq!(problem.solve().unwrap().amounts, [0, 0]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let of = |lane| Problem { units: vec![1], room: vec![1], lanes: vec![lane] }.solve();
    assert_eq!(of(lane(0, 1, -1)), Err(Unsolved::Lane(0)));
    assert_eq!(of(lane(0, 0, MAX_COST + 1)), Err(Unsolved::Lane(0)));
    assert_eq!(Problem { units: vec![MAX_UNITS + 1], ..Problem::default() }.solve(), Err(Unsolved::Units));
    let twice = Problem { units: vec![1], room: vec![1], lanes: vec![lane(0, 0, -1), lane(0, 0, -2)] };
    assert_eq!(twice.solve(), Err(Unsolved::Lane(1)));
    let vast = Problem { units: vec![1; 4000], room: vec![1; 4000], lanes: Vec::new() };
    assert_eq!(vast.solve(), Err(Unsolved::Size));
    assert_eq!(Problem::default().solve().unwrap().amounts, []);
}

fn problems(sources: usize, sites: usize, most: u64) -> impl Strategy<Value = Problem> {
    let cost = proptest::option::weighted(0.8, -40i64..5);
    let all = (
        proptest::collection::vec(0..=most, sources),
        proptest::collection::vec(0..=most, sites),
        proptest::collection::vec(cost, sources * sites),
    );
    all.prop_map(move |(units, room, costs)| {
        let lanes = costs.into_iter().enumerate().filter_map(|(at, cost)| Some(lane(at / sites, at % sites, cost?)));
        Problem { units, room, lanes: lanes.collect() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_shipment_at_all_is_cheaper(problem in problems(3, 3, 2)) {
        let shipment = problem.solve().unwrap();
        prop_assert_eq!(problem.cost(&shipment.amounts), cheapest_of_all(&problem));
    }

    /// An independent solver of linear programmes gets the same cost.
    #[test]
    fn a_solver_of_linear_programmes_finds_none_cheaper_either(problem in problems(30, 14, 50)) {
        let shipment = problem.solve().unwrap();
        let mut programme = microlp::Problem::new(microlp::OptimizationDirection::Minimize);
        let mut sources = vec![microlp::LinearExpr::empty(); problem.units.len()];
        let mut sites = vec![microlp::LinearExpr::empty(); problem.room.len()];
        for lane in &problem.lanes {
            let variable = programme.add_var(lane.cost as f64, (0.0, f64::INFINITY));
            sources[lane.from].add(variable, 1.0);
            sites[lane.to].add(variable, 1.0);
        }
        for (sum, most) in sources.into_iter().zip(&problem.units).chain(sites.into_iter().zip(&problem.room)) {
            programme.add_constraint(sum, microlp::ComparisonOp::Le, *most as f64);
        }
        let solution = programme.solve().unwrap().into_solution().unwrap();
        prop_assert_eq!(problem.cost(&shipment.amounts), solution.objective().round() as i128);
    }
}
