//! `host-trainer device` and `host-trainer adapt` as a user runs them, against the simulated firmware.

mod simulator;

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use formats::{Activation, Layer, safetensors};
use host_trainer::data::Inputs;
use simulator::{Simulator, dataset, one, workspace};

/// Exit code and output of a run of the program.
struct Run {
    code: i32,
    out: String,
    error: String,
}

fn run(arguments: &[impl AsRef<OsStr>]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .args(arguments)
        .env("CARGO_MANIFEST_DIR", workspace("host-trainer"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), out: text(output.stdout), error: text(output.stderr) }
}

/// The arguments of a command for a device; `line` is what follows the options of the connection.
fn arguments(simulator: &Simulator, command: &str, line: &str) -> Vec<String> {
    let (port, weights) = (simulator.address().to_string(), simulator.model_file().display().to_string());
    let data = workspace("data/fashion-mnist").display().to_string();
    let mut arguments: Vec<&str> = vec![command, "--port", &port, "--timeout", "20"];
    arguments.extend(line.split_whitespace());
    if command == "adapt"
        || ["infer", "classify", "evaluate", "learn", "download", "upload"]
            .iter()
            .any(|action| line.starts_with(action))
    {
        arguments.extend(["--weights", &weights]);
        if !line.contains("--data") {
            arguments.extend(["--data", &data]);
        }
    }
    arguments.into_iter().map(str::to_owned).collect()
}

/// Runs `device`, which must succeed, and returns what it printed.
fn device(simulator: &Simulator, line: &str) -> String {
    let Run { code, out, error } = run(&arguments(simulator, "device", line));
    assert_eq!((code, error.as_str()), (0, ""), "{line}: {out}");
    out
}

#[track_caller]
fn check(out: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(out.contains(wanted), "{wanted:?} is not in\n{out}");
    }
}

#[test]
fn every_action_says_what_it_did() {
    let simulator = Simulator::start();
    let same = "every logit and output is the host's, bit for bit";
    check(
        &device(&simulator, "info"),
        &["simulator", "168 MHz", "784-10, u8 inputs, f32 weights, 7,850 parameters", "from the firmware"],
    );
    // The first test image is an ankle boot, and the model sees it.
    check(&device(&simulator, "infer --test 0"), &["9 Ankle boot: right", "Trouser"]);
    let out = device(&simulator, "evaluate --limit 100");
    check(&out, &["answered:", "on 100 test samples", "the line lost nothing", same]);
    let out = device(&simulator, "learn --test 0..50 --learning-rate 0.02");
    check(&out, &["learned 50 samples", "losses and weights are the host's, bit for bit", "not saved yet"]);
    check(&device(&simulator, "evaluate --limit 20"), &["not compared with the host"]);
    check(&device(&simulator, "evaluate --limit 20 --learned 0..50 --learning-rate 0.02"), &[same]);
    check(&device(&simulator, "learn --test 50..52"), &["learned 2 samples", "not compared with the host"]);
    check(&device(&simulator, "save"), &["saved as number 1 in slot 0"]);
    check(&device(&simulator, "load"), &["loaded save number 1"]);
    check(&device(&simulator, "info"), &["from save number 1", "52 lessons"]);
    check(&device(&simulator, "reset"), &["back to the firmware's weights"]);
    check(&device(&simulator, "evaluate --limit 20"), &[same]);
}

#[test]
fn weights_go_into_a_file_and_back() {
    let simulator = Simulator::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("learnt.safetensors");
    device(&simulator, "learn --test 0..20");
    let line = format!("download --output {}", file.display());
    check(&device(&simulator, &line), &["7850 parameters, checksum", "learnt.safetensors"]);
    let (kept, foreign) = (fs::read(&file).unwrap(), folder.path().join("foreign.safetensors"));
    fs::write(&foreign, "of somebody else").unwrap();
    let line = format!("download --output {}", foreign.display());
    let Run { code, error, .. } = run(&arguments(&simulator, "device", &line));
    assert_eq!(code, 2);
    check(&error, &["foreign.safetensors is there already"]);
    assert_eq!((fs::read(&foreign).unwrap(), fs::read(&file).unwrap()), (b"of somebody else".to_vec(), kept));
    let learnt = device(&simulator, "info");
    device(&simulator, "reset");
    let port = simulator.address().to_string();
    let uploaded =
        run(&["device", "--port", &port, "--timeout", "20", "upload", "--weights", &file.display().to_string()]);
    assert_eq!(uploaded.code, 0, "{}", uploaded.error);
    let checksum = |text: &str| text.split("checksum ").nth(1).unwrap()[..8].to_owned();
    assert_eq!(checksum(&device(&simulator, "info")), checksum(&learnt));
    check(&device(&simulator, "info"), &["from a host"]);
}

#[test]
fn events_are_lines_of_json() {
    let simulator = Simulator::start();
    for (line, wanted) in [
        ("info --json", &[r#""event":"device""#, r#""widths":[784,10]"#, r#""event":"counters""#][..]),
        ("infer --test 0 --json", &[r#""event":"inference""#, r#""class":9"#, r#""name":"Ankle boot""#]),
        ("evaluate --limit 5 --json", &[r#""event":"line""#, r#""event":"test""#, r#""same_bits":true"#]),
        ("learn --test 0..2 --json", &[r#""event":"lessons""#, r#""samples":2"#]),
        ("save --json", &[r#""event":"saved","save":1,"slot":0"#]),
        ("load --json", &[r#""event":"loaded","save":1"#]),
        ("reset --json", &[r#""event":"reset""#]),
    ] {
        let out = device(&simulator, line);
        check(&out, wanted);
        assert!(out.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{out}");
    }
}

#[test]
fn a_png_is_classified_and_other_pictures_are_refused() {
    let simulator = Simulator::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.png");
    let write = |side: u32, greys: &[u8]| {
        image::save_buffer(&path, greys, side, side, image::ExtendedColorType::L8).unwrap();
    };
    let Inputs::Bytes { values: boot, .. } = one(&dataset().test, 0).inputs else { panic!("pixels") };
    write(28, &boot);
    let out = device(&simulator, &format!("classify {}", path.display()));
    check(&out, &["image.png: PNG, 28 x 28 pixels, grey; taken as it is\n9 Ankle boot\n"]);
    // The same four times as large, dark on a light page.
    let large: Vec<u8> = (0..12544).map(|pixel| 255 - boot[pixel / 112 / 4 * 28 + pixel % 112 / 4]).collect();
    write(112, &large);
    let out = device(&simulator, &format!("classify {}", path.display()));
    check(&out, &["image.png: PNG, 112 x 112 pixels, grey; inverted; ", "\n9 Ankle boot\n"]);
    write(30, &[0; 900]);
    let line = format!("classify {}", path.display());
    let Run { code, error, .. } = run(&arguments(&simulator, "device", &line));
    assert_eq!(code, 2);
    check(&error, &["image.png: nothing to be seen: all pixels are alike"]);
}

#[test]
fn faults_exit_with_2_and_name_the_port() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = format!("tcp:{closed}");
    let simulator = Simulator::start();
    let port = simulator.address().to_string();
    for (port, wanted) in [(&*closed, "cannot open"), ("/dev/no-such-port", "cannot open"), (&port, "load was refused")]
    {
        let Run { code, error, .. } = run(&["device", "--port", port, "load"]);
        assert_eq!(code, 2, "{port}: {error}");
        check(&error, &[&format!("error: {port}: {wanted}")]);
    }
    for (command, line, wanted) in [
        ("device", "classify --test 10000", "--test 10000: the data set has 10000 test samples"),
        ("device", "learn --test 9990..10001", "--test 9990..10001: the data set has 10000 test"),
        ("device", "evaluate --data no-such-folder", "no-such-folder"),
        ("adapt", "--world noisy --amount 300 --restart-command true", "--amount 300: must be from 0 to 255"),
        ("adapt", "--teach 60001 --restart-command true", "--teach 60001: the data set has 60000 training"),
        ("adapt", "", "nobody there to turn the device off"),
    ] {
        let Run { code, error, .. } = run(&arguments(&simulator, command, line));
        assert_eq!(code, 2, "{command} {line}: {error}");
        check(&error, &[wanted]);
    }
    device(&simulator, "learn --test 0..1");
    let Run { code, error, .. } = run(&arguments(&simulator, "adapt", "--restart-command true"));
    assert_eq!(code, 2);
    check(&error, &["the device's weights have checksum", "device reset"]);
}

/// The device serves one layer, and the file has two.
#[test]
fn a_model_of_another_shape_is_refused() {
    let simulator = Simulator::start();
    let mut model = simulator::model();
    model.layers.insert(0, Layer::zero(784, 32, Activation::Relu));
    model.layers[1] = Layer::zero(32, 10, Activation::Linear);
    fs::write(simulator.model_file(), safetensors::to_safetensors(&model).unwrap()).unwrap();
    for (command, line) in
        [("device", "classify --test 0"), ("device", "learn --test 0..1"), ("adapt", "--restart-command true")]
    {
        let Run { code, error, .. } = run(&arguments(&simulator, command, line));
        assert_eq!(code, 2, "{command} {line}");
        check(&error, &["the device serves another network than", "its shape is 784-10, that of the file 784-32-10"]);
    }
}

/// Whoever reads the output may go away.
#[cfg(unix)]
#[test]
fn a_closed_output_is_no_panic() {
    let simulator = Simulator::start();
    for line in ["info", "evaluate --limit 5", "learn --test 0..2"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_host-trainer"));
        command.env("CARGO_MANIFEST_DIR", workspace("host-trainer"));
        command.args(arguments(&simulator, "device", line)).stdin(Stdio::null()).stdout(writer);
        let output = command.output().unwrap();
        assert_ne!(output.status.code(), Some(101), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[cfg(unix)]
#[test]
fn a_device_adapts_to_every_shift_and_keeps_it() {
    for shift in ["inverted", "rotated", "translated", "noisy"] {
        let simulator = Simulator::start();
        let mut arguments = arguments(&simulator, "adapt", &format!("--world {shift}"));
        arguments.extend(["--restart-command".to_owned(), simulator.restart_command()]);
        let Run { code, out, error } = run(&arguments);
        println!("{out}");
        assert_eq!((code, error.as_str()), (0, ""), "{out}");
        check(&out, &["500 images taught", "saved as number 1 in slot 0", "kept: checksum"]);
        // The numbers of a line: on the device and on the host, of original pictures and of shifted ones.
        let numbers = |name: &str| {
            let line = out.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            let numbers = line.split_whitespace().filter_map(|word| word.trim_matches(['(', ')']).parse::<f64>().ok());
            numbers.collect::<Vec<_>>()
        };
        let (before, after, kept) = (numbers("before  "), numbers("after  "), numbers("after power cycle"));
        assert!(before[1] > 0.83 && before[3] < 0.4, "{out}");
        assert_eq!(after, kept, "{out}");
        assert!(kept[2] > before[2] + 0.2 && kept[3] > before[3] + 0.3, "{out}");
    }
}

#[cfg(unix)]
#[test]
fn an_adaptation_is_told_as_events() {
    let simulator = Simulator::start();
    let mut arguments = arguments(&simulator, "adapt", "--evaluate 2 --teach 2 --json");
    arguments.extend(["--restart-command".to_owned(), simulator.restart_command()]);
    let Run { code, out, error } = run(&arguments);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let kinds: Vec<&str> =
        out.lines().map(|line| line.split(r#""event":""#).nth(1).unwrap().split('"').next().unwrap()).collect();
    let wanted = ["start", "accuracies", "lessons", "accuracies", "saved", "accuracies", "kept", "written"];
    assert_eq!(kinds, wanted, "{out}");
}

#[cfg(unix)]
#[test]
fn a_power_cycle_that_fails_is_an_error() {
    let simulator = Simulator::start();
    for (command, wanted) in [
        ("exit 3", "--restart-command `exit 3`: exit status: 3"),
        ("true", "was not turned off: it still counts 2 lessons learned"),
    ] {
        let mut arguments = arguments(&simulator, "adapt", "--evaluate 2 --teach 2");
        arguments.extend(["--restart-command", command].map(str::to_owned));
        let Run { code, error, .. } = run(&arguments);
        assert_eq!(code, 2);
        check(&error, &[wanted]);
        device(&simulator, "reset");
        simulator.restart();
    }
}
