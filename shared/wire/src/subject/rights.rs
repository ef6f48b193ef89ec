//! What a member of a chain may say and hear, by subject: what a server that knows its clients can enforce.
//!
//! It is not why a message is believed: that is its signature. It keeps a member off the subjects of others, so that one
//! cannot speak in another's place or fill a stream it has no part in.

use domain::chain::{ChainPath, Lane};
use domain::event::AlertLevel;

use super::{
    admit, alert, alert_stream, area, block_stream, blocks, cosign, cosign_stream, intake, intake_stream, ledger,
};
use crate::area::Area;

/// Subjects and streams of one member of one chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// What it may publish, requests included; filters.
    pub says: Vec<String>,
    /// The requests it may answer.
    pub answers: Vec<String>,
    /// Names of the streams it may read. It makes, changes and empties none: that is for who runs the server.
    pub reads: Vec<String>,
}

/// The rights of a member by what its node does. Everybody asks admission nodes and ledgers, of the own chain and of the
/// parent, because appeals, anchors and proofs go there; everybody hears alerts. Who keeps a ledger also asks those of the
/// chains below, for the sums that its own is made of. A member's services ask each other and nobody else's: what they answer
/// is unsigned.
pub fn of_member(member: &str, chain: &ChainPath, manages: bool, cosigns: bool) -> Rights {
    let mut rights = Rights { reads: vec![alert_stream().name], ..Rights::default() };
    for asked in [Some(chain.clone()), chain.parent()].into_iter().flatten() {
        rights.says.extend([admit("*", &asked), ledger("*", &asked)]);
    }
    for own in Area::ALL.map(|each| area(each, member, chain)) {
        rights.says.push(own.clone());
        rights.answers.push(own);
    }
    if manages {
        rights.says.push(blocks(chain));
        rights.says.extend(Lane::ALL.map(|lane| intake(lane, chain)));
        rights.answers.push(admit(member, chain));
    }
    if cosigns {
        rights.says.push(cosign(member, chain));
        rights.answers.push(ledger(member, chain));
        rights.says.push(format!("{}.>", ledger("*", chain)));
    }
    if manages || cosigns {
        rights.says.extend(AlertLevel::ALL.map(|level| alert(level, chain)));
        // A cosigner looks at the lanes too: who lets one starve is excluded by those who saw it.
        rights.reads.extend(Lane::ALL.map(|lane| intake_stream(lane, chain).name));
        rights.reads.extend([block_stream(chain).name, cosign_stream(chain).name]);
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::tests::{filled, matches, path};

    fn may_say(rights: &Rights, subject: &str) -> bool {
        rights.says.iter().any(|filter| matches(filter, subject))
    }

    #[test]
    fn every_subject_of_the_list_is_somebodys() {
        let rights = of_member("nanjing-cdc", &path("cn.32"), true, true);
        for row in crate::subject::ALL {
            assert!(may_say(&rights, &filled(row.pattern)), "nobody may say {}", row.pattern);
        }
    }

    #[test]
    fn a_member_speaks_in_nobody_elses_place() {
        let chain = path("cn.32");
        let master = of_member("a", &chain, true, true);
        let areas = |member: &str| Area::ALL.map(|each| area(each, member, &chain));
        assert_eq!(master.answers, [&areas("a")[..], &[admit("a", &chain), ledger("a", &chain)]].concat());
        for (own, others) in areas("a").iter().zip(areas("b")) {
            assert!(
                may_say(&master, own) && !may_say(&master, &others),
                "{others}: a member asks its own services only"
            );
        }
        assert!(may_say(&master, &cosign("a", &chain)) && !may_say(&master, &cosign("b", &chain)));
        assert!(may_say(&master, &admit("b", &path("cn"))), "appeals go to the parent");
        for elsewhere in [path("cn"), path("cn.33"), path("cn.32.01")] {
            assert!(!may_say(&master, &blocks(&elsewhere)) && !may_say(&master, &cosign("a", &elsewhere)));
            assert!(!may_say(&master, &alert(AlertLevel::Red, &elsewhere)), "{elsewhere}");
        }
        let common = of_member("c", &chain, false, false);
        assert!(may_say(&common, &admit("a", &chain)) && common.answers == areas("c"));
        let forbidden =
            [blocks(&chain), intake(Lane::Urgent, &chain), cosign("c", &chain), alert(AlertLevel::Red, &chain)];
        assert!(forbidden.iter().all(|subject| !may_say(&common, subject)), "{common:?}");
        let cosigner = of_member("d", &chain, false, true);
        for below in [path("cn.32.01"), path("cn.32.01.05")] {
            assert!(may_say(&cosigner, &ledger("e", &below)) && !may_say(&common, &ledger("e", &below)), "{below}");
        }
        assert!(!may_say(&cosigner, &blocks(&chain)) && !may_say(&cosigner, &intake(Lane::High, &chain)));
    }
}
