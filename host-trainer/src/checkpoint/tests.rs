//! Tests of the file of a checkpoint.

use dense_core::{Kernel, Random};
use formats::safetensors::to_safetensors;
use formats::{Input, Model, Optimizer, OptimizerName, Output, Recipe};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use training::{Callbacks, Data, Network, Settings, Silent};

use super::*;
use crate::data::{Inputs, Targets};
use crate::report;

const INPUTS: usize = 20;
const CLASSES: usize = 3;
/// Six steps an epoch, the last one uneven.
const SAMPLES: usize = 41;
const BATCH_SIZE: usize = 7;

fn recipe(optimizer: OptimizerName) -> Recipe {
    let momentum = if optimizer == OptimizerName::Sgd { 0.9 } else { 0.0 };
    let optimizer = Optimizer { name: optimizer, learning_rate: 0.001, momentum, nesterov: false, weight_decay: 0.0 };
    Recipe {
        hidden: vec![5],
        optimizer,
        batch_size: BATCH_SIZE,
        epochs: 4,
        validation_split: Some(0.2),
        early_stopping: Some(9),
        ..report::tests::recipe()
    }
}

fn samples(seed: u64, count: usize) -> Samples {
    let mut random = Random::new(seed, 5);
    let values = (0..count * INPUTS).map(|_| random.below(256) as u8).collect();
    let labels = (0..count).map(|_| random.below(CLASSES as u32) as u8).collect();
    Samples { inputs: Inputs::Bytes { width: INPUTS, values }, targets: Targets::Labels(labels), groups: Vec::new() }
}

/// The state of a training that was stopped two steps after its first epoch.
fn stopped(recipe: &Recipe) -> Checkpoint {
    let [train, validation] = [samples(1, SAMPLES), samples(2, 10)];
    let settings = Settings { recipe: recipe.clone(), threads: 1, kernel: Kernel::PORTABLE };
    let mut network = Network::initial(INPUTS, CLASSES, recipe).unwrap();
    let data = Data { validation: Some(&validation), ..Data::new(&train) };
    let mut steps = 0;
    let mut stop = || {
        steps += 1;
        steps == SAMPLES.div_ceil(BATCH_SIZE) + 2
    };
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut stop, checkpoints: None };
    let state = training::fit(&mut network, &data, &settings, None, &mut callbacks).unwrap().state;
    let identity = Identity {
        inputs: INPUTS,
        outputs: CLASSES,
        recipe: recipe.clone(),
        train_samples: SAMPLES,
        validation_samples: 10,
        data_checksum: train.checksum(),
        backend: BACKEND.name().into(),
    };
    Checkpoint { identity, state }
}

#[test]
fn every_number_comes_back() {
    for optimizer in OptimizerName::ALL {
        let checkpoint = stopped(&recipe(optimizer));
        let bytes = checkpoint.to_bytes().unwrap();
        assert!(Checkpoint::from_bytes(&bytes).unwrap() == checkpoint, "{optimizer:?}");
    }
}

/// A tensor: name, type, shape, bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);
/// Changes the metadata or the tensors of a checkpoint.
type Damage = fn(&mut Value, &mut Vec<Tensor>);

#[test]
fn damaged_files_are_refused() {
    let bytes = stopped(&recipe(OptimizerName::Adam)).to_bytes().unwrap();
    for length in [0, 7, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        let fault = Checkpoint::from_bytes(&bytes[..length]).unwrap_err();
        assert!(fault.starts_with("not a valid safetensors file: "), "{length}: {fault}");
    }
    let damages: &[(Damage, &str)] = &[
        (|metadata, _| metadata["format"] = "other".into(), "metadata: format other, wanted host-trainer/checkpoint/2"),
        (|metadata, _| metadata["identity"]["recipe"]["activation"] = "other".into(), "metadata: unknown variant"),
        (|metadata, _| metadata["identity"]["recipe"]["seed"] = (-1).into(), "metadata: invalid value"),
        (|metadata, _| metadata["identity"]["recipe"]["batch_size"] = 0.into(), "metadata: the batch size is 0"),
        (|metadata, _| metadata["identity"]["recipe"]["hidden"] = vec![0].into(), "metadata: no such network"),
        (|metadata, _| metadata["identity"]["recipe"]["hidden"] = vec![1; 99].into(), "metadata: no such network"),
        (|metadata, _| metadata["identity"]["inputs"] = usize::MAX.into(), "metadata: no such network"),
        (|metadata, _| metadata["identity"]["outputs"] = 0.into(), "metadata: no such network"),
        (|metadata, _| metadata["identity"]["outputs"] = 4.into(), "`trained.dense_1.kernel`: (F32, [3, 5]) found, "),
        (|metadata, _| metadata["running"]["steps"] = 6.into(), "metadata: 6 steps of an epoch of 6"),
        (|metadata, _| metadata["running"]["loss"] = Value::Null, "metadata: invalid type: null"),
        (|metadata, _| metadata["best_epoch"] = 2.into(), "metadata: the best epoch is not among those"),
        (|metadata, _| metadata["best_epoch"] = 0.into(), "metadata: the best epoch is not among those"),
        (|metadata, _| metadata["best_epoch"] = Value::Null, "metadata: the best epoch is not among those"),
        (|metadata, _| metadata["epochs_done"][0]["train"]["loss"] = Value::Null, "metadata: invalid type: null"),
        (|_, tensors| tensors.retain(|tensor| tensor.0 != "best.dense.kernel"), "`best.dense.kernel`: missing"),
        (|_, tensors| tensors.retain(|tensor| tensor.0 != "state_1.dense_1.bias"), "`state_1.dense_1.bias`: missing"),
        (
            |_, tensors| tensors.iter_mut().for_each(|tensor| tensor.3[..4].copy_from_slice(&f32::NAN.to_le_bytes())),
            "holds a number that is not finite",
        ),
        (
            |_, tensors| {
                let squares = tensors.iter_mut().find(|tensor| tensor.0 == "state_1.dense.kernel").unwrap();
                squares.3[..4].copy_from_slice(&(-1.0_f32).to_le_bytes());
            },
            "`state_1.dense.kernel`: a mean of squares is negative",
        ),
    ];
    for (damage, wanted) in damages {
        let fault = Checkpoint::from_bytes(&damaged(&bytes, *damage)).unwrap_err();
        assert!(fault.contains(wanted), "{fault} does not say {wanted}");
    }
}

/// The file with other metadata or tensors.
fn damaged(bytes: &[u8], damage: Damage) -> Vec<u8> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensors = file.tensors().into_iter();
    let mut tensors =
        tensors.map(|(name, tensor)| (name, tensor.dtype(), tensor.shape().to_vec(), tensor.data().to_vec())).collect();
    let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
    let mut metadata = serde_json::from_str(&header.metadata().as_ref().unwrap()["checkpoint"]).unwrap();
    damage(&mut metadata, &mut tensors);
    let views =
        tensors.iter().map(|(name, kind, shape, bytes)| (name, TensorView::new(*kind, shape.clone(), bytes).unwrap()));
    let metadata = [("checkpoint".to_owned(), metadata.to_string())].into();
    safetensors::serialize(views, Some(metadata)).unwrap()
}

/// Makes another training of one.
type Change = fn(&mut Identity);

/// The model file of a finished training.
fn model_file(identity: &Identity) -> Vec<u8> {
    let layers = stopped(&identity.recipe).state.variables.layers;
    let provenance = Provenance::Trained {
        data_set: "data".into(),
        data: Box::default(),
        data_checksum: identity.data_checksum,
        samples: identity.train_samples,
        recipe: Box::new(identity.recipe.clone()),
        best_epoch: None,
    };
    let names = |count| (0..count).map(|index: usize| index.to_string()).collect();
    let model = Model {
        loss: identity.recipe.loss,
        layers,
        input: Input::Features { names: names(INPUTS), window: None, standardized: false },
        output: Output::Classes { names: names(CLASSES) },
        quantized: None,
        test: [].into(),
        provenance,
    };
    to_safetensors(&model).unwrap()
}

#[test]
fn a_training_is_set_aside_unless_its_model_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let model = folder.path().join("model.safetensors");
    assert_eq!(Checkpoint::set_aside(&path).unwrap(), None);
    fs::write(&path, "no checkpoint").unwrap();
    assert_eq!(Checkpoint::set_aside(&path).unwrap(), None);
    let recipe_of = |epochs, patience| {
        let recipe = recipe(OptimizerName::Adam);
        Recipe { epochs, early_stopping: Some(patience), ..recipe }
    };
    // Of these, one epoch is done, which is also the best one.
    let (finished, stopped_early, unfinished) = (recipe_of(1, 9), recipe_of(4, 0), recipe_of(4, 9));
    let same: Change = |_| ();
    let cases: &[(&Recipe, Option<Change>, bool)] = &[
        (&finished, Some(same), false),
        (&stopped_early, Some(same), false),
        (&unfinished, Some(same), true),
        (&finished, None, true),
        (&stopped_early, None, true),
        (&unfinished, None, true),
        (&finished, Some(|identity| identity.data_checksum += 1), true),
        (&finished, Some(|identity| identity.train_samples += 1), true),
        (&finished, Some(|identity| identity.recipe.seed += 1), true),
        (&finished, Some(|identity| identity.recipe.epochs += 1), true),
    ];
    let mut number = 0;
    for (case, (recipe, change, is_kept)) in cases.iter().enumerate() {
        let mut checkpoint = stopped(&recipe_of(4, 9));
        checkpoint.identity.recipe = (*recipe).clone();
        let bytes = checkpoint.to_bytes().unwrap();
        fs::write(&path, &bytes).unwrap();
        let _ = fs::remove_file(&model);
        if let Some(change) = change {
            change(&mut checkpoint.identity);
            fs::write(&model, model_file(&checkpoint.identity)).unwrap();
        }
        number += usize::from(*is_kept);
        let aside = is_kept.then(|| folder.path().join(format!("checkpoint-{number}.safetensors")));
        assert_eq!(Checkpoint::set_aside(&path).unwrap(), aside, "case {case}");
        assert!(fs::read(aside.as_ref().unwrap_or(&path)).unwrap() == bytes, "case {case}");
        assert_eq!(path.exists(), !is_kept, "case {case}");
    }
    fs::write(&path, stopped(&finished).to_bytes().unwrap()).unwrap();
    fs::write(&model, "no model").unwrap();
    assert!(Checkpoint::set_aside(&path).unwrap().is_some());
}
