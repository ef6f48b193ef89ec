//! Whether the plain figures close: each total over its parts, each part over the child's own total, each line over the
//! leaf that it repeats. It trusts nothing here; a sum that closes is still only a claim.

use std::fmt;

use super::{CLASSIFICATIONS, Figures, RollupLevel, RollupProof};
use crate::leaf::{Counts, Leaf};

/// A place where figures do not close.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    /// A child is named twice.
    #[error("{chain}: child {child} counts twice")]
    Twice {
        /// The chain that sums.
        chain: String,
        /// The child.
        child: String,
    },
    /// A child that must be there, by the reader's list or by the leaf, is not.
    #[error("{chain}: child {child} is left out")]
    LeftOut {
        /// The chain that sums.
        chain: String,
        /// The child.
        child: String,
    },
    /// A part that is no direct child, or that the leaf does not have.
    #[error("{chain}: {child} is no part of it")]
    Foreign {
        /// The chain that sums.
        chain: String,
        /// What is named as its child.
        child: String,
    },
    /// The lines name the children in another order than the leaf.
    #[error("{chain}: the children stand in another order than in the leaf")]
    Order {
        /// The chain that sums.
        chain: String,
    },
    /// A total is not the sum of its parts.
    #[error("{chain} {disease} {class}: the parts give {parts}, the total says {total}")]
    Sum {
        /// The chain that sums.
        chain: String,
        /// The disease.
        disease: String,
        /// The classification.
        class: &'static str,
        /// The children's parts and the chain's own.
        parts: u128,
        /// The total.
        total: u64,
    },
    /// A part is not the total that the child itself states.
    #[error("{chain} {disease} {class}: {child} counts as {counted}, its own total says {total}")]
    Part {
        /// The chain that sums.
        chain: String,
        /// The disease.
        disease: String,
        /// The classification.
        class: &'static str,
        /// The child.
        child: String,
        /// What the chain counts.
        counted: u64,
        /// What the child says.
        total: u64,
    },
    /// A line says another figure than the leaf.
    #[error("{chain} {disease} {class}: {line} is {written} in the file and {proven} in the leaf")]
    Line {
        /// The chain that sums.
        chain: String,
        /// The disease.
        disease: String,
        /// The classification.
        class: &'static str,
        /// `the total`, `its own part`, or the child.
        line: String,
        /// In the file.
        written: u64,
        /// In the leaf.
        proven: u64,
    },
}

/// Every gap of a roll-up, level by level from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gaps(pub Vec<Gap>);

impl fmt::Display for Gaps {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, gap) in self.0.iter().enumerate() {
            let between = if at == 0 { "" } else { "; " };
            write!(out, "{between}{gap}")?;
        }
        Ok(())
    }
}

impl RollupProof {
    /// What does not close; `children` are the paths that must be parts of the chain one level up.
    pub(super) fn gaps(&self, children: &[&str]) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for level in &self.levels {
            level.children(children, &mut gaps);
            level.sum(&self.disease, &mut gaps);
            self.part_of_another(level, &mut gaps);
            level.lines(&self.disease, &mut gaps);
        }
        for child in children {
            let above = parent(child);
            if !self.levels.iter().any(|level| level.chain == above) {
                gaps.push(Gap::LeftOut { chain: above.to_owned(), child: (*child).to_owned() });
            }
        }
        gaps
    }

    /// Holds a chain's total against what the chain above counts.
    fn part_of_another(&self, level: &RollupLevel, gaps: &mut Vec<Gap>) {
        for above in &self.levels {
            let parts = above.figures.parts.iter().filter(|(child, _)| *child == level.chain);
            for (class, counted, total) in parts.flat_map(|(_, counts)| differences(counts, &level.figures.total)) {
                let (chain, child) = (above.chain.clone(), level.chain.clone());
                gaps.push(Gap::Part { chain, disease: self.disease.clone(), class, child, counted, total });
            }
        }
    }
}

impl RollupLevel {
    /// Each child once, none missing, none of elsewhere.
    fn children(&self, children: &[&str], gaps: &mut Vec<Gap>) {
        let chain = || self.chain.clone();
        let parts = &self.figures.parts;
        for (at, (child, _)) in parts.iter().enumerate() {
            if parent(child) != self.chain {
                gaps.push(Gap::Foreign { chain: chain(), child: child.clone() });
            } else if parts.iter().take(at).any(|(earlier, _)| earlier == child) {
                gaps.push(Gap::Twice { chain: chain(), child: child.clone() });
            }
        }
        for child in children.iter().filter(|child| parent(child) == self.chain) {
            if !parts.iter().any(|(part, _)| part == child) {
                gaps.push(Gap::LeftOut { chain: chain(), child: (*child).to_owned() });
            }
        }
    }

    fn sum(&self, disease: &str, gaps: &mut Vec<Gap>) {
        let Figures { total, own, parts } = &self.figures;
        let mut sums = own.map(u128::from);
        for (_, counts) in parts {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum = sum.saturating_add(u128::from(*count));
            }
        }
        for ((class, parts), total) in CLASSIFICATIONS.into_iter().zip(sums).zip(*total) {
            if parts != u128::from(total) {
                gaps.push(Gap::Sum { chain: self.chain.clone(), disease: disease.to_owned(), class, parts, total });
            }
        }
    }

    /// Holds the lines against the leaf. A leaf that is no roll-up leaf is named when it is proven.
    fn lines(&self, disease: &str, gaps: &mut Vec<Gap>) {
        let Some(Leaf::Rollup(leaf)) = self.sum.read() else { return };
        let proven = Figures::of(&leaf);
        let mut line = |name: &str, written: &Counts, proven: &Counts| {
            for (class, written, proven) in differences(written, proven) {
                let (chain, disease) = (self.chain.clone(), disease.to_owned());
                gaps.push(Gap::Line { chain, disease, class, line: name.to_owned(), written, proven });
            }
        };
        line("the total", &self.figures.total, &proven.total);
        line("its own part", &self.figures.own, &proven.own);
        let written = &self.figures.parts;
        for (child, counts) in &proven.parts {
            if let Some((_, written)) = written.iter().find(|(part, _)| part == child) {
                line(child, written, counts);
            }
        }
        let chain = || self.chain.clone();
        let without = |of: &[(String, Counts)], child: &str| !of.iter().any(|(part, _)| part == child);
        let mut named = |gap: Gap| {
            if !gaps.contains(&gap) {
                gaps.push(gap);
            }
        };
        for (child, _) in proven.parts.iter().filter(|(child, _)| without(written, child)) {
            named(Gap::LeftOut { chain: chain(), child: child.clone() });
        }
        for (child, _) in written.iter().filter(|(child, _)| without(&proven.parts, child)) {
            named(Gap::Foreign { chain: chain(), child: child.clone() });
        }
        let children = |of: &[(String, Counts)]| of.iter().map(|(child, _)| child.clone()).collect::<Vec<_>>();
        let (mut written, mut proven) = (children(written), children(&proven.parts));
        let ordered = written == proven;
        written.sort();
        proven.sort();
        if !ordered && written == proven {
            named(Gap::Order { chain: chain() });
        }
    }
}

/// The path one level up; empty above a root.
fn parent(chain: &str) -> &str {
    chain.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// Where two counts differ: the classification and both.
pub(super) fn differences(a: &Counts, b: &Counts) -> Vec<(&'static str, u64, u64)> {
    let all = CLASSIFICATIONS.into_iter().zip(a).zip(b).map(|((class, a), b)| (class, *a, *b));
    all.filter(|(_, a, b)| a != b).collect()
}
