//! Changed figures are named as sums that do not close, in the file as in the leaf.

use proptest::prelude::*;

use super::*;

/// What verification says of the golden text with pieces replaced.
#[track_caller]
fn changed(replacements: &[(&str, &str)], children: &[&str]) -> String {
    let mut text = golden_rollup().text();
    for (from, to) in replacements {
        let before = text.clone();
        text = text.replacen(from, to, 1);
        assert_ne!(text, before, "{from:?}");
    }
    verdict(&RollupProof::parse(&text).unwrap(), children).unwrap_err().to_string()
}

/// What it says when the cosigners of a chain sealed a leaf that lies.
fn sealed(sum: &dyn Fn(&str, &mut RollupLeaf), children: &[&str]) -> String {
    verdict(&Forger { sum, ..HONEST }.proof(), children).unwrap_err().to_string()
}

fn line(part: &str, confirmed: u64) -> String {
    format!("part {part} 0 suspected, 0 probable, {confirmed} confirmed, 4 asymptomatic, 0 discarded\n")
}

#[test]
fn a_city_left_out_of_the_file_is_named_with_the_sum_that_does_not_close() {
    let nanjing = line("cn.32.01", 235);
    assert_eq!(
        changed(&[(&nanjing, "")], &CITIES),
        "cn.32: child cn.32.01 is left out; \
         cn.32 U07.1 confirmed: the parts give 583, the total says 818; \
         cn.32 U07.1 asymptomatic: the parts give 4, the total says 8"
    );
    assert_eq!(
        changed(&[(&nanjing, "")], &[]),
        "cn.32 U07.1 confirmed: the parts give 583, the total says 818; \
         cn.32 U07.1 asymptomatic: the parts give 4, the total says 8; \
         cn.32: child cn.32.01 is left out"
    );
    let suqian = line("cn.32.13", 0).replace("4 asym", "0 asym");
    assert_eq!(changed(&[(&suqian, "")], &[]), "cn.32: child cn.32.13 is left out", "though no sum needs it");
}

#[test]
fn a_city_counted_twice_is_named() {
    let yangzhou = line("cn.32.10", 583);
    let twice = changed(&[(&yangzhou, &format!("{yangzhou}{yangzhou}"))], &CITIES);
    let wanted = "cn.32: child cn.32.10 counts twice; cn.32 U07.1 confirmed: the parts give 1401, the total says 818";
    assert!(twice.starts_with(wanted), "{twice}");
    let renamed = changed(&[(&line("cn.32.01", 235), &line("cn.32.10", 235))], &CITIES);
    assert!(renamed.starts_with("cn.32: child cn.32.10 counts twice; cn.32: child cn.32.01 is left out"), "{renamed}");
    // Counted again one level up, under a chain that it is no direct child of.
    let both = changed(&[(&line("cn.33", 7), &(line("cn.33", 7) + &yangzhou))], &[]);
    assert!(both.starts_with("cn: cn.32.10 is no part of it; cn U07.1 confirmed: the parts give 1408,"), "{both}");
}

#[test]
fn a_changed_figure_is_named() {
    assert_eq!(
        changed(&[("235 confirmed", "234 confirmed")], &CITIES),
        "cn.32 U07.1 confirmed: the parts give 817, the total says 818; \
         cn.32 U07.1 confirmed: cn.32.01 is 234 in the file and 235 in the leaf"
    );
    assert_eq!(
        changed(&[("total 0 suspected, 1 probable, 818", "total 0 suspected, 1 probable, 819")], &CITIES),
        "cn.32 U07.1 confirmed: the parts give 818, the total says 819; \
         cn U07.1 confirmed: cn.32 counts as 818, its own total says 819; \
         cn.32 U07.1 confirmed: the total is 819 in the file and 818 in the leaf"
    );
    // Two lines changed so that the sum closes again.
    assert_eq!(
        changed(&[("235 confirmed", "335 confirmed"), ("583 confirmed", "483 confirmed")], &CITIES),
        "cn.32 U07.1 confirmed: cn.32.01 is 335 in the file and 235 in the leaf; \
         cn.32 U07.1 confirmed: cn.32.10 is 483 in the file and 583 in the leaf"
    );
    assert_eq!(
        changed(&[("own 0 suspected, 1 probable", "own 0 suspected, 0 probable")], &CITIES),
        "cn.32 U07.1 probable: the parts give 0, the total says 1; \
         cn.32 U07.1 probable: its own part is 0 in the file and 1 in the leaf"
    );
    let (nanjing, yangzhou) = (line("cn.32.01", 235), line("cn.32.10", 583));
    assert_eq!(
        changed(&[(&format!("{nanjing}{yangzhou}"), &format!("{yangzhou}{nanjing}"))], &CITIES),
        "cn.32: the children stand in another order than in the leaf"
    );
}

/// A lie in the leaf of one chain.
fn lie<'a>(chain: &'a str, change: &'a dyn Fn(&mut RollupLeaf)) -> impl Fn(&str, &mut RollupLeaf) + 'a {
    move |of, leaf| {
        if of == chain {
            change(leaf)
        }
    }
}

#[test]
fn leaves_that_a_chain_sealed_falsely_are_named_too() {
    let without = |leaf: &mut RollupLeaf| {
        leaf.parts.remove(0);
        leaf.total = [0, 1, 583, 4, 0];
    };
    let found = sealed(&lie("cn.32", &without), &CITIES);
    assert!(found.starts_with("cn.32: child cn.32.01 is left out"), "{found}");
    let unbalanced = |leaf: &mut RollupLeaf| drop(leaf.parts.remove(0));
    let found = sealed(&lie("cn.32", &unbalanced), &[]);
    assert!(found.starts_with("cn.32 U07.1 confirmed: the parts give 583, the total says 818"), "{found}");
    let twice = |leaf: &mut RollupLeaf| {
        leaf.parts.push(leaf.parts[1].clone());
        leaf.total = [0, 1, 1401, 12, 0];
    };
    let found = sealed(&lie("cn.32", &twice), &CITIES);
    assert_eq!(found, "cn.32: child cn.32.10 counts twice");
    let raised = |leaf: &mut RollupLeaf| {
        leaf.parts[0].counts[2] = 900;
        leaf.total[2] = 907;
    };
    assert_eq!(sealed(&lie("cn", &raised), &[]), "cn U07.1 confirmed: cn.32 counts as 900, its own total says 818");
    let overflowing = |leaf: &mut RollupLeaf| {
        leaf.parts[0].counts[2] = u64::MAX;
        leaf.parts[1].counts[2] = 819;
        leaf.total[2] = 818;
    };
    assert_eq!(
        sealed(&lie("cn.32", &overflowing), &[]),
        "cn.32 U07.1 confirmed: the parts give 18446744073709552434, the total says 818"
    );
}

#[test]
fn children_that_must_appear_must_appear_somewhere() {
    let missing = |children: &[&str]| verdict(&golden_rollup(), children).unwrap_err().to_string();
    assert_eq!(missing(&["cn.32", "cn.34"]), "cn: child cn.34 is left out");
    assert_eq!(missing(&["cn.33.01"]), "cn.33: child cn.33.01 is left out", "cn.33 is not broken down");
}

proptest! {
    /// Whatever figures are written, the file is believed only when they are those of the leaves.
    #[test]
    fn only_the_leaves_figures_are_believed(
        level in 0..2_usize,
        line in 0..5_usize,
        class in 0..5_usize,
        figure in prop_oneof![0..10_u64, 230..240_u64, 580..590_u64, 810..830_u64, any::<u64>()],
        balance: bool,
    ) {
        let mut proof = golden_rollup();
        let figures = &mut proof.levels[level].figures;
        let parts = figures.parts.len();
        let counts = match line {
            0 => &mut figures.total,
            1 => &mut figures.own,
            other => &mut figures.parts[(other - 2) % parts].1,
        };
        let before = std::mem::replace(&mut counts[class], figure);
        if balance && line > 0 {
            figures.total[class] = figures.total[class].wrapping_sub(before).wrapping_add(figure);
        }
        let honest = proof == golden_rollup();
        prop_assert_eq!(RollupProof::parse(&proof.text()), Ok(proof.clone()));
        match verdict(&proof, &CITIES) {
            Ok(_) => prop_assert!(honest),
            Err(error) => {
                prop_assert!(matches!(error, RollupError::Gaps(_)));
                prop_assert!(!honest);
            }
        }
    }
}
