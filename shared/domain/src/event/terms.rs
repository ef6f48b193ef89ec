//! The field's closed vocabularies: what a case, and a ballot on it, may say.

/// Case classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Classification {
    /// Meets the clinical description.
    Suspected,
    /// Suspected with an epidemiological link or a preliminary test.
    Probable,
    /// Confirmed by a laboratory.
    Confirmed,
    /// Positive without symptoms.
    Asymptomatic,
    /// Found not to be a case.
    Discarded,
}

impl Classification {
    /// Every classification in order.
    pub const ALL: [Classification; 5] = [
        Classification::Suspected,
        Classification::Probable,
        Classification::Confirmed,
        Classification::Asymptomatic,
        Classification::Discarded,
    ];

    /// Its name in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Classification::Suspected => "suspected",
            Classification::Probable => "probable",
            Classification::Confirmed => "confirmed",
            Classification::Asymptomatic => "asymptomatic",
            Classification::Discarded => "discarded",
        }
    }

    /// The classification of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Classification::ALL.into_iter().find(|class| class.name() == text)
    }
}

/// Age in bands coarse enough to identify nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgeBand {
    /// Not stated.
    Unknown,
    /// Under 5 years.
    Under5,
    /// 5 to 17.
    From5To17,
    /// 18 to 39.
    From18To39,
    /// 40 to 59.
    From40To59,
    /// 60 and over.
    From60,
}

impl AgeBand {
    /// Every band in order.
    pub const ALL: [AgeBand; 6] = [
        AgeBand::Unknown,
        AgeBand::Under5,
        AgeBand::From5To17,
        AgeBand::From18To39,
        AgeBand::From40To59,
        AgeBand::From60,
    ];

    /// Its name in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            AgeBand::Unknown => "unknown",
            AgeBand::Under5 => "0-4",
            AgeBand::From5To17 => "5-17",
            AgeBand::From18To39 => "18-39",
            AgeBand::From40To59 => "40-59",
            AgeBand::From60 => "60+",
        }
    }

    /// The band of that name.
    pub fn parse(text: &str) -> Option<Self> {
        AgeBand::ALL.into_iter().find(|band| band.name() == text)
    }
}

/// Sex as reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sex {
    /// Not stated.
    Unknown,
    /// Female.
    Female,
    /// Male.
    Male,
}

impl Sex {
    /// Every value in order.
    pub const ALL: [Sex; 3] = [Sex::Unknown, Sex::Female, Sex::Male];

    /// Its name in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Sex::Unknown => "unknown",
            Sex::Female => "female",
            Sex::Male => "male",
        }
    }

    /// The value of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Sex::ALL.into_iter().find(|sex| sex.name() == text)
    }
}

/// Whether the infection was brought in or acquired here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Not known yet.
    Unknown,
    /// Acquired here.
    Local,
    /// Brought in.
    Imported,
}

impl Origin {
    /// Every value in order.
    pub const ALL: [Origin; 3] = [Origin::Unknown, Origin::Local, Origin::Imported];

    /// Its name in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Unknown => "unknown",
            Origin::Local => "local",
            Origin::Imported => "imported",
        }
    }

    /// The value of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Origin::ALL.into_iter().find(|origin| origin.name() == text)
    }
}

/// What a ballot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// I judge it right.
    Endorse,
    /// I judge it wrong.
    Object,
    /// I need to know more.
    Ask,
    /// A supervisor stops it; needs a reason code.
    Veto,
}

impl Choice {
    /// Every choice in order.
    pub const ALL: [Choice; 4] = [Choice::Endorse, Choice::Object, Choice::Ask, Choice::Veto];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Choice::Endorse => "endorse",
            Choice::Object => "object",
            Choice::Ask => "ask",
            Choice::Veto => "veto",
        }
    }

    /// The choice of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Choice::ALL.into_iter().find(|choice| choice.name() == text)
    }
}
