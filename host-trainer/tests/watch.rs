//! A smartwatch that learns its wearer: experiments.
use dense_core::Kernel;
use dense_protocol::messages::Step;
use dense_replay::Bits;
use formats::{DataOptions, safetensors};
use host_trainer::data;
use host_trainer::device::Reference;
use host_trainer::factory_samples::FactorySamples;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
#[ignore = "experiment"]
fn experiment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join("data/watch");
    let recordings = data::load_recordings(&DataOptions { path: path.clone(), ..Default::default() }).unwrap();
    let env = |name: &str, default: &str| std::env::var(name).unwrap_or(default.into());
    let list =
        |name: &str, default: &str| -> Vec<f32> { env(name, default).split(',').map(|x| x.parse().unwrap()).collect() };
    let stride: usize = env("STRIDE", "100").parse().unwrap();
    let room: usize = env("ROOM", "32768").parse().unwrap();
    let capacity: usize = env("CAPACITY", "51").parse().unwrap();
    let epochs = env("EPOCHS", "16");
    let mut worlds = Vec::new();
    for group in 1..=10 {
        let out: PathBuf = root.join(format!("target/watch-{group}-{epochs}"));
        if !out.join("model.safetensors").exists() {
            let status = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
                .arg("train")
                .arg("--data")
                .arg(&path)
                .args([
                    "--test-groups",
                    &group.to_string(),
                    "--hidden",
                    "32",
                    "--epochs",
                    &epochs,
                    "--learning-rate",
                    "0.01",
                    "--weight-decay",
                    "0.1",
                    "--json",
                    "--out",
                ])
                .arg(&out)
                .stdout(std::process::Stdio::null())
                .status()
                .unwrap();
            assert!(status.success());
        }
        let model = safetensors::from_safetensors(&std::fs::read(out.join("model.safetensors")).unwrap()).unwrap();
        let options = DataOptions { path: path.clone(), test_groups: vec![group.to_string()], ..Default::default() };
        let dataset = data::load(&options).unwrap().dataset;
        let index = recordings.groups.iter().position(|name| *name == group.to_string()).unwrap() as u32;
        let own: Vec<_> = recordings.recordings.iter().filter(|r| r.group == index).collect();
        let lessons = recordings.windows(own.iter().map(|&r| (r, 0..recordings.len(r) * 3 / 10)), stride);
        let later = recordings.windows(own.iter().map(|&r| (r, recordings.len(r) * 3 / 10..recordings.len(r))), stride);
        let others = recordings.windows(
            recordings.recordings.iter().filter(|r| r.group != index).map(|r| (r, 0..recordings.len(r))),
            stride,
        );
        let factory = FactorySamples::choose(&dataset.train, &model.input, Bits::Eight, room, Kernel::best()).unwrap();
        worlds.push((model, dataset, lessons, later, others, factory));
    }
    println!("lessons {:?}, factory {}", worlds.iter().map(|w| w.2.len()).collect::<Vec<_>>(), worlds[0].5.set().len());
    for lesson_rate in list("LESSON_RATES", "0.01") {
        for practice_rate in list("PRACTICE_RATES", "0.01") {
            for steps in list("STEPS", "32") {
                for after in list("AFTER", "0") {
                    let mut sums = [0.0; 3];
                    let mut afters = Vec::new();
                    for (model, dataset, lessons, later, others, factory) in &worlds {
                        let mut reference = Reference::new(model, Kernel::best()).unwrap().with_memory(
                            factory.clone(),
                            capacity,
                            &dataset.train,
                        );
                        sums[0] += reference.metric(later).unwrap();
                        let count = lessons.len();
                        for index in 0..count {
                            let decay =
                                if env("DECAY", "1") == "1" { (count - index) as f32 / count as f32 } else { 1.0 };
                            reference
                                .learn(
                                    "l",
                                    &lessons.select(&[index]),
                                    Step { learning_rate: lesson_rate * decay, first_trained: 0 },
                                )
                                .unwrap();
                            reference
                                .practise(
                                    "p",
                                    steps as u16,
                                    index as u32,
                                    Step { learning_rate: practice_rate * decay, first_trained: 0 },
                                )
                                .unwrap();
                        }
                        let rounds = (after as usize) / 32;
                        for round in 0..rounds {
                            let decay = (rounds - round) as f32 / rounds as f32;
                            reference
                                .practise(
                                    "p",
                                    32,
                                    10_000 + round as u32,
                                    Step { learning_rate: practice_rate * decay, first_trained: 0 },
                                )
                                .unwrap();
                        }
                        let a = reference.metric(later).unwrap();
                        afters.push(format!("{a:.2}"));
                        sums[1] += a;
                        sums[2] += reference.metric(others).unwrap();
                    }
                    println!(
                        "lesson {lesson_rate} practice {practice_rate} steps {steps} after {after}: {:.4} {:.4} {:.4} {afters:?}",
                        sums[0] / 10.0,
                        sums[1] / 10.0,
                        sums[2] / 10.0
                    );
                }
            }
        }
    }
}
