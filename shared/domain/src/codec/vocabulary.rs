//! Canonical bytes of the vocabulary that records are made of.

use proof::digest::Digest;
use proof::sign::PublicKey;

use super::{Reader, Record, Writer, by_place};
use crate::chain::{ChainPath, Lane};
use crate::event::{AlertLevel, Cadence, Choice, Classification, Disease, Origin, Phase, Stage};
use crate::genesis::{KeyClass, NodeRole};
use crate::time::{Date, Millis};

by_place!(Lane, AlertLevel, Choice, Classification, Origin, KeyClass, NodeRole, Phase, Cadence, Stage);

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
