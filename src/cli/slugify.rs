//! `werf slugify`.

use clap::Args;
use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::cli::call::Call;
use crate::cli::options::log::LogArgs;
use crate::model::failure::Failure;
use crate::model::slug;

/// Print slugged string by specified format
///
/// Examples:
///   $ werf slugify -f kubernetes-namespace feature-fix-2
///   feature-fix-2
///
///   $ werf slugify -f kubernetes-namespace 'branch/one/!@#4.4-3'
///   branch-one-4-4-3-4fe08955
///
///   $ werf slugify -f kubernetes-namespace My_branch
///   my-branch-8ebf2d1d
///
///   # The result has been trimmed to fit maximum bytes limit:
///   $ werf slugify -f helm-release looooooooooooooooooooooooooooooooooooooooooong_string
///   looooooooooooooooooooooooooooooooooooooooooo-b150a895
///
///   $ werf slugify -f docker-tag helo/ehlo
///   helo-ehlo-b6f6ab1f
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct SlugifyArgs {
    /// What the name is for: helm-release (r), kubernetes-namespace (ns) or docker-tag (tag)
    #[arg(short, long, value_enum, hide_possible_values = true)]
    pub(super) format: Format,
    /// The name
    pub(super) string: String,
    #[command(flatten)]
    pub(super) log: LogArgs,
}

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A Helm release.
    HelmRelease,
    /// A Kubernetes namespace.
    KubernetesNamespace,
    /// A tag of a Docker image.
    DockerTag,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::HelmRelease, Self::KubernetesNamespace, Self::DockerTag]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::HelmRelease => PossibleValue::new("helm-release").alias("r"),
            Self::KubernetesNamespace => PossibleValue::new("kubernetes-namespace").alias("ns"),
            Self::DockerTag => PossibleValue::new("docker-tag").alias("tag"),
        })
    }
}

/// Prints the slug.
pub(super) fn run(arguments: &SlugifyArgs, call: &Call) -> Result<(), Failure> {
    let slug = match arguments.format {
        Format::HelmRelease => slug::helm_release(&arguments.string),
        Format::KubernetesNamespace => slug::kubernetes_namespace(&arguments.string),
        Format::DockerTag => slug::docker_tag(&arguments.string),
    };
    call.print(format!("{slug}\n"))
}
