//! Facts about the content that images are made of, read from git and the registry.

use std::collections::BTreeMap;
use std::path::Path;

use crate::actions::stages::chain::ContentFacts;
use crate::actions::stages::dockerfile;
use crate::actions::stages::files::MappingSource;
use crate::backends::git::Repository;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::tree::ObjectId;
use crate::project::GitMapping;
use crate::project::Image;
use crate::project::Recipe;

/// The repositories that images take files of, each at the commit that is built.
#[derive(Debug)]
pub struct Repositories {
    /// The project's own; nothing where the project is not in git.
    pub project: Option<Checkout>,
    /// Others, by address and revision as werf.yaml has them.
    pub remote: BTreeMap<String, Checkout>,
}

/// A repository at a commit.
#[derive(Debug)]
pub struct Checkout {
    /// The repository.
    pub repository: Repository,
    /// The commit.
    pub commit: ObjectId,
    /// Its root tree.
    pub root: ObjectId,
}

impl Checkout {
    /// The repository of the directory `dir`, at the commit that is checked out.
    pub fn of_head(dir: &Path) -> Result<Self, Failure> {
        let repository = Repository::open(dir)?;
        let commit = repository.head()?;
        Self::at(repository, commit)
    }

    /// `repository` at `commit`.
    pub fn at(repository: Repository, commit: ObjectId) -> Result<Self, Failure> {
        let root = repository.tree(commit)?;
        Ok(Self { repository, commit, root })
    }

    /// The same for another thread.
    pub fn again(&self) -> Result<Self, Failure> {
        Ok(Self { repository: self.repository.again()?, commit: self.commit, root: self.root })
    }
}

impl Repositories {
    /// The same for another thread.
    pub fn again(&self) -> Result<Self, Failure> {
        let remote = self.remote.iter().map(|(key, checkout)| Ok((key.clone(), checkout.again()?)));
        Ok(Self {
            project: self.project.as_ref().map(Checkout::again).transpose()?,
            remote: remote.collect::<Result<_, Failure>>()?,
        })
    }

    /// Where the files of `mapping` come from.
    ///
    /// # Errors
    ///
    /// When the project is not in git, or a remote repository was not fetched.
    pub fn source<'a>(&'a self, mapping: &'a GitMapping) -> Result<MappingSource<'a>, Failure> {
        let checkout = match remote_key(mapping) {
            None => self.project.as_ref().ok_or_else(not_in_git)?,
            Some(key) => {
                self.remote.get(&key).ok_or_else(|| Failure::new(Cause::Defect, format!("`{key}` was not fetched")))?
            }
        };
        Ok(MappingSource { repository: &checkout.repository, root: checkout.root, mapping })
    }
}

/// By what a remote repository is known; nothing for the project's own.
pub fn remote_key(mapping: &GitMapping) -> Option<String> {
    match &mapping.repository {
        crate::project::Repository::Project => None,
        crate::project::Repository::Remote { url, revision } => Some(format!("{url} {revision:?}")),
    }
}

fn not_in_git() -> Failure {
    Failure::new(Cause::GitInvalid, "the project is not in a git repository, and its images take files of it")
        .hint("run `git init`, add the files and commit them; images are built from commits")
}

/// What is known of the content of `image`, but for the base image's digest; oddities are told to `warn`.
pub fn facts(
    image: &Image,
    repositories: &Repositories,
    warn: &mut dyn FnMut(String),
) -> Result<ContentFacts, Failure> {
    let mut warn = |text: String| warn(format!("image {}: {text}", image.shown_name()));
    match &image.recipe {
        Recipe::Dockerfile(recipe) => {
            let checkout = repositories.project.as_ref().ok_or_else(not_in_git)?;
            let dockerfile = dockerfile::inputs(recipe, &checkout.repository, checkout.root)?;
            Ok(ContentFacts { dockerfile, ..ContentFacts::default() })
        }
        Recipe::Stapel(stapel) => {
            let mappings = stapel.git.iter().map(|mapping| repositories.source(mapping)?.facts(&mut warn));
            Ok(ContentFacts { mappings: mappings.collect::<Result<_, _>>()?, ..ContentFacts::default() })
        }
    }
}
