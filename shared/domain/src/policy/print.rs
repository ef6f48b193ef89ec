//! Policies as text that parses to them.

use std::fmt::{Display, Formatter, Result};

use crate::time::DAY_MS;

use super::{Expr, Group, Head, Place, Policy, Quota, Scope, Share, Veto};

impl Display for Policy {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match &self.head {
            Head::Author => out.write_str("author")?,
            Head::Ballots(expr) => write!(out, "{expr}")?,
        }
        self.sectors.iter().try_for_each(|least| write!(out, " across {least} sectors"))?;
        self.veto.iter().try_for_each(|veto| write!(out, " {veto}"))?;
        if self.provisional { out.write_str(" provisional") } else { Ok(()) }
    }
}

impl Display for Expr {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Expr::Place(place) => write!(out, "{place}"),
            Expr::Share(share) => write!(out, "{share}"),
            Expr::Group(group) => write!(out, "{group}"),
        }
    }
}

impl Display for Group {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self.needed {
            1 => out.write_str("any(")?,
            every if every == self.of.len() => out.write_str("all(")?,
            needed => write!(out, "n_of({needed}, ")?,
        }
        for (at, part) in self.of.iter().enumerate() {
            write!(out, "{}{part}", if at == 0 { "" } else { ", " })?;
        }
        out.write_str(")")
    }
}

impl Display for Share {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self.quota {
            Quota::Majority => write!(out, "majority({})", self.of),
            Quota::Fraction { a, b } => write!(out, "fraction({a}/{b}, {})", self.of),
        }
    }
}

impl Display for Place {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.write_str(&self.role)?;
        match &self.scope {
            None => Ok(()),
            Some(Scope::Sector(name)) => write!(out, "@sector:{name}"),
            Some(Scope::Region(code)) => write!(out, "@region:{code}"),
            Some(Scope::Member(name)) => write!(out, "@member:{name}"),
        }
    }
}

impl Display for Veto {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let units = [(DAY_MS, "d"), (3_600_000, "h"), (60_000, "m")];
        let (ms, unit) = units.into_iter().find(|(ms, _)| self.window_ms.is_multiple_of(*ms)).unwrap_or((1000, "s"));
        write!(out, "unless veto({}) within {}{unit}", self.holder, self.window_ms / ms)
    }
}
