//! A department's desk for the tests of the areas: posts an event of a member straight to the area's rule and keeps the
//! state, as the ledger does.

use proof::digest::Digest;
use proof::sign::PublicKey;

use crate::act::{Act, Halt, Scene, Submitted};
use crate::chain::{ChainPath, Lane};
use crate::event::{Event, Fact, SecurityLevel};
use crate::genesis::NodeRole;
use crate::record::{MemberRecord, Outcome};
use crate::refusal::Code;
use crate::state::{Draft, MemoryState};
use crate::time::Millis;

pub(crate) struct Desk {
    pub(crate) state: MemoryState,
    pub(crate) now: Millis,
    pub(crate) height: u64,
    posted: u8,
}

impl Default for Desk {
    fn default() -> Self {
        Desk { state: MemoryState::default(), now: Millis(5_000_000), height: 7, posted: 0 }
    }
}

impl Desk {
    /// Lets chain time pass, in a later block.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.height += 1;
    }

    /// Decides, and applies what was decided.
    pub(crate) fn post(
        &mut self,
        member: &str,
        event: Event,
        decide: impl Fn(&mut Draft<'_>, &Act<'_>) -> Result<Outcome, Halt>,
    ) -> Result<Outcome, Code> {
        self.posted = self.posted.wrapping_add(1);
        let id = Digest::of(&[self.posted]);
        let chain = ChainPath::parse("cn.32.01").unwrap();
        let leaf_index = u64::from(self.posted);
        let scene = Scene {
            chain_id: Digest::of(b"chain"),
            chain,
            height: self.height,
            now: self.now,
            position: 0,
            leaf_index,
        };
        let submitted = Submitted { id, signed: id, event };
        let member = MemberRecord {
            id: member.into(),
            name: member.into(),
            node_role: NodeRole::Common,
            roles: vec![],
            sector: "health".into(),
            regions: vec![],
            cosigner: false,
            active: true,
        };
        let mut draft = Draft::new(&self.state);
        let outcome = decide(&mut draft, &Act { scene: &scene, submitted: &submitted, member: &member });
        let (_, writes) = draft.finish();
        match outcome {
            Ok(outcome) => {
                self.state.apply(&writes);
                Ok(outcome)
            }
            Err(Halt::Refused(refusal)) => Err(refusal.code),
            Err(Halt::Fault(fault)) => panic!("{fault}"),
        }
    }
}

/// An event with this fact and nothing remarkable about it.
pub(crate) fn event(fact: Fact) -> Event {
    Event {
        author: PublicKey([1; 32]),
        lane: Lane::Normal,
        nonce: [0; 16],
        occurred_at: Millis(1_626_805_800_000),
        created_at: Millis(1_626_805_800_000),
        valid_until: Millis(0),
        region: "320100".into(),
        security: SecurityLevel::Public,
        response: None,
        fact,
        sealed: vec![],
        causes: vec![],
        expect: vec![],
    }
}
