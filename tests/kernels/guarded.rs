//! Slices at guard pages, so that an access out of bounds kills the test process.

use std::ops::{Deref, DerefMut};

/// Which end of the slice touches a guard page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    First,
    Last,
}

/// A slice that begins or ends at a guard page.
///
/// On Unix: pages between two without access. Elsewhere, and under Miri, which checks every access: an allocation of
/// the exact size.
pub(crate) struct Guarded<T> {
    #[cfg(all(unix, not(miri)))]
    pages: pages::Pages<T>,
    #[cfg(not(all(unix, not(miri))))]
    values: Box<[T]>,
}

impl<T: Copy> Guarded<T> {
    #[cfg(all(unix, not(miri)))]
    pub(crate) fn new(values: &[T], end: End) -> Self {
        Self { pages: pages::Pages::new(values, end) }
    }

    #[cfg(not(all(unix, not(miri))))]
    pub(crate) fn new(values: &[T], _: End) -> Self {
        Self { values: values.into() }
    }
}

impl<T> Deref for Guarded<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        #[cfg(all(unix, not(miri)))]
        return self.pages.slice();
        #[cfg(not(all(unix, not(miri))))]
        &self.values
    }
}

impl<T> DerefMut for Guarded<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        #[cfg(all(unix, not(miri)))]
        return self.pages.slice_mut();
        #[cfg(not(all(unix, not(miri))))]
        &mut self.values
    }
}

#[cfg(all(unix, not(miri)))]
#[allow(unsafe_code)]
mod pages {
    use super::End;
    use std::cell::RefCell;
    use std::collections::HashMap;
    use std::{io, ptr, slice};

    thread_local! {
        /// Mappings to be used again, by their bytes: the system takes longer to make one than most kernels to run.
        static FREE: RefCell<HashMap<usize, Vec<*mut libc::c_void>>> = RefCell::default();
    }

    /// A mapping of whole pages of which the first and the last have no access, and a slice at one end of those
    /// between.
    pub(super) struct Pages<T> {
        mapping: *mut libc::c_void,
        bytes: usize,
        values: *mut T,
        len: usize,
    }

    /// A mapping of `used` bytes between two pages without access.
    fn map(page: usize, used: usize) -> *mut libc::c_void {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping at an address of the system's choice touches no other memory.
        let mapping = unsafe { libc::mmap(ptr::null_mut(), page + used + page, libc::PROT_NONE, flags, -1, 0) };
        assert!(mapping != libc::MAP_FAILED, "mmap: {}", io::Error::last_os_error());
        if used > 0 {
            let inner = mapping.wrapping_byte_add(page);
            // SAFETY: these pages are inside the mapping, and nothing refers to them yet.
            let result = unsafe { libc::mprotect(inner, used, libc::PROT_READ | libc::PROT_WRITE) };
            assert!(result == 0, "mprotect: {}", io::Error::last_os_error());
        }
        mapping
    }

    impl<T: Copy> Pages<T> {
        pub(super) fn new(values: &[T], end: End) -> Self {
            // SAFETY: asks for a number.
            let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).expect("a page has a size");
            let used = size_of_val(values).next_multiple_of(page);
            let bytes = page + used + page;
            let free = FREE.with_borrow_mut(|free| free.get_mut(&bytes).and_then(Vec::pop));
            let mapping = free.unwrap_or_else(|| map(page, used));
            let inner = mapping.wrapping_byte_add(page);
            let offset = match end {
                End::First => 0,
                End::Last => used - size_of_val(values),
            };
            let copy = inner.wrapping_byte_add(offset).cast::<T>();
            assert!(copy.is_aligned());
            // SAFETY: the destination holds as many values, is aligned and does not overlap them.
            unsafe { ptr::copy_nonoverlapping(values.as_ptr(), copy, values.len()) };
            Self { mapping, bytes, values: copy, len: values.len() }
        }
    }

    impl<T> Pages<T> {
        pub(super) fn slice(&self) -> &[T] {
            // SAFETY: `new` wrote so many values there, and the mapping is this one's alone as long as `self` lives.
            unsafe { slice::from_raw_parts(self.values, self.len) }
        }

        pub(super) fn slice_mut(&mut self) -> &mut [T] {
            // SAFETY: as above, and `self` is borrowed exclusively.
            unsafe { slice::from_raw_parts_mut(self.values, self.len) }
        }
    }

    impl<T> Drop for Pages<T> {
        fn drop(&mut self) {
            FREE.with_borrow_mut(|free| free.entry(self.bytes).or_default().push(self.mapping));
        }
    }

    /// A child process that reads just outside of a slice dies of it, and one that reads inside does not.
    #[test]
    fn an_access_outside_is_caught() {
        for (end, offset, caught) in
            [(End::First, -1, true), (End::First, 0, false), (End::Last, 16, false), (End::Last, 17, true)]
        {
            let values = Pages::new(&[1.0_f32; 17], end);
            // SAFETY: the child only reads memory and exits, which is allowed after a fork of a process with threads.
            let status = unsafe {
                let child = libc::fork();
                if child == 0 {
                    values.values.wrapping_offset(offset).read_volatile();
                    libc::_exit(0);
                }
                assert!(child > 0, "fork: {}", io::Error::last_os_error());
                let mut status = 0;
                assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
                status
            };
            let died = libc::WIFSIGNALED(status) && [libc::SIGSEGV, libc::SIGBUS].contains(&libc::WTERMSIG(status));
            assert_eq!(died, caught, "{end:?}, offset {offset}: status {status:#x}");
        }
    }
}
