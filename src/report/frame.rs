//! Places in the log: which borders stand left of a line.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::report::style::Style;

/// Columns of a border and the blank behind it.
const BORDER_WIDTH: usize = 2;

/// The inside of a block; without `outer`, the log itself.
#[derive(Debug)]
pub(super) struct Frame {
    border: Option<(Arc<Frame>, Style)>,
    /// Whether what comes next is set apart by an empty line.
    pub(super) pending: AtomicBool,
}

impl Frame {
    /// The log itself: no borders.
    pub(super) fn root() -> Arc<Self> {
        Arc::new(Self { border: None, pending: AtomicBool::new(false) })
    }

    /// The inside of a block that stands in `outer`.
    pub(super) fn inside(outer: &Arc<Self>, style: Style) -> Arc<Self> {
        Arc::new(Self { border: Some((Arc::clone(outer), style)), pending: AtomicBool::new(false) })
    }

    /// The same place for work beside this: its own memory of what is to be set apart.
    pub(super) fn beside(&self) -> Arc<Self> {
        Arc::new(Self { border: self.border.clone(), pending: AtomicBool::new(false) })
    }

    /// Whether this is the log itself.
    pub(super) fn is_root(&self) -> bool {
        self.border.is_none()
    }

    /// The columns of the borders.
    pub(super) fn width(&self) -> usize {
        self.border.as_ref().map_or(0, |(outer, _)| outer.width() + BORDER_WIDTH)
    }

    /// The borders left of a line, each with the blank behind it.
    pub(super) fn borders(&self, color: bool) -> String {
        self.border.as_ref().map_or_else(String::new, |(outer, style)| {
            let mut borders = outer.borders(color);
            borders.push_str(&style.paint("│", color));
            borders.push(' ');
            borders
        })
    }

    /// The empty line before what comes next, if one is due; it is due once.
    pub(super) fn separator(&self, color: bool) -> String {
        if self.pending.swap(false, Ordering::Relaxed) { self.borders(color) + "\n" } else { String::new() }
    }

    /// From here on what comes next is set apart.
    pub(super) fn set_apart(&self) {
        self.pending.store(true, Ordering::Relaxed);
    }
}
