//! Trainings that fail, and why.

use super::*;

fn message(samples: &Samples, outputs: usize, recipe: Recipe) -> String {
    let data = Data { picture: Some([2, 2]), ..Data::new(samples) };
    train(&data, outputs, &settings(recipe, 2, Kernel::best())).unwrap_err().to_string()
}

#[test]
fn settings_and_samples_that_cannot_be_are_refused() {
    let recipe = recipe();
    let optimizer = |optimizer| Recipe { optimizer, ..recipe.clone() };
    let numbers = samples(false, 4, 2, Task::Multiclass, 10);
    let Inputs::Numbers { values, .. } = &numbers.inputs else { panic!() };
    let mut values = values.clone();
    values[17] = f32::NAN;
    let not_finite = Samples { inputs: Inputs::Numbers { width: 4, values }, ..numbers.clone() };
    let pictures = samples(true, 4, 2, Task::Multiclass, 10);
    let none = numbers.select(&[]);
    let values = samples(false, 4, 2, Task::Regression, 10);
    let regression = Recipe { loss: Loss::MeanSquaredError, ..recipe.clone() };
    for (samples, outputs, recipe, wanted) in [
        (&numbers, 2, optimizer(Optimizer { learning_rate: 0.0, ..ADAM }), "learning rate is 0, expected"),
        (&numbers, 2, optimizer(Optimizer { weight_decay: -0.5, ..ADAM }), "weight decay is -0.5, expected"),
        (&numbers, 2, optimizer(Optimizer { momentum: 0.5, ..ADAM }), "momentum of an optimizer without it is 0.5"),
        (&numbers, 2, Recipe { batch_size: 0, ..recipe.clone() }, "at least one sample"),
        (&numbers, 2, Recipe { early_stopping: Some(1), ..recipe.clone() }, "early stopping needs validation samples"),
        (&numbers, 2, Recipe { hidden: vec![0], ..recipe.clone() }, "units of a layer: length 0"),
        (&numbers, 2, Recipe { loss: Loss::BinaryCrossentropy, ..recipe.clone() }, "outputs: length 2, expected 1"),
        (&numbers, 2, regression.clone(), "targets: length 0"),
        (&numbers, 1, recipe.clone(), "has label 1, but there are 1 classes"),
        (&values, 2, recipe.clone(), "labels: length 0"),
        (&values, 3, regression, "outputs: length 2, expected 3"),
        (&not_finite, 2, recipe.clone(), "samples: number 17 is not finite"),
        (&numbers, 2, Recipe { shift: 1, ..recipe.clone() }, "shift of pictures is 1, expected 0 to 0"),
        (&pictures, 2, Recipe { shift: 2, ..recipe.clone() }, "shift of pictures is 2, expected 0 to 1"),
        (&none, 2, recipe.clone(), "at least one sample"),
    ] {
        let found = message(samples, outputs, recipe);
        assert!(found.contains(wanted), "{found}, wanted {wanted}");
    }
    let mut network = Network::initial(5, 2, &recipe).unwrap();
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
    let error = fit(&mut network, &Data::new(&numbers), &settings(recipe, 1, Kernel::best()), None, &mut callbacks);
    assert_eq!(error.unwrap_err().to_string(), "inputs: length 4, expected 5");
}

/// With any number of threads, whichever of them comes upon it.
#[test]
fn a_training_that_diverges_says_where() {
    let samples = samples(false, 20, 3, Task::Regression, 90);
    let optimizer = Optimizer { learning_rate: 1e3, name: OptimizerName::Sgd, ..ADAM };
    for hidden in [vec![], vec![8], vec![8, 5]] {
        let recipe = Recipe {
            hidden: hidden.clone(),
            loss: Loss::MeanSquaredError,
            batch_size: 10,
            epochs: 20,
            optimizer,
            ..recipe()
        };
        let failed =
            |threads| train(&Data::new(&samples), 3, &settings(recipe.clone(), threads, Kernel::best())).unwrap_err();
        let wanted = failed(1);
        assert!(matches!(wanted, FitError::Diverged { epoch: 1.., step: 1..=9 }), "{wanted:?}");
        for threads in 2..=8 {
            assert_eq!(failed(threads), wanted, "{threads} threads, {hidden:?}");
        }
    }
}

#[test]
fn a_state_of_another_network_is_refused() {
    let samples = samples(true, 6, 3, Task::Multiclass, 40);
    let settings = settings(Recipe { hidden: vec![4], ..recipe() }, 2, Kernel::best());
    let (network, Fit { state, .. }) = train(&Data::new(&samples), 3, &settings).unwrap();
    let go_on = |change: &dyn Fn(&mut State)| {
        let (mut network, mut state) = (network.clone(), state.clone());
        change(&mut state);
        let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
        fit(&mut network, &Data::new(&samples), &settings, Some(&state), &mut callbacks).map(|_| ())
    };
    assert_eq!(go_on(&|_| {}), Ok(()));
    for (change, wanted) in [
        (
            &(|state: &mut State| _ = state.variables.layers.pop()) as &dyn Fn(&mut State),
            "layers: length 1, expected 2",
        ),
        (&|state| _ = state.variables.layers[1].bias.pop(), "units of a layer: length 2, expected 3"),
        (&|state| _ = state.variables.layers[0].weights.pop(), "weights: length 23, expected 24"),
        (&|state| _ = state.variables.states.pop(), "layers of state: length 1, expected 2"),
        (&|state| _ = state.variables.states[0].pop(), "arrays of state: length 1, expected 2"),
        (&|state| _ = state.variables.states[0][1].bias.pop(), "bias: length 3, expected 4"),
    ] {
        assert_eq!(go_on(change).unwrap_err().to_string(), wanted);
    }
}
