//! Tasks of different lengths on several threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{panic, thread};

/// Threads for work that may take all cores.
pub fn all_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Bytes that all trainings at the same time may take, of the 1 GB of [`formats::bounded`]; the data and the results take more.
const MEMORY: usize = 5 << 27;
/// Bytes for each parameter of a network that is trained: as it was, as it is, two arrays of an optimizer's state, the best so
/// far, and the copies that a training returns.
const PARAMETER: usize = 60;

/// The number of concurrent trainings: `asked`, or the number of cores; at most `trainings`, and at most as many as fit into
/// memory with `samples` bytes and a network of so many `parameters` each.
pub(crate) fn jobs(asked: Option<usize>, trainings: usize, samples: usize, parameters: usize) -> usize {
    let fitting = MEMORY / samples.saturating_add(PARAMETER.saturating_mul(parameters)).max(1);
    asked.unwrap_or_else(all_threads).min(trainings).min(fitting.max(1))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_trainings_run_than_there_are_or_fit_into_memory() {
        let megabytes = |count: usize| count << 20;
        for (asked, trainings, samples, parameters, wanted) in [
            (8, 16, megabytes(1), 1_000, 8),
            (8, 3, 0, 10, 3),
            (8, 16, megabytes(100), 1_000, 6),
            (8, 16, 0, 1 << 22, 2),
            (8, 16, megabytes(100), 1 << 22, 1),
            (8, 16, megabytes(1_000), 1_000, 1),
            (8, 16, 0, usize::MAX, 1),
        ] {
            assert_eq!(jobs(Some(asked), trainings, samples, parameters), wanted, "{samples} {parameters}");
        }
        assert_eq!(jobs(None, usize::MAX, 0, 0), all_threads());
    }
}
