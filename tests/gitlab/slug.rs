//! GitLab's two slugs.

use sha2::Digest;
use sha2::Sha256;

/// `CI_COMMIT_REF_SLUG`: lower case, everything but letters and digits becomes `-`, at most 63 characters, no `-` at the ends.
pub(crate) fn ref_slug(name: &str) -> String {
    let slug: String = dashed(name).chars().take(63).collect();
    slug.trim_matches('-').to_owned()
}

/// `CI_ENVIRONMENT_SLUG`: at most 24 characters, begins with a letter, no two dashes; a name that had to change gets a suffix.
pub(crate) fn environment_slug(name: &str) -> String {
    let mut slug = dashed(name);
    if !slug.starts_with(|first: char| first.is_ascii_lowercase()) {
        slug = format!("env-{slug}");
    }
    while slug.contains("--") {
        slug = slug.replace("--", "-");
    }
    if slug.len() <= 24 && slug == name {
        return slug.strip_suffix('-').unwrap_or(&slug).to_owned();
    }
    slug.truncate(17);
    let separator = if slug.ends_with('-') { "" } else { "-" };
    format!("{slug}{separator}{}", suffix(name))
}

fn dashed(name: &str) -> String {
    name.to_lowercase().chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect()
}

/// The last six digits, in base 36, of the name's SHA-256.
fn suffix(name: &str) -> String {
    let modulus = 36_u64.pow(6);
    let digest = Sha256::digest(name.as_bytes());
    let mut rest = digest.iter().fold(0_u64, |rest, byte| (rest * 256 + u64::from(*byte)) % modulus);
    let mut digits = Vec::new();
    for _ in 0..6 {
        digits.push(char::from_digit(u32::try_from(rest % 36).unwrap(), 36).unwrap());
        rest /= 36;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::environment_slug;
    use super::ref_slug;

    #[test]
    fn refs() {
        assert_eq!(ref_slug("feature/ABC_1"), "feature-abc-1");
        assert_eq!(ref_slug("-x-"), "x");
        assert_eq!(ref_slug(&"a".repeat(70)).len(), 63);
    }

    #[test]
    fn environments() {
        assert_eq!(environment_slug("production"), "production");
        let review = environment_slug("review/feature-x");
        assert!(review.starts_with("review-feature-x-"), "{review}");
        assert_eq!(review.len(), 23);
        assert!(environment_slug("1st").starts_with("env-1st-"));
        assert!(environment_slug("review/a-very-long-branch-name-here").len() <= 24);
    }
}
