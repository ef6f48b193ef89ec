//! How a proposal's actions are kept in the state until it is decided: a number for the action, then its fields.

use crate::codec::{Reader, Record, Writer};
use crate::event::Action;
use crate::genesis::{Child, Member};

macro_rules! actions {
    ($($number:literal => $name:ident { $($field:ident),* };)+) => {
        impl Record for Action {
            fn write(&self, out: &mut Writer) {
                match self {
                    Action::Admit(member) => {
                        0_u8.write(out);
                        member.write(out);
                    }
                    Action::AdmitChild(child) => {
                        1_u8.write(out);
                        child.write(out);
                    }
                    $(Action::$name { $($field),* } => {
                        let number: u8 = $number;
                        number.write(out);
                        $($field.write(out);)*
                    })+
                }
            }
            fn read(input: &mut Reader<'_>) -> Option<Self> {
                Some(match u8::read(input)? {
                    0 => Action::Admit(Box::new(Record::read(input)?)),
                    1 => Action::AdmitChild(Box::new(Record::read(input)?)),
                    $($number => Action::$name { $($field: Record::read(input)?),* },)+
                    _ => return None,
                })
            }
        }
    };
}

actions! {
    2 => Expel { member };
    3 => SetRoles { member, node_role, roles };
    4 => NameCosigner { member, key };
    5 => DropCosigner { member };
    6 => AddKey { member, class, key };
    7 => RetireKey { class, key, overlap_blocks };
    8 => RevokeKey { class, key, suspect_since };
    9 => SetPolicy { class, rule, deadline_ms };
    10 => SetQuota { member, urgent_per_day };
    11 => SetPhase { phase, dominant };
    12 => Refute { event, reason };
    13 => SetResponse { disease, region, stage, level };
    14 => SetRules { rules };
    15 => SetDefinition { disease, from, note };
    16 => Designate { facility, disease, designated };
    17 => SetDuty { member, disease, grace_ms, owed };
}

impl Record for Member {
    fn write(&self, out: &mut Writer) {
        self.id.write(out);
        self.name.write(out);
        self.node_role.write(out);
        self.roles.write(out);
        self.sector.write(out);
        self.regions.write(out);
        self.cosigner.write(out);
        self.keys.iter().map(|(class, keys)| (*class, keys.clone())).collect::<Vec<_>>().write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some(Member {
            id: Record::read(input)?,
            name: Record::read(input)?,
            node_role: Record::read(input)?,
            roles: Record::read(input)?,
            sector: Record::read(input)?,
            regions: Record::read(input)?,
            cosigner: Record::read(input)?,
            keys: Vec::<(_, _)>::read(input)?.into_iter().collect(),
        })
    }
}

impl Record for Child {
    fn write(&self, out: &mut Writer) {
        self.chain.write(out);
        self.chain_id.write(out);
        self.cosigners.write(out);
        self.relays.write(out);
        self.authors.write(out);
        self.silent_after_ms.write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some(Child {
            chain: Record::read(input)?,
            chain_id: Record::read(input)?,
            cosigners: Record::read(input)?,
            relays: Record::read(input)?,
            authors: Record::read(input)?,
            silent_after_ms: Record::read(input)?,
        })
    }
}
