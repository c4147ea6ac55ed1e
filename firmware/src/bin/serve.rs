//! The product: tests itself, then does what the host on the serial line asks.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use firmware::application;
    use firmware::boards;
    use firmware::runtime::entry;

    const _: () = firmware::application::check_stack();

    #[entry]
    fn main() -> ! {
        let (session, mut serial, mut led) = application::start(boards::start);
        loop {
            dense_device::serve(session, &mut serial, || application::toggle(&mut led));
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("serve runs on a microcontroller: cargo run --release --config machines/<machine>.toml --bin serve");
}
