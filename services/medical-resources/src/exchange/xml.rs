//! A small XML document as a tree. No document type, no entities beyond XML's own five, at most [`MAX_DEPTH`] levels.

use domain::refusal::{Code, Refusal};
use host::rest::Problem;
use host::rest::import::{self, Fault, Reason};
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// HAVE's deepest path has nine levels.
const MAX_DEPTH: usize = 32;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Its namespace; empty without one.
    pub(super) space: String,
    pub(super) name: String,
    /// Attributes by local name, in order.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The children of that name, in whatever namespace.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child of that name.
    pub(super) fn one(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element on that way down.
    pub(super) fn text_of(&self, way: &[&str]) -> Option<&str> {
        let found = way.iter().try_fold(self, |element, name| element.one(name))?;
        Some(found.text.trim())
    }

    /// An attribute's value by its local name.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The root of a document.
pub(super) fn parse(body: &[u8]) -> Result<Element, Problem> {
    let refused = |detail: &str| Refusal::of(Code::Malformed, "document", detail);
    let mut reader = NsReader::from_str(import::utf8(body)?);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let (space, event) = reader.read_resolved_event().map_err(|_| refused("is no well-formed XML"))?;
        match event {
            Event::Start(start) => {
                let element = element(&space, &start)?;
                if open.len() >= MAX_DEPTH || root.is_some() {
                    return Err(refused("is nested too deeply, or has two roots").into());
                }
                open.push(element);
            }
            Event::Empty(start) => close(element(&space, &start)?, &mut open, &mut root)?,
            Event::End(_) => {
                let closed = open.pop().ok_or_else(|| refused("closes what is not open"))?;
                close(closed, &mut open, &mut root)?;
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|_| refused("is not UTF-8"))?;
                add(&mut open, &text)?;
            }
            Event::CData(text) => {
                let text = text.decode().map_err(|_| refused("is not UTF-8"))?;
                add(&mut open, &text)?;
            }
            Event::GeneralRef(reference) => {
                let name = reference.decode().map_err(|_| refused("is not UTF-8"))?;
                let character = reference.resolve_char_ref().map_err(|_| refused("has a reference to no character"))?;
                let known = match name.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                };
                let character = character.or(known).ok_or_else(|| refused("has an entity of its own"))?;
                add(&mut open, character.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err(refused("has a document type; leave it out").into()),
            // Its bytes are UTF-8; a document that says otherwise was put together from two.
            Event::Decl(start) => {
                let said = start.encoding().transpose().map_err(|_| refused("has a declaration that does not read"))?;
                if said.is_some_and(|said| !said.eq_ignore_ascii_case(b"utf-8")) {
                    let detail = "says that it is not UTF-8; save it as UTF-8";
                    return Err(Fault::of(Reason::Encoding, "document", detail).into());
                }
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    Ok(root.filter(|_| open.is_empty()).ok_or_else(|| refused("ends before its root does"))?)
}

fn element(space: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element, Refusal> {
    let refused = || Refusal::of(Code::Malformed, "document", "has an element that does not read");
    let space = match space {
        ResolveResult::Bound(space) => String::from_utf8_lossy(space.as_ref()).into_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return Err(refused()),
    };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| refused())?;
        let name = String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned();
        attributes.push((name, attribute.unescape_value().map_err(|_| refused())?.into_owned()));
    }
    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
    Ok(Element { space, name, attributes, ..Element::default() })
}

fn close(closed: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), Refusal> {
    match open.last_mut() {
        Some(parent) => parent.children.push(closed),
        None if root.is_none() => *root = Some(closed),
        None => return Err(Refusal::of(Code::Malformed, "document", "has two roots")),
    }
    Ok(())
}

fn add(open: &mut [Element], text: &str) -> Result<(), Refusal> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(Refusal::of(Code::Malformed, "document", "has text outside its root")),
    }
    Ok(())
}
