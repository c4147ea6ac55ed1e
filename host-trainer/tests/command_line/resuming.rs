//! A training that was stopped goes on to the same last bit, as if it had not been.

use std::fs;
use std::time::Duration;

use clap::ValueEnum;
use dense_core::{Kernel, Random};
use host_trainer::checkpoint::{Checkpoint, Identity, data_checksum};
use host_trainer::cli::{Optimizer, Schedule};
use host_trainer::dataset::Split;
use host_trainer::fit::{Data, End, Fit, Keeper, Loss, Settings, State, Watch};
use host_trainer::history::Epoch;
use host_trainer::model::{Layer, ModelName};
use serde_json::Value;

use super::{PIXELS, succeed, train, write_data_set};

/// Six steps an epoch, the last one uneven.
pub(super) const SAMPLES: usize = 41;
pub(super) const SETTINGS: Settings = Settings {
    optimizer: Optimizer::Adam,
    learning_rate: 0.001,
    schedule: Schedule::Constant,
    loss: Loss::CrossEntropy,
    smallest_deviation: None,
    batch_size: 7,
    epochs: 4,
    seed: 3,
    early_stopping: None,
    threads: 1,
    kernel: Kernel::PORTABLE,
};
pub(super) const STEPS: usize = SAMPLES.div_ceil(SETTINGS.batch_size);

pub(super) fn split(seed: u64, samples: usize) -> Split {
    let mut random = Random::new(seed, 5);
    let images = (0..samples).map(|_| std::array::from_fn::<u8, PIXELS, _>(|_| random.below(256) as u8)).collect();
    Split { images, labels: (0..samples).map(|_| random.below(10) as u8).collect() }
}

/// Trains from a state, or from the beginning, and stops after so many steps, if there are as many.
pub(super) fn fit(
    model: ModelName,
    data: &Data<'_>,
    settings: &Settings,
    from: Option<&State>,
    most: usize,
) -> (Fit, Vec<Layer>) {
    let mut network = model.network();
    network.initialise(settings.seed);
    let mut made = 0;
    let stop = move || {
        made += 1;
        made >= most
    };
    let mut watch = Watch { stop: Box::new(stop), ..Watch::silent() };
    let fit = network.fit(data, settings, from, &mut watch).unwrap();
    (fit, network.layers())
}

/// The state after a way through a file.
fn through_a_file(model: ModelName, settings: &Settings, data: &Data<'_>, state: State) -> State {
    let identity = Identity::new(model, 1.0, settings, data, data_checksum(data.train));
    let checkpoint = Checkpoint { identity, state };
    let read = Checkpoint::from_bytes(&checkpoint.to_bytes().unwrap()).unwrap();
    assert!(read == checkpoint, "other numbers come out of the file");
    read.state
}

/// The same but for the times.
fn without_times(mut state: State) -> State {
    for epoch in &mut state.position.epochs {
        epoch.seconds = 0.0;
    }
    state.position.running.seconds = 0.0;
    state
}

#[test]
fn an_interruption_changes_no_bit() {
    let [train, validation, test] = [split(1, SAMPLES), split(2, 10), split(3, 10)];
    let data = Data { train: &train, validation: Some(&validation), test: Some(&test) };
    let mut ways = Vec::new();
    for &model in ModelName::value_variants() {
        for optimizer in [Optimizer::Adam, Optimizer::Sgd] {
            for schedule in [Schedule::Constant, Schedule::Cosine, Schedule::Step { epochs: 1, factor: 0.5 }] {
                let threads: &[usize] = if model == ModelName::Linear { &[1, 2, 10] } else { &[1] };
                for &threads in threads {
                    let early_stopping = (schedule == Schedule::Cosine).then_some(100);
                    ways.push((model, Settings { optimizer, schedule, threads, early_stopping, ..SETTINGS }));
                }
            }
        }
    }
    for (model, loss) in [
        (ModelName::Linear, Loss::GeneralizedCrossEntropy),
        (ModelName::Linear, Loss::CrossEntropy),
        (ModelName::Mlp32, Loss::CrossEntropy),
    ] {
        ways.push((model, Settings { loss, smallest_deviation: Some(0.1), early_stopping: Some(100), ..SETTINGS }));
    }
    for (model, settings) in ways {
        let (straight, wanted) = fit(model, &data, &settings, None, usize::MAX);
        assert_eq!(straight.end, End::Finished);
        for first in [1, STEPS - 1, STEPS, 2 * STEPS + 3] {
            let (stopped, _) = fit(model, &data, &settings, None, first);
            assert_eq!(stopped.end, End::Interrupted);
            let position = &stopped.state.position;
            assert_eq!(position.epochs.len() * STEPS + position.running.steps, first);
            let state = through_a_file(model, &settings, &data, stopped.state);
            // And once more, on another number of threads.
            let threads = if model == ModelName::Linear { 3 } else { 1 };
            let (stopped, _) = fit(model, &data, &Settings { threads, ..settings }, Some(&state), 2);
            let state = through_a_file(model, &settings, &data, stopped.state);
            let (resumed, found) = fit(model, &data, &settings, Some(&state), usize::MAX);
            assert!(found == wanted, "{model:?}, {settings:?}: other weights after a stop at step {first}");
            assert_eq!(resumed.end, End::Finished);
            let [resumed, straight] = [resumed.state, straight.state.clone()].map(without_times);
            assert!(resumed == straight, "{model:?}, {settings:?}: another state after a stop at step {first}");
        }
    }
}

#[test]
fn states_kept_on_the_way_are_as_good() {
    let train = split(1, SAMPLES);
    let data = Data::new(&train);
    for &model in ModelName::value_variants() {
        let mut states = Vec::new();
        let mut network = model.network();
        network.initialise(SETTINGS.seed);
        let keep = Box::new(|state: &State| states.push(state.clone()));
        let keeper = Some(Keeper { interval: Duration::ZERO, keep });
        network.fit(&data, &SETTINGS, None, &mut Watch { keeper, ..Watch::silent() }).unwrap();
        assert_eq!(states.iter().map(|state| state.position.epochs.len()).collect::<Vec<_>>(), [1, 2, 3, 4]);
        for state in &states {
            let (_, found) = fit(model, &data, &SETTINGS, Some(state), usize::MAX);
            assert!(found == network.layers(), "{model:?}: other weights after epoch {}", state.position.epochs.len());
        }
    }
}

#[test]
fn early_stopping_ends_at_its_patience_and_brings_the_best_weights_back() {
    let [train, validation] = [split(1, SAMPLES), split(2, 10)];
    let data = Data { train: &train, validation: Some(&validation), test: None };
    for &model in ModelName::value_variants() {
        for patience in [1, 3] {
            let settings = Settings { epochs: 60, early_stopping: Some(patience), ..SETTINGS };
            let (stopped, layers) = fit(model, &data, &settings, None, usize::MAX);
            assert_eq!(stopped.end, End::StoppedEarly, "labels by chance cannot be learned");
            let losses = stopped.state.position.epochs.iter().map(|epoch: &Epoch| epoch.validation.unwrap().loss);
            let losses: Vec<f64> = losses.collect();
            let best = stopped.state.position.best.as_ref().unwrap();
            assert_eq!(losses.len(), best.epoch + patience);
            assert!(
                losses
                    .iter()
                    .enumerate()
                    .all(|(before, &loss)| loss >= losses[best.epoch - 1] || before + 1 == best.epoch)
            );
            // The weights are those of a training that ends there.
            let (_, wanted) = fit(model, &data, &Settings { epochs: best.epoch, ..settings }, None, usize::MAX);
            assert!(layers == wanted && layers == best.layers, "{model:?}");
            // There is nothing left to do, until there is more patience.
            let (again, layers) = fit(model, &data, &settings, Some(&stopped.state), usize::MAX);
            assert!(again == stopped && layers == best.layers);
            let patient = Settings { early_stopping: Some(patience + 1), ..settings };
            let (on, _) = fit(model, &data, &patient, Some(&stopped.state), usize::MAX);
            assert!(on.state.position.epochs.len() > losses.len());
        }
    }
}

#[test]
fn a_finished_training_goes_on_to_more_epochs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    for model in ["linear", "mlp32"] {
        let options = format!("--model {model} --learning-rate-schedule constant --batch-size 7 --verbose 0");
        train(folder, &data, &format!("{options} --epochs 5"));
        let wanted = fs::read(folder.join("weights.rs")).unwrap();
        train(folder, &data, &format!("{options} --epochs 2"));
        assert!(fs::read(folder.join("weights.rs")).unwrap() != wanted);
        let printed =
            train(folder, &data, &format!("{options} --epochs 5 --resume --verbose 2").replace("--verbose 0 ", ""));
        assert!(fs::read(folder.join("weights.rs")).unwrap() == wanted, "{model}");
        assert!(
            printed.contains("resumed from out/checkpoint.safetensors, epochs done: 2, steps of the next: 0\n"),
            "{printed}"
        );
        assert!(printed.contains("\nEpoch 3/5 - ") && !printed.contains("\nEpoch 2/5 - "), "{printed}");
        let history: Value = serde_json::from_slice(&fs::read(folder.join("out/history.json")).unwrap()).unwrap();
        assert_eq!(history["epochs"].as_array().unwrap().len(), 5);
    }
}

/// Ctrl-C, by the real signal to the real program.
#[cfg(unix)]
#[test]
fn ctrl_c_stops_after_the_batch_and_the_same_command_goes_on() {
    use std::process::{Command, Stdio};
    use std::thread;

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 500, 20);
    let mut ways = vec![("linear", 1), ("linear", 2), ("mlp32", 1)];
    for (model, threads) in ways.drain(..) {
        // No machine is through with this before it is interrupted.
        let options = format!(
            "train --out {model} --weights {model}/weights.rs --model {model} --threads {threads} --epochs 100000 \
             --learning-rate-schedule constant --verbose 2"
        );
        let mut child = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
            .current_dir(folder)
            .args(options.split_whitespace())
            .args(["--data".as_ref(), data.as_os_str()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        assert!(lines.any(|line| line.unwrap().starts_with("Epoch 2/")));
        // Reads on, as the program would wait for ever on a full pipe.
        let rest = thread::spawn(move || lines.map(Result::unwrap).collect::<Vec<String>>());
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        let rest = rest.join().unwrap();
        assert_eq!(output.status.code(), Some(130), "{complaint}");
        assert!(complaint.starts_with("error: interrupted in epoch ") && complaint.contains("--resume"), "{complaint}");
        let [test, written] = &rest[rest.len() - 2..] else { panic!("{rest:?}") };
        assert!(test.starts_with("1/1 - loss: "), "{rest:?}");
        assert!(written.starts_with(&format!("wrote {model}/checkpoint.safetensors (")), "{rest:?}");
        let names: Vec<_> = fs::read_dir(folder.join(model)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["checkpoint.safetensors"]);

        let epoch: usize = complaint.split(' ').nth(4).unwrap().parse().unwrap();
        let options = options.replace("100000", &(epoch + 1).to_string());
        succeed(folder, &data, &format!("{options} --resume"));
        let resumed = fs::read(folder.join(model).join("weights.rs")).unwrap();
        succeed(folder, &data, &options);
        assert!(fs::read(folder.join(model).join("weights.rs")).unwrap() == resumed, "{model}: other weights");
        fs::remove_dir_all(folder.join(model)).unwrap();
    }
}
