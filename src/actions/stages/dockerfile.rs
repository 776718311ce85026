//! What decides an image that is made from a Dockerfile: its text, arguments, and the files of the commit it touches.

use crate::actions::stages::ignore::Ignore;
use crate::backends::git::Repository;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::signature::Input;
use crate::model::tree::EntryKind;
use crate::model::tree::ObjectId;
use crate::model::tree::TreeEntry;
use crate::model::tree::Visit;
use crate::project::DockerfileRecipe;
use crate::project::PathFilter;

/// Instructions and files, in that order.
pub fn inputs(recipe: &DockerfileRecipe, repository: &Repository, root: ObjectId) -> Result<Vec<Input>, Failure> {
    let text = text(recipe, repository, root)?;
    let mut inputs: Vec<Input> =
        instructions(&text).enumerate().map(|(index, line)| Input::of(name(index, &line), &line)).collect();
    inputs.extend(recipe.target.iter().map(|target| Input::of("target", target)));
    inputs.extend(recipe.args.iter().map(|(key, value)| Input::of(format!("argument {key}"), value)));
    inputs.extend(recipe.add_host.iter().map(|host| Input::of("addHost", host)));
    inputs.extend(recipe.network.iter().map(|network| Input::of("network", network)));
    let sources = sources(&text);
    let wanted = PathFilter::new(&sources, &[])
        .or_else(|_| PathFilter::new(&[], &[]))
        .map_err(|why| Failure::new(Cause::ProjectInvalid, why))?;
    for entry in context(recipe, repository, root)? {
        if !sources.is_empty() && wanted.takes(&entry.path) {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            inputs.push(Input::id(path, format!("{:o} {}", entry.kind.git_mode(), entry.id)));
        }
    }
    Ok(inputs)
}

/// The Dockerfile as it is in the commit.
pub fn text(recipe: &DockerfileRecipe, repository: &Repository, root: ObjectId) -> Result<String, Failure> {
    let path = &recipe.dockerfile;
    let found = repository.entry(root, path.as_bytes())?.filter(|entry| entry.kind.has_content());
    let missing = || {
        Failure::new(Cause::ProjectInvalid, format!("dockerfile `{path}` is not in the commit that is built"))
            .hint("is it committed? Its path is relative to the project's directory")
    };
    let content = repository.blob(found.ok_or_else(missing)?.id)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

/// The files of the context that `.dockerignore` lets through, paths relative to the context.
pub fn context(recipe: &DockerfileRecipe, repository: &Repository, root: ObjectId) -> Result<Vec<TreeEntry>, Failure> {
    let dir = repository.entry(root, recipe.context.as_bytes())?.filter(|entry| entry.kind == EntryKind::Directory);
    let missing =
        || Failure::new(Cause::ProjectInvalid, format!("context `{}` is no directory of the commit", recipe.context));
    let dir = dir.ok_or_else(missing)?.id;
    let ignore = match repository.entry(dir, b".dockerignore")?.filter(|entry| entry.kind.has_content()) {
        Some(file) => Ignore::parse(&String::from_utf8_lossy(&repository.blob(file.id)?))?,
        None => Ignore::default(),
    };
    let mut entries = Vec::new();
    repository.walk(dir, |entry| {
        if entry.kind != EntryKind::Directory && !ignore.ignores(&entry.path) {
            entries.push(entry.clone());
        }
        Ok(Visit::Enter)
    })?;
    Ok(entries)
}

/// The Dockerfile's instructions: lines joined, comments and blanks left out.
pub fn instructions(text: &str) -> impl Iterator<Item = String> {
    let mut joined: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with('#') || (trimmed.is_empty() && !open) {
            continue;
        }
        let (part, goes_on) = match trimmed.strip_suffix('\\') {
            Some(part) => (part, true),
            None => (trimmed, false),
        };
        match joined.last_mut().filter(|_| open) {
            Some(last) => {
                last.push(' ');
                last.push_str(part.trim());
            }
            None => joined.push(part.trim_end().to_owned()),
        }
        open = goes_on;
    }
    joined.into_iter()
}

fn name(index: usize, line: &str) -> String {
    let word = line.split_whitespace().next().unwrap_or_default().to_uppercase();
    format!("instruction {} ({word})", index + 1)
}

/// Patterns of the files that `COPY` and `ADD` take of the context; a source that a variable decides means all files.
fn sources(text: &str) -> Vec<String> {
    let mut sources = Vec::new();
    for line in instructions(text) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
        let copies = word.eq_ignore_ascii_case("copy") || word.eq_ignore_ascii_case("add");
        let mounts = word.eq_ignore_ascii_case("run") && rest.contains("--mount=type=bind");
        if mounts {
            sources.push("**".to_owned());
        }
        if !copies || rest.contains("--from=") {
            continue;
        }
        let words: Vec<String> = match serde_json::from_str(rest.trim()) {
            Ok(words) => words,
            Err(_) => rest.split_whitespace().map(str::to_owned).collect(),
        };
        let words: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
        let taken = words.split_last().map_or(&[][..], |(_, sources)| sources);
        sources.extend(taken.iter().filter(|word| !word.contains("://")).map(|word| pattern(word)));
    }
    sources
}

fn pattern(source: &str) -> String {
    if source.contains('$') {
        return "**".to_owned();
    }
    let clean = source.trim_start_matches("./").trim_matches('/');
    if clean.is_empty() { "**".to_owned() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::instructions;
    use super::sources;

    #[test]
    fn instructions_are_joined_over_lines() {
        let text = "# syntax\nFROM a\nRUN x && \\\n  # why\n  y\n\nCMD z";
        assert_eq!(instructions(text).collect::<Vec<_>>(), ["FROM a", "RUN x && y", "CMD z"]);
    }

    #[test]
    fn only_files_of_the_context_are_sources() {
        let text = "FROM a\nCOPY *.js ./src /www/\nCOPY --from=0 /x /y\nADD [\"a b\", \"/z\"]\nADD https://x/y /z\nCOPY --chown=1 ${DIR} /d";
        assert_eq!(sources(text), ["*.js", "src", "a b", "**"]);
    }
}
