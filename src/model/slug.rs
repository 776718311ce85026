//! Names of branches and the like, made fit for images, releases and namespaces the way werf does it.
//!
//! A name that fits already stays. Any other is transliterated, stripped of what is not allowed, and told apart from
//! its like by a hash of the original: `feature/X` becomes `feature-x-2a9f585f`.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::LazyLock;

/// Longest tag of an image, in bytes.
const DOCKER_TAG: usize = 128;
/// Longest name of a Helm release, in bytes.
const HELM_RELEASE: usize = 53;
/// Longest name of a Kubernetes namespace, in bytes.
const KUBERNETES_NAMESPACE: usize = 63;
/// Longest name within werf's own records, in bytes.
const INTERNAL: usize = 42;

/// Stands between words, and before the hash.
const SEPARATOR: char = '-';

/// werf's table: a replacement, a tab, and the characters that it replaces with blanks between them.
const TABLE: &str = include_str!("slug-map.tsv");

static REPLACEMENTS: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter_map(|line| line.split_once('\t'));
    // A blank may itself be one of the characters, so the list is read by position.
    rows.flat_map(|(to, from)| from.chars().step_by(2).map(move |char| (char, to))).collect()
});

/// A tag of an image: word characters, `.` and `-`, at most 128.
pub fn docker_tag(name: &str) -> String {
    unless(is_docker_tag(name), name, DOCKER_TAG)
}

/// The name of a Helm release: a DNS name of at most 53 characters.
pub fn helm_release(name: &str) -> String {
    unless(is_helm_release(name), name, HELM_RELEASE)
}

/// The name of a Kubernetes namespace: a DNS name of at most 63 characters.
pub fn kubernetes_namespace(name: &str) -> String {
    unless(is_kubernetes_namespace(name), name, KUBERNETES_NAMESPACE)
}

/// A part of a name in werf's own records, at most 42 characters.
pub fn internal(name: &str) -> String {
    unless(name.len() <= INTERNAL && slugify(name) == name, name, INTERNAL)
}

/// Whether `name` can be a tag of an image as it is.
pub fn is_docker_tag(name: &str) -> bool {
    let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    name.len() <= DOCKER_TAG && name.starts_with(word) && name.chars().all(|it| word(it) || it == '.' || it == '-')
}

/// Whether `name` can be a Helm release as it is.
pub fn is_helm_release(name: &str) -> bool {
    name.len() <= HELM_RELEASE && is_dns_subdomain(name)
}

/// Whether `name` can be a Kubernetes namespace as it is.
pub fn is_kubernetes_namespace(name: &str) -> bool {
    name.len() <= KUBERNETES_NAMESPACE && is_dns_subdomain(name)
}

/// RFC 1123, as Kubernetes reads it: labels of lower-case letters, digits and inner `-`, joined by dots.
fn is_dns_subdomain(name: &str) -> bool {
    let end = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    let label = |label: &str| {
        label.starts_with(end) && label.ends_with(end) && label.chars().all(|char| end(char) || char == '-')
    };
    name.split('.').all(label)
}

fn unless(fits: bool, name: &str, limit: usize) -> String {
    if fits || name.is_empty() { name.to_owned() } else { hashed(name, limit) }
}

/// The slug of `name` and the hash of `name`, cut on the left to `limit` bytes.
fn hashed(name: &str, limit: usize) -> String {
    let mut slug = slugify(name);
    // Without leading zeros, as werf prints it.
    let hash = format!("{:x}", murmur(name));
    if slug.is_empty() {
        return hash;
    }
    // The table yields ASCII, so every byte is a character.
    slug.truncate(limit - hash.len() - 1);
    slug.push(SEPARATOR);
    slug + &hash
}

/// Every character replaced by the table, unknown ones dropped, no separator doubled or at an end.
fn slugify(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for char in name.chars().filter_map(|char| REPLACEMENTS.get(&char)).flat_map(|text| text.chars()) {
        if char != SEPARATOR || !(slug.is_empty() || slug.ends_with(SEPARATOR)) {
            slug.push(char);
        }
    }
    slug.truncate(slug.trim_end_matches(SEPARATOR).len());
    slug
}

fn murmur(name: &str) -> u32 {
    // Reading from memory does not fail.
    murmur3::murmur3_32(&mut Cursor::new(name), 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::REPLACEMENTS;
    use super::docker_tag;
    use super::helm_release;
    use super::internal;
    use super::kubernetes_namespace;
    use proptest::prelude::*;

    #[test]
    fn names_are_slugged_as_werf_slugs_them() {
        assert_eq!(docker_tag("feature/X"), "feature-x-2a9f585f");
        assert_eq!(docker_tag("a+b"), "a-b-fa4145cd");
        assert_eq!(helm_release("review/Feature_X"), "review-feature-x-c3ee8959");
        assert_eq!(kubernetes_namespace("review/Feature_X"), "review-feature-x-c3ee8959");
        assert_eq!(helm_release("werfref-review/Feature_X"), "werfref-review-feature-x-8599c57a");
        assert_eq!(kubernetes_namespace("branch/one/!@#4.4-3"), "branch-one-4-4-3-4fe08955");
        for (name, slug) in [
            ("Features/MyFeature#169", "features-myfeature169-3167bc8c"),
            ("core/feature/ADD_SETTINGS", "core-feature-add-settings-df80fdc3"),
            ("developer/feature", "developer-feature-6e0628fc"),
            ("Привет мир", "privyet-mir-ff07481f"),
            ("A", "a-54dcf7ce"),
            ("-data", "data-a871d86e"),
            ("da/ta", "da-ta-afa96f8"),
            ("da_ta", "da-ta-3b339d14"),
        ] {
            assert_eq!(internal(name), slug);
        }
    }

    #[test]
    fn long_names_are_cut_to_their_limits() {
        for (slug, limit, hash) in [
            (internal(&"x".repeat(43)), 42, "27e2f02f"),
            (docker_tag(&"x".repeat(129)), 128, "8cca70eb"),
            (helm_release(&"x".repeat(54)), 53, "18c5dfb9"),
            (kubernetes_namespace(&"x".repeat(64)), 63, "afd4efcd"),
        ] {
            assert_eq!((slug.len(), &slug[limit - 9..]), (limit, format!("-{hash}").as_str()));
        }
    }

    #[test]
    fn what_has_no_letter_of_ours_is_its_hash() {
        assert!(helm_release("日本").chars().all(|char| char.is_ascii_hexdigit()));
        assert_eq!(helm_release(""), "");
    }

    #[test]
    fn the_table_has_a_blank_and_the_soft_sign() {
        assert_eq!((REPLACEMENTS.get(&' '), REPLACEMENTS.get(&'ь')), (Some(&"-"), Some(&"")));
        assert!(REPLACEMENTS.values().all(|text| text.is_ascii()));
    }

    proptest! {
        #[test]
        fn a_slug_fits_and_stays(name in "\\PC{0,200}") {
            let tag = docker_tag(&name);
            prop_assert!(tag.is_empty() || super::is_docker_tag(&tag), "{tag}");
            prop_assert_eq!(docker_tag(&tag), tag.clone());
            let release = helm_release(&name);
            prop_assert!(release.is_empty() || super::is_helm_release(&release), "{release}");
            let namespace = kubernetes_namespace(&name);
            prop_assert!(namespace.is_empty() || super::is_kubernetes_namespace(&namespace), "{namespace}");
        }
    }
}
