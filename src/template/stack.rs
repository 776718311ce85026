//! How much of the thread's stack is used: templates nest as deep as their authors like, stacks do not.

use std::cell::Cell;
use std::io;
use std::thread;

/// What may be used where nobody said how great the stack is: half of what Rust gives a thread.
const CAUTIOUS: usize = 1 << 20;

/// What one step of the engine may need between two looks at the stack.
const RESERVE: usize = 256 << 10;

thread_local! {
    /// Where the stack stood when the engine was entered, and how much may be used from there.
    static BOUNDS: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// Runs `work` on a thread of its own with `bytes` of stack, all of which the engine may use.
///
/// Memory is taken only as it is touched, so a generous stack costs nothing. Helm's 1,000 nested `include` of a name,
/// and more of several names, need some ten megabytes. A panic in `work` goes on in the caller.
///
/// # Errors
/// The system gives no thread.
pub fn with_stack<T: Send>(bytes: usize, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let guarded = move || {
        BOUNDS.set(Some((here(), bytes.saturating_sub(RESERVE))));
        work()
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(bytes).spawn_scoped(scope, guarded)?;
        thread.join().or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Carries out `work` as an entry into the engine: on a thread that [`with_stack`] did not make, bounds begin here.
pub(in crate::template) fn entered<T>(work: impl FnOnce() -> T) -> T {
    let before = BOUNDS.get();
    if before.is_none() {
        BOUNDS.set(Some((here(), CAUTIOUS)));
    }
    let result = work();
    BOUNDS.set(before);
    result
}

/// Whether nesting must end here.
pub(in crate::template) fn is_low() -> bool {
    BOUNDS.get().is_some_and(|(base, limit)| base.abs_diff(here()) > limit)
}

/// Whether three quarters are used: who checks this gives way to a better message than the last check has.
pub(in crate::template) fn is_getting_low() -> bool {
    BOUNDS.get().is_some_and(|(base, limit)| base.abs_diff(here()) > limit / 4 * 3)
}

/// About where the stack stands.
#[inline(never)]
fn here() -> usize {
    let marker = 0_u8;
    (&raw const marker).addr()
}

#[cfg(test)]
mod tests {
    use super::entered;
    use super::is_low;
    use super::with_stack;

    fn dive(depth: usize) -> usize {
        let ballast = std::hint::black_box([depth; 64]);
        if is_low() { depth } else { dive(depth + 1) + ballast[0] - depth }
    }

    #[test]
    fn a_great_stack_is_used_and_a_small_one_is_left_in_time() {
        let small = entered(|| dive(0));
        let great = with_stack(64 << 20, || dive(0)).unwrap();
        assert!(small > 100);
        assert!(great > small * 20, "{great} {small}");
    }
}
