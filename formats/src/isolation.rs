//! A boundary around decoders of other projects: a panic or an endless loop in one is an error of the file.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The name of the threads that decoders run in.
pub const THREAD: &str = "decoder";
/// How long one may take for what is in memory: many times what the largest valid file needs.
pub const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Does `work` in a thread of its own. One that does not end is left behind, until the process ends.
///
/// # Errors
/// That it has panicked or takes longer than `limit`, to be said after the name of the file or its format.
pub fn isolated<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let (sender, receiver) = mpsc::channel();
    let run = move || drop(sender.send(catch_unwind(AssertUnwindSafe(work))));
    thread::Builder::new()
        .name(THREAD.into())
        .spawn(run)
        .map_err(|error| format!("no thread to decode in: {error}"))?;
    match receiver.recv_timeout(limit) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(panic)) => Err(format!("its decoder gave up{}", message(&*panic))),
        Err(_) => Err(format!("its decoder did not end within {limit:?}")),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.map_or_else(String::new, |text| format!(": {}", text.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_panic_and_an_endless_loop_are_errors() {
        let (soon, start) = (Duration::from_millis(20), Instant::now());
        let index = std::hint::black_box(3);
        let endless = || loop {
            thread::sleep(Duration::from_millis(10));
        };
        for (result, wanted) in [
            (isolated(TIME_LIMIT, || 7), Ok(7)),
            (isolated(TIME_LIMIT, || panic!("\x1b[31mred")), Err("its decoder gave up: \\u{1b}[31mred")),
            (
                isolated(TIME_LIMIT, move || [1, 2, 3][index]),
                Err("its decoder gave up: index out of bounds: the len is 3 but the index is 3"),
            ),
            (isolated(soon, endless), Err("its decoder did not end within 20ms")),
        ] {
            assert_eq!(result.as_ref().map_err(String::as_str), wanted.as_ref().map_err(|error| *error));
        }
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
