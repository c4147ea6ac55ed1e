//! Tasks of different lengths on several threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{panic, thread};

/// Threads for work that may take all cores.
pub fn all_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Calls `task` with each index below `count`, the next one on whichever of `jobs` threads is free. Returns the results by
/// index, and nothing for those that were not reached or that returned nothing, after which their thread ends.
///
/// `stop` is asked before each task. A task is given a function that also returns true once another one has failed.
///
/// # Errors
/// The error of a task. All others are stopped then.
pub(crate) fn map<R: Send, E: Send>(
    count: usize,
    jobs: usize,
    stop: &(dyn Fn() -> bool + Sync),
    task: impl Fn(usize, &(dyn Fn() -> bool + Sync)) -> Result<Option<R>, E> + Sync,
) -> Result<Vec<Option<R>>, E> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let stop = || stop() || failed.load(Ordering::Relaxed);
    let work = || {
        let mut done = Vec::new();
        while !stop() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let result = task(index, &stop).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            let Some(result) = result else { break };
            done.push((index, result));
        }
        Ok::<_, E>(done)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.min(count)).map(|_| scope.spawn(work)).collect();
        let mut results: Vec<Option<R>> = (0..count).map(|_| None).collect();
        for thread in threads {
            for (index, result) in thread.join().unwrap_or_else(|payload| panic::resume_unwind(payload))? {
                results[index] = Some(result);
            }
        }
        Ok(results)
    })
}
