//! Git repositories: what is read, what is refused, what the host's git fetches.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gitlab_werf_executor::backends::git::HostGit;
use gitlab_werf_executor::backends::git::RemoteCache;
use gitlab_werf_executor::backends::git::Repository;
use gitlab_werf_executor::backends::git::Wanted;
use gitlab_werf_executor::model::failure::Cause;
use gitlab_werf_executor::model::secret::Secret;
use gitlab_werf_executor::model::tree::EntryKind;
use gitlab_werf_executor::model::tree::ObjectId;
use gitlab_werf_executor::model::tree::Visit;
use tempfile::TempDir;

/// Runs git in `dir`, as a person with no configuration; its output without the line break.
fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t",
            "-c",
            "protocol.file.allow=always",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn commit(dir: &Path, files: &[(&[u8], &str)]) -> ObjectId {
    for (name, content) in files {
        let path = dir.join(std::os::unix::ffi::OsStrExt::from_bytes(name) as &std::ffi::OsStr);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "--quiet", "--allow-empty", "-m", "x"]);
    git(dir, &["rev-parse", "HEAD"]).parse().unwrap()
}

fn repository(files: &[(&[u8], &str)]) -> (TempDir, Repository, ObjectId) {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "--quiet"]);
    let head = commit(dir.path(), files);
    let repository = Repository::open(dir.path()).unwrap();
    (dir, repository, head)
}

fn paths(repository: &Repository, tree: ObjectId) -> Vec<(Vec<u8>, EntryKind)> {
    let mut found = Vec::new();
    repository
        .walk(tree, |entry| {
            found.push((entry.path.clone(), entry.kind));
            Ok(Visit::Enter)
        })
        .unwrap();
    found
}

fn host_git() -> HostGit {
    let path = std::env::var("PATH").unwrap();
    HostGit::new(BTreeMap::from([("PATH".to_owned(), path), ("GIT_CONFIG_GLOBAL".to_owned(), "/dev/null".to_owned())]))
}

#[test]
fn a_tree_is_walked_in_order_with_every_kind_of_name() {
    let (dir, repository, head) =
        repository(&[(b"a.b", "1"), (b"a/x\ny", "2"), (b"a/\xff", "3"), (b"a0", "4"), (b"run", "5")]);
    assert_eq!(repository.head().unwrap(), head);
    std::os::unix::fs::symlink("../../etc", dir.path().join("link")).unwrap();
    git(dir.path(), &["update-index", "--chmod=+x", "run"]);
    std::fs::set_permissions(dir.path().join("run"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let head = commit(dir.path(), &[]);
    let tree = repository.tree(head).unwrap();
    let expected: [(&[u8], EntryKind); 7] = [
        (b"a.b", EntryKind::File),
        (b"a", EntryKind::Directory),
        (b"a/x\ny", EntryKind::File),
        (b"a/\xff", EntryKind::File),
        (b"a0", EntryKind::File),
        (b"link", EntryKind::Symlink),
        (b"run", EntryKind::Executable),
    ];
    assert_eq!(paths(&repository, tree), expected.map(|(path, kind)| (path.to_vec(), kind)));
    let link = repository.entry(tree, b"link").unwrap().unwrap();
    assert_eq!(repository.blob(link.id).unwrap(), b"../../etc");
    assert_eq!(repository.blob_size(link.id).unwrap(), 9);
    assert_eq!(repository.entry(tree, b"a/x\ny/z").unwrap(), None);
    assert_eq!(repository.entry(tree, b"").unwrap().unwrap().id, tree);
}

#[test]
fn what_the_visitor_skips_is_not_read() {
    let (dir, repository, head) = repository(&[(b"kept/a", "1"), (b"skipped/b", "2")]);
    let tree = repository.tree(head).unwrap();
    let skipped = repository.entry(tree, b"skipped").unwrap().unwrap().id.to_string();
    let object = dir.path().join(".git/objects").join(&skipped[..2]).join(&skipped[2..]);
    std::fs::remove_file(object).unwrap();
    let repository = repository.again().unwrap();
    let mut seen = 0;
    let walked = repository.walk(tree, |entry| {
        seen += 1;
        Ok(if entry.path == b"skipped" { Visit::Skip } else { Visit::Enter })
    });
    assert!(walked.is_ok() && seen == 3);
    assert_eq!(repository.walk(tree, |_| Ok(Visit::Enter)).unwrap_err().cause, Cause::GitInvalid);
    let mut seen = 0;
    let stop = |_: &_| {
        seen += 1;
        Ok(Visit::Stop)
    };
    repository.walk(tree, stop).unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn names_that_leave_the_tree_are_refused() {
    for name in ["..", ".", ".git", ".GIT", "a/b"] {
        let (dir, repository, _) = repository(&[(b"file", "1")]);
        let blob: ObjectId = git(dir.path(), &["rev-parse", "HEAD:file"]).parse().unwrap();
        let raw = dir.path().join("raw");
        let mode_and_name = format!("100644 {name}\0");
        std::fs::write(&raw, [mode_and_name.as_bytes(), blob.as_bytes()].concat()).unwrap();
        let tree = git(dir.path(), &["hash-object", "-t", "tree", "--literally", "-w", raw.to_str().unwrap()]);
        let tree: ObjectId = tree.parse().unwrap();
        let walked = repository.walk(tree, |_| Ok(Visit::Enter)).unwrap_err();
        let differed = repository.diff(None, Some(tree), |_| Ok(())).unwrap_err();
        assert_eq!([walked.cause, differed.cause], [Cause::GitInvalid; 2], "{name}");
    }
}

#[test]
fn a_worktree_is_opened_by_its_git_file() {
    let (dir, _, _) = repository(&[(b"a", "1")]);
    git(dir.path(), &["branch", "other"]);
    let worktree = dir.path().join("wt");
    git(dir.path(), &["worktree", "add", "--quiet", worktree.to_str().unwrap(), "other"]);
    let head = commit(&worktree, &[(b"b", "2")]);
    let repository = Repository::open(&worktree).unwrap();
    assert_eq!(repository.head().unwrap(), head);
    assert_eq!(paths(&repository, repository.tree(head).unwrap()).len(), 2);
    assert_eq!(repository.work_dir(), Some(worktree.as_path()));
}

#[test]
fn commits_are_found_by_any_name() {
    let (dir, repository, first) = repository(&[(b"a", "1")]);
    git(dir.path(), &["tag", "-a", "v1", "-m", "x"]);
    let second = commit(dir.path(), &[(b"a", "2")]);
    assert_eq!(repository.commit("v1").unwrap(), first);
    assert_eq!(repository.commit("main").unwrap(), second);
    assert!(repository.is_ancestor(first, second).unwrap() && repository.is_ancestor(first, first).unwrap());
    assert!(!repository.is_ancestor(second, first).unwrap());
    let nowhere: ObjectId = "0123456789012345678901234567890123456789".parse().unwrap();
    assert!(!repository.has_commit(nowhere) && !repository.is_ancestor(nowhere, first).unwrap());
    assert_eq!(repository.commit("none").unwrap_err().cause, Cause::GitInvalid);
}

#[test]
fn what_is_no_repository_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let failure = Repository::open(dir.path()).unwrap_err();
    assert!(failure.cause == Cause::GitInvalid && failure.hints[0].contains("GIT_STRATEGY"), "{failure}");
    std::fs::write(dir.path().join(".git"), "nonsense").unwrap();
    assert!(Repository::open(dir.path()).unwrap_err().to_string().contains("names no directory"));
}

#[test]
fn submodules_are_read_where_they_are_initialised() {
    let (library, _, library_head) = repository(&[(b"lib", "1")]);
    let (dir, repository, _) = repository(&[(b"a", "1")]);
    let url = library.path().to_str().unwrap();
    git(dir.path(), &["submodule", "--quiet", "add", url, "deep/lib"]);
    let head = commit(dir.path(), &[]);
    let submodules = repository.submodules(repository.tree(head).unwrap()).unwrap();
    assert_eq!(
        (submodules.len(), submodules[0].path.as_slice(), submodules[0].commit),
        (1, &b"deep/lib"[..], library_head)
    );
    assert_eq!(submodules[0].url, url);
    let submodule = repository.submodule(b"deep/lib").unwrap().unwrap();
    assert_eq!(paths(&submodule, submodule.tree(library_head).unwrap()), [(b"lib".to_vec(), EntryKind::File)]);
    let clone = tempfile::tempdir().unwrap();
    git(clone.path(), &["clone", "--quiet", dir.path().to_str().unwrap(), "."]);
    assert!(Repository::open(clone.path()).unwrap().submodule(b"deep/lib").unwrap().is_none());
    let hostile = format!("gitdir: {}", library.path().join(".git").display());
    std::fs::write(clone.path().join("deep/lib/.git"), hostile).unwrap();
    let failure = Repository::open(clone.path()).unwrap().submodule(b"deep/lib").unwrap_err();
    assert!(failure.to_string().contains("outside of the project"), "{failure}");
}

#[tokio::test]
async fn a_shallow_clone_is_completed() {
    let (origin, _, first) = repository(&[(b"a", "1")]);
    let second = commit(origin.path(), &[(b"a", "2")]);
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", origin.path().display());
    git(clone.path(), &["clone", "--quiet", "--depth=1", &url, "."]);
    let repository = Repository::open(clone.path()).unwrap();
    assert!(repository.is_shallow() && !repository.is_ancestor(first, second).unwrap());
    let failure = repository.tree(first).unwrap_err();
    assert!(failure.hints.iter().any(|hint| hint.contains("GIT_DEPTH")), "{:?}", failure.hints);
    host_git().unshallow(repository.git_dir()).await.unwrap();
    let repository = repository.again().unwrap();
    assert!(!repository.is_shallow() && repository.is_ancestor(first, second).unwrap());
    host_git().unshallow(repository.git_dir()).await.unwrap();
}

#[tokio::test]
async fn a_mirror_follows_its_origin_and_leaves_the_network_alone_where_it_can() {
    let (origin, _, first) = repository(&[(b"a", "1")]);
    git(origin.path(), &["tag", "v1"]);
    let dir = tempfile::tempdir().unwrap();
    let cache = RemoteCache { dir: dir.path().join("mirrors"), git: host_git(), lock_limit: Duration::from_secs(10) };
    let url = Secret::new(format!("file://{}", origin.path().display()));
    for wanted in [Wanted::Default, Wanted::Branch("main".to_owned()), Wanted::Tag("v1".to_owned())] {
        assert_eq!(cache.mirror(&url, &wanted).await.unwrap().commit, first, "{wanted:?}");
    }
    let second = commit(origin.path(), &[(b"a", "2")]);
    let branch = Wanted::Branch("main".to_owned());
    let exact = Wanted::Commit(second);
    let (by_name, by_id) = tokio::join!(cache.mirror(&url, &branch), cache.mirror(&url, &exact));
    assert_eq!((by_name.unwrap().commit, by_id.unwrap().commit), (second, second));
    drop(origin);
    assert_eq!(cache.mirror(&url, &Wanted::Commit(first)).await.unwrap().commit, first);
    assert_eq!(cache.mirror(&url, &branch).await.unwrap_err().cause, Cause::GitInvalid);
}

#[tokio::test]
async fn what_a_remote_does_not_have_is_the_users_fault_and_hides_the_password() {
    let dir = tempfile::tempdir().unwrap();
    let cache = RemoteCache { dir: dir.path().to_owned(), git: host_git(), lock_limit: Duration::from_secs(10) };
    let url = Secret::new("https://bot:hunter2@127.0.0.1:1/none.git");
    let failure = cache.mirror(&url, &Wanted::Default).await.unwrap_err();
    let told = failure.to_string();
    assert!(failure.cause == Cause::GitInvalid && told.contains("127.0.0.1:1/none.git"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    let (origin, _, _) = repository(&[(b"a", "1")]);
    let url = Secret::new(format!("file://{}", origin.path().display()));
    let failure = cache.mirror(&url, &Wanted::Branch("none".to_owned())).await.unwrap_err();
    assert!(failure.to_string().contains("`refs/heads/none`"), "{failure}");
}
