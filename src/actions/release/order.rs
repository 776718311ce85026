//! Where a kind stands in Helm's orders, as something to sort by.

use crate::chart::order::INSTALL;
use crate::chart::order::UNINSTALL;

/// A place in an order of kinds; kinds that Helm does not know come last, by name.
pub type Place = (usize, String);

/// Where a kind stands when objects are installed.
pub fn install_place(kind: &str) -> Place {
    place(INSTALL, kind)
}

/// Where a kind stands when objects are deleted. It is not the reverse of the other: Services go early.
pub fn uninstall_place(kind: &str) -> Place {
    place(UNINSTALL, kind)
}

fn place(order: &[&str], kind: &str) -> Place {
    match order.iter().position(|known| *known == kind) {
        Some(index) => (index, String::new()),
        None => (order.len(), kind.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::install_place;
    use super::uninstall_place;

    #[test]
    fn unknown_kinds_come_last_by_name() {
        assert!(install_place("ConfigMap") < install_place("Deployment"));
        assert!(install_place("APIService") < install_place("Canary"));
        assert!(install_place("Canary") < install_place("Widget"));
        assert!(uninstall_place("Service") < uninstall_place("Deployment"));
    }
}
