//! What time alone brings about: the end of a veto window, the deadline of a decision, the silence of a child or of a member
//! that owes reports, the end of a hold on beds. Each area writes down what falls due; `execute` does it when its time has
//! come.

/// Due items a block carries out: some tens of milliseconds of work. The rest goes into the next blocks.
pub const MAX_DUE_A_BLOCK: usize = 1000;

/// What falls due; its number is in the leaf and the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueWhat {
    /// The veto window of a report ends: its policy is evaluated again.
    WindowEnd,
    /// Nobody decided a report in time: it escalates.
    Deadline,
    /// A child anchored nothing for too long: it is marked silent. The event is the child's chain id.
    Silence,
    /// Beds were kept long enough: they are free again. The event is the hold.
    HoldEnds,
    /// A member that owes reports gave none: it is silent. The event is the duty's id.
    Duty,
    /// A request looks for stock that lies idle: [`crate::materials`].
    IdleStock,
}

impl DueWhat {
    /// All of them.
    pub const ALL: [DueWhat; 6] =
        [DueWhat::WindowEnd, DueWhat::Deadline, DueWhat::Silence, DueWhat::HoldEnds, DueWhat::Duty, DueWhat::IdleStock];

    /// That of a number.
    pub fn of(number: u8) -> Option<Self> {
        DueWhat::ALL.into_iter().find(|what| what.number() == number)
    }

    /// From 1.
    pub fn number(self) -> u8 {
        match self {
            DueWhat::WindowEnd => 1,
            DueWhat::Deadline => 2,
            DueWhat::Silence => 3,
            DueWhat::HoldEnds => 4,
            DueWhat::Duty => 5,
            DueWhat::IdleStock => 6,
        }
    }
}
