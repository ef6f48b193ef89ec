//! Canonical bytes of the vocabulary that records are made of.

use proof::digest::Digest;
use proof::sign::PublicKey;

use super::{Reader, Record, Writer, by_place};
use crate::chain::{ChainPath, Lane};
use crate::event::{
    AlertLevel, Basis, Cadence, Choice, Classification, Disease, FacilityKind, Ground, Origin, Phase, Resource, Stage,
};
use crate::genesis::{KeyClass, NodeRole};
use crate::time::{Date, Millis};

by_place!(
    Lane,
    AlertLevel,
    Choice,
    Classification,
    Origin,
    KeyClass,
    NodeRole,
    Phase,
    Cadence,
    Stage,
    Resource,
    FacilityKind
);

impl Record for Digest {
    fn write(&self, out: &mut Writer) {
        out.raw(&self.0);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        input.array().map(Digest)
    }
}

impl Record for PublicKey {
    fn write(&self, out: &mut Writer) {
        out.raw(&self.0);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        input.array().map(PublicKey)
    }
}

impl Record for Millis {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        u64::read(input).map(Millis)
    }
}

impl Record for Date {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        u32::read(input).map(Date)
    }
}

impl Record for ChainPath {
    fn write(&self, out: &mut Writer) {
        out.bytes(self.as_str().as_bytes());
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        ChainPath::parse(&String::read(input)?)
    }
}

impl Record for Disease {
    fn write(&self, out: &mut Writer) {
        self.code.write(out);
        self.name.write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some(Disease { code: Record::read(input)?, name: Record::read(input)? })
    }
}

impl Record for Basis {
    fn write(&self, out: &mut Writer) {
        self.size.write(out);
        self.root.write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some(Basis { size: Record::read(input)?, root: Record::read(input)? })
    }
}

impl Record for Ground {
    fn write(&self, out: &mut Writer) {
        self.basis.write(out);
        self.model.write(out);
        self.rules.write(out);
        self.values.write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let (basis, model) = (Record::read(input)?, Record::read(input)?);
        Some(Ground { basis, model, rules: Record::read(input)?, values: Record::read(input)? })
    }
}
