//! Go's slices and maps: shared by reference, changed in place, typed only as far as a template can see it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::rc::Rc;

use crate::template::text::Text;
use crate::template::value::Value;

/// What the elements of a collection are declared as; it decides what a missing key reads as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// `interface {}`: anything; missing is nil.
    Any,
    /// `string`: missing is the empty one.
    Text,
    /// `int`: missing is 0.
    Int,
    /// `[]uint8`: missing is empty.
    Bytes,
    /// A list or a map of its own type: missing is nil.
    Collection,
}

/// The Go type of a list or map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionType {
    /// As `typeOf` and `%T` print it, such as `map[string]interface {}` or `chartutil.Values`.
    pub name: &'static str,
    /// What the elements are declared as.
    pub element: Element,
}

impl CollectionType {
    /// `[]interface {}`: what `list` makes and documents contain.
    pub const LIST: Self = Self { name: "[]interface {}", element: Element::Any };
    /// `[]string`: what `splitList`, `keys`, `sortAlpha` and `regexFindAll` make.
    pub const STRINGS: Self = Self { name: "[]string", element: Element::Text };
    /// `[]int`: what `until` and `untilStep` make.
    pub const INTS: Self = Self { name: "[]int", element: Element::Int };
    /// `[][]interface {}`: what `chunk` makes.
    pub const LISTS: Self = Self { name: "[][]interface {}", element: Element::Collection };
    /// `[]map[string]interface {}`: what a TOML array of tables is.
    pub const MAPS: Self = Self { name: "[]map[string]interface {}", element: Element::Collection };
    /// `map[string]interface {}`: what `dict` makes and documents contain.
    pub const MAP: Self = Self { name: "map[string]interface {}", element: Element::Any };
    /// `map[string]string`: what `split` makes.
    pub const STRING_MAP: Self = Self { name: "map[string]string", element: Element::Text };
}

/// A Go slice. Clones share the elements.
#[derive(Clone)]
pub struct List(Rc<ListData>);

struct ListData {
    kind: CollectionType,
    items: RefCell<Vec<Value>>,
}

impl List {
    /// A `[]interface {}`.
    pub fn new(items: Vec<Value>) -> Self {
        Self::typed(CollectionType::LIST, items)
    }

    /// A list of the given type; that the items fit it is the caller's duty.
    pub fn typed(kind: CollectionType, items: Vec<Value>) -> Self {
        Self(Rc::new(ListData { kind, items: RefCell::new(items) }))
    }

    /// The Go type.
    pub fn kind(&self) -> CollectionType {
        self.0.kind
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.0.items.borrow().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`, counted from 0.
    pub fn get(&self, index: usize) -> Option<Value> {
        self.0.items.borrow().get(index).cloned()
    }

    /// The items as they are now; later changes do not show in the copy.
    pub fn items(&self) -> Vec<Value> {
        self.0.items.borrow().clone()
    }

    /// Puts other items in place of all, seen by everyone who holds this list (as Go's in-place sort does).
    pub fn replace(&self, items: Vec<Value>) {
        drop(self.0.items.replace(items));
    }

    /// Whether both are the same slice in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Where it lies, for `%p`.
    pub(in crate::template) fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    fn take_if_last(self) -> Option<Vec<Value>> {
        Rc::into_inner(self.0).map(|data| data.items.take())
    }
}

/// A Go map with string keys, kept in the order of its keys. Clones share the entries, and changes show in all of them.
#[derive(Clone)]
pub struct Map(Rc<MapData>);

struct MapData {
    kind: CollectionType,
    entries: RefCell<BTreeMap<Text, Value>>,
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::typed(CollectionType::MAP)
    }

    /// An empty map of the given type; that what is inserted fits it is the caller's duty.
    pub fn typed(kind: CollectionType) -> Self {
        Self(Rc::new(MapData { kind, entries: RefCell::new(BTreeMap::new()) }))
    }

    /// The Go type.
    pub fn kind(&self) -> CollectionType {
        self.0.kind
    }

    /// The same entries, shared, is not possible under another type: this copies them (not what they hold).
    #[must_use]
    pub fn as_type(&self, kind: CollectionType) -> Self {
        Self(Rc::new(MapData { kind, entries: RefCell::new(self.0.entries.borrow().clone()) }))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.entries.borrow().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `key`.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.0.entries.borrow().get(key.as_ref()).cloned()
    }

    /// Whether there is an entry of that name, be it nil.
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.0.entries.borrow().contains_key(key.as_ref())
    }

    /// Sets `key`, seen by everyone who holds this map.
    pub fn insert(&self, key: impl Into<Text>, value: impl Into<Value>) {
        let replaced = self.0.entries.borrow_mut().insert(key.into(), value.into());
        drop(replaced);
    }

    /// Removes `key`, seen by everyone who holds this map.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.0.entries.borrow_mut().remove(key.as_ref())
    }

    /// The keys in order.
    pub fn keys(&self) -> Vec<Text> {
        self.0.entries.borrow().keys().cloned().collect()
    }

    /// The entries in order of their keys, as they are now; later changes do not show in the copy.
    pub fn entries(&self) -> Vec<(Text, Value)> {
        self.0.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Whether both are the same map in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Where it lies, for `%p`.
    pub(in crate::template) fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    fn take_if_last(self) -> Option<BTreeMap<Text, Value>> {
        Rc::into_inner(self.0).map(|data| data.entries.take())
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<(Text, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(entries: I) -> Self {
        let entries = RefCell::new(entries.into_iter().collect());
        Self(Rc::new(MapData { kind: CollectionType::MAP, entries }))
    }
}

/// A loop in a template can nest a million maps: taking them apart must not recurse.
impl Drop for MapData {
    fn drop(&mut self) {
        take_apart(self.entries.take().into_values().collect());
    }
}

impl Drop for ListData {
    fn drop(&mut self) {
        take_apart(self.items.take());
    }
}

fn take_apart(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::List(list) => pending.extend(list.take_if_last().unwrap_or_default()),
            Value::Map(map) => pending.extend(map.take_if_last().unwrap_or_default().into_values()),
            other => mem::drop(other),
        }
    }
}

impl fmt::Debug for List {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({} items)", self.kind().name, self.len())
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({:?})", self.kind().name, self.keys())
    }
}

#[cfg(test)]
mod tests {
    use super::CollectionType;
    use super::List;
    use super::Map;
    use crate::template::value::Value;

    #[test]
    fn clones_of_a_map_share_its_entries() {
        let map = Map::new();
        map.clone().insert("a", 1);
        assert_eq!(map.get("a").and_then(|value| value.as_int()), Some(1));
    }

    #[test]
    fn a_deep_nest_is_taken_apart_without_recursion() {
        let mut value = Value::Nil;
        for depth in 0..1_000_000 {
            value = if depth % 2 == 0 {
                List::new(vec![value]).into()
            } else {
                let map = Map::typed(CollectionType::MAP);
                map.insert("a", value);
                map.into()
            };
        }
        drop(value);
    }
}
