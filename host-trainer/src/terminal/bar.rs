//! Progress bars.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for `length` parts, on a terminal; anywhere else, nothing.
pub(crate) fn bar(title: &str, length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {pos}/{len} {wide_bar:.green} {msg} {eta:>4} left")
        .expect("the template is well formed")
        .progress_chars("━╸─");
    ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stdout())
        .with_style(style)
        .with_prefix(title.to_owned())
}
