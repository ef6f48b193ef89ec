//! What members do.

use domain::event::{Choice, Phase};
use domain::refusal::Code;
use domain::time::Date;

use super::cast::{policy, policy_class};
use super::{Reader, membership, name};
use crate::play::{Act, Deed, Seat, Step};
use crate::words::{Misread, Words};

impl Reader {
    /// The rest of a sentence that begins with a member.
    pub(super) fn act(&mut self, words: &mut Words, who: String) -> Result<Act, Misread> {
        let deed = self.deed(words, &who)?;
        let called = if words.take(", called") { Some(words.quoted("a name")?) } else { None };
        let refused = if words.take("but is refused:") {
            let code = |word: &str| Code::ALL.iter().copied().find(|code| code.text() == word);
            Some(words.parsed("a refusal code", code)?)
        } else {
            None
        };
        if let Some(name) = &called
            && !self.called.insert(name.clone())
        {
            return Err(format!("something above is called \"{name}\" already"));
        }
        Ok(Act { who, deed, called, refused })
    }

    fn deed(&mut self, words: &mut Words, who: &str) -> Result<Deed, Misread> {
        if words.take("reports") {
            return reports(words);
        }
        if words.take("directs") {
            return Ok(Deed::Directive { headline: words.quoted("the order")? });
        }
        if words.take("corrects") {
            return self.corrects(words);
        }
        if words.take("proposes that") {
            return self.proposes(words, who);
        }
        if let Some(goods) = self.goods(words)? {
            return Ok(Deed::Goods(goods));
        }
        let choices = [
            ("endorses", Choice::Endorse),
            ("objects to", Choice::Object),
            ("asks about", Choice::Ask),
            ("vetoes", Choice::Veto),
        ];
        for (verb, choice) in choices {
            if words.take(verb) {
                let on = self.event(words)?;
                let reason = if words.take("because") { name(words, "a reason code")? } else { String::new() };
                return Ok(Deed::Ballot { on, choice, reason });
            }
        }
        Err(words.expected(
            "reports, directs, endorses, objects to, asks about, vetoes, corrects, proposes that or starts its services",
        ))
    }

    fn corrects(&self, words: &mut Words) -> Result<Deed, Misread> {
        let on = self.event(words)?;
        let mut confirmed = None;
        if words.take("to") {
            confirmed = Some(words.number("a number")?);
            words.must("confirmed")?;
        }
        words.must(":")?;
        Ok(Deed::Correction { on, confirmed, statement: words.quoted("a statement")? })
    }

    fn proposes(&mut self, words: &mut Words, who: &str) -> Result<Deed, Misread> {
        let mut steps = vec![self.step(words, who)?];
        while words.take("and that") {
            steps.push(self.step(words, who)?);
        }
        Ok(Deed::Proposal(steps))
    }

    fn step(&mut self, words: &mut Words, who: &str) -> Result<Step, Misread> {
        if words.take("the phase is") {
            let phase = words.parsed("preparedness, response or recovery", Phase::parse)?;
            return Ok(Step::Phase { phase, led_by: self.leader(words)? });
        }
        if words.take("the policy of") {
            let class = words.parsed("a class of policy", policy_class)?;
            words.must("is")?;
            let policy = policy(words)?;
            return Ok(Step::Policy { class, rule: policy.rule, deadline_ms: policy.deadline_ms });
        }
        if words.quotes() {
            let on = self.event(words)?;
            words.must("is refuted because")?;
            return Ok(Step::Refute { on, reason: name(words, "a reason code")? });
        }
        let text_name = words.word("what is proposed")?;
        if words.take("leaves") {
            return match self.seats.contains_key(&text_name) {
                true => Ok(Step::Leave(text_name)),
                false => Err(format!("{text_name} takes no part")),
            };
        }
        if words.take("is designated") {
            return Ok(Step::Designated { place: text_name });
        }
        words.must("joins as")?;
        let title = words.quoted("what the member is")?;
        words.must(":")?;
        let member = membership(words, &text_name, title)?;
        let chain = self.seats.get(who).map(|seat| seat.chain.clone()).unwrap_or_default();
        self.seat(text_name.clone(), Seat { chain, member })?;
        Ok(Step::Join(text_name))
    }

    /// `led by A` or `led by nobody`.
    pub(super) fn leader(&self, words: &mut Words) -> Result<Option<String>, Misread> {
        words.must("led by")?;
        if words.take("nobody") { Ok(None) } else { self.member(words).map(Some) }
    }
}

fn reports(words: &mut Words) -> Result<Deed, Misread> {
    let urgent = words.take("an urgent cluster of");
    if urgent || words.take("a cluster of") {
        let positives = words.number("a number")?;
        words.must("positives at")?;
        return Ok(Deed::Cluster { urgent, positives, place: name(words, "a place")? });
    }
    let confirmed = words.number("`an urgent cluster of`, `a cluster of` or a number")?;
    words.must("confirmed on")?;
    Ok(Deed::Figures { confirmed, day: words.parsed("a day", Date::parse)? })
}
