//! Figures of the lesson, drawn from what dense-core computes.

use super::by_hand;
use super::drawing::{Drawing, Plot, Point};
use super::weights::{CLASS_NAMES, HEIGHT, MODEL, WIDTH};
use dense_core::optimizers::{Optimizer, Schedule};
use dense_core::{Mae, Mse, Network, Output, Random, Sgd, Trainer};
use golden::Result;

/// An output whose only input is 0, so that its bias is the one parameter that learns.
type OneParameter<L> = Output<1, 1, L>;

/// Every picture, by its name in `docs/figures`.
pub(crate) fn all() -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("overview", overview()),
        ("forward-pass", forward_pass()?),
        ("losses", losses()),
        ("back-propagation", back_propagation()),
        ("gradient-descent", gradient_descent()?),
        ("batches", batches()),
        ("batch-sizes", batch_sizes()?),
        ("up-down", up_down()?),
    ])
}

/// A picture of the test set through the committed weights: pixels, weighted sums, softmax.
fn forward_pass() -> Result<String> {
    let images = include_bytes!("../../firmware/vectors/images");
    let labels = include_bytes!("../../firmware/vectors/labels");
    // The first that is right and not certain.
    let mut found = None;
    for (image, &label) in images.as_chunks::<784>().0.iter().zip(labels) {
        let p = MODEL.predict(image)?;
        if (0.5..0.8).contains(&p[usize::from(label)]) {
            found = Some((image, p));
            break;
        }
    }
    let (image, p) = found.ok_or("every picture is wrong or certain")?;
    let mut logits = [[0.0; 10]];
    MODEL.layer.forward(dense_core::Batch::new(&[*image])?, &mut logits)?;

    let mut drawing = Drawing::new(760.0, 300.0, "A picture, ten weighted sums, ten probabilities");
    const SIDE: f64 = 6.0;
    let corner: Point = [24.0, 60.0];
    drawing.rectangle(corner, [SIDE * WIDTH as f64, SIDE * HEIGHT as f64], "fill-black");
    for (index, &pixel) in image.iter().enumerate() {
        let (row, column) = (index / WIDTH, index % WIDTH);
        if pixel > 0 {
            drawing.pixel([corner[0] + SIDE * column as f64, corner[1] + SIDE * row as f64], SIDE, pixel);
        }
    }
    drawing.text([108.0, 48.0], "middle", "", "28 × 28 pixels");
    drawing.text([292.0, 20.0], "middle", "", "Flatten, Dense(10)");
    drawing.text([430.0, 20.0], "middle", "small", "z = W·x + b");
    drawing.text([500.0, 20.0], "start", "small", "p = softmax(z)");
    for (unit, name) in CLASS_NAMES.into_iter().enumerate() {
        let y = 44.0 + 25.0 * unit as f64;
        drawing.line([198.0, 144.0], [314.0, y], "thin");
        drawing.circle([322.0, y], 8.0, "node");
        drawing.text([430.0, y + 4.0], "middle", "value", &format!("{:.2}", logits[0][unit]));
        drawing.rectangle([500.0, y - 8.0], [120.0 * f64::from(p[unit]), 16.0], "fill-blue");
        drawing.text([508.0 + 120.0 * f64::from(p[unit]), y + 4.0], "start", "", &format!("{:.3} {name}", p[unit]));
    }
    Ok(drawing.finish())
}

fn losses() -> String {
    let mut drawing = Drawing::new(760.0, 280.0, "Losses of numbers, and cross-entropy");
    let plot = Plot { left: 50.0, top: 36.0, width: 290.0, height: 200.0, x: [-3.0, 3.0], y: [0.0, 4.0] };
    plot.axes(&mut drawing, "error y − t", "loss");
    plot.curve(&mut drawing, "line blue", |error| error * error);
    plot.curve(&mut drawing, "line red", f64::abs);
    drawing.text([200.0, 60.0], "middle", "fill-blue", "squared: MSE");
    drawing.text([200.0, 80.0], "middle", "fill-red", "absolute: MAE");
    let plot = Plot { left: 430.0, top: 36.0, width: 290.0, height: 200.0, x: [0.0, 1.0], y: [0.0, 4.0] };
    plot.axes(&mut drawing, "probability p of the right answer", "loss");
    plot.curve(&mut drawing, "line green", |p: f64| -p.ln());
    drawing.text([520.0, 80.0], "start", "fill-green", "cross-entropy: −ln p");
    drawing.finish()
}

/// The network of `by_hand`: values forward in blue above, derivatives backward in red below.
fn back_propagation() -> String {
    let network = by_hand::NETWORK;
    let forward = by_hand::forward(&network);
    let backward = by_hand::backward(&network, &forward);
    let mut drawing = Drawing::new(760.0, 330.0, "Forward pass and back-propagation of a 2-2-1 network");
    drawing.text([24.0, 24.0], "start", "value", "forward: values");
    drawing.text([150.0, 24.0], "start", "gradient", "backward: derivatives of the loss");
    let (inputs, hidden) = ([[70.0, 100.0], [70.0, 240.0]], [[330.0, 100.0], [330.0, 240.0]]);
    let (output, loss) = ([560.0, 170.0], [690.0, 170.0]);

    // A weight with its derivative, at a share of the way from one unit to the other.
    let mut edge = |[x, y]: Point, [to_x, to_y]: Point, share: f64, weight: f64, derivative: f64| {
        drawing.line([x, y], [to_x, to_y], "thin");
        let place = [x + share * (to_x - x), y + share * (to_y - y)];
        drawing.text([place[0], place[1] - 5.0], "middle", "value", &format!("{weight}"));
        drawing.text([place[0], place[1] + 13.0], "middle", "gradient", &format!("{derivative:.4}"));
    };
    for unit in 0..2 {
        for input in 0..2 {
            // Those that cross are named before they do.
            let share = if unit == input { 0.5 } else { 0.27 };
            let (weight, derivative) =
                (network.hidden_weights[unit][input], backward.gradient.hidden_weights[unit][input]);
            edge(inputs[input], hidden[unit], share, weight, derivative);
        }
        edge(hidden[unit], output, 0.62, network.output_weights[unit], backward.gradient.output_weights[unit]);
    }
    drawing.line(output, loss, "thin");

    let mut unit = |place: Point, name: &str, value: &str, derivative: &str| {
        drawing.circle(place, 24.0, "node");
        drawing.text([place[0], place[1] + 5.0], "middle", "", name);
        drawing.text([place[0], place[1] - 32.0], "middle", "value", value);
        drawing.text([place[0], place[1] + 43.0], "middle", "gradient", derivative);
    };
    for (index, name) in ["x1", "x2"].into_iter().enumerate() {
        unit(inputs[index], name, &by_hand::INPUTS[index].to_string(), "");
    }
    for (index, name) in ["h1", "h2"].into_iter().enumerate() {
        let value = format!("z = {:.4}, h = {:.4}", forward.sums[index], forward.hidden[index]);
        let derivative = format!("h: {:.4}, z: {:.4}", backward.hidden[index], backward.sums[index]);
        unit(hidden[index], name, &value, &derivative);
    }
    unit(output, "y", &format!("{:.4}", forward.output), &format!("{:.4}", backward.output));
    unit(loss, "L", &format!("{:.4}", forward.loss), "");
    drawing.finish()
}

fn gradient_descent() -> Result<String> {
    let mut drawing = Drawing::new(760.0, 260.0, "Gradient descent with three learning rates");
    for (index, (name, rate)) in [("too small", 0.02), ("right", 0.3), ("too large", 1.04)].into_iter().enumerate() {
        let left = 40.0 + 245.0 * index as f64;
        let plot = Plot { left, top: 50.0, width: 200.0, height: 160.0, x: [-2.0, 4.0], y: [0.0, 9.0] };
        plot.axes(&mut drawing, "w", "L");
        drawing.text([left + 100.0, 30.0], "middle", "", &format!("learning rate {rate}: {name}"));
        let loss = |w: f64| (w - 1.0) * (w - 1.0);
        plot.curve(&mut drawing, "thin", loss);

        let mut ball = OneParameter::<Mse>::ZERO;
        ball.layer.bias_mut()[0] = -1.0;
        let mut trainer = Trainer::<_, _, 1>::new(Sgd::new(rate)?);
        let mut places = Vec::new();
        for _ in 0..6 {
            let w = f64::from(ball.layer.bias()[0]);
            places.push(plot.at(w, loss(w)));
            trainer.step(&mut ball, &[[0.0]], &[[1.0]])?;
        }
        drawing.polyline(&places, "line red");
        for place in places {
            drawing.circle(place, 3.5, "fill-blue");
        }
    }
    Ok(drawing.finish())
}

/// 1,000 samples in batches of 8, five epochs.
fn batches() -> String {
    const SAMPLES: usize = 1000;
    const BATCH: usize = 8;
    const EPOCHS: usize = 5;
    let iterations = SAMPLES.div_ceil(BATCH);
    let mut drawing = Drawing::new(760.0, 210.0, "Batches, iterations and epochs");
    let title = format!("{SAMPLES} samples, batches of {BATCH}: a box is one iteration, a row one epoch");
    drawing.text([24.0, 26.0], "start", "", &title);
    let step = 560.0 / iterations as f64;
    for epoch in 0..EPOCHS {
        let y = 44.0 + 26.0 * epoch as f64;
        drawing.text([24.0, y + 13.0], "start", "small", &format!("epoch {}", epoch + 1));
        let (from, to) = ([84.0, y + 8.5], [84.0 + 560.0, y + 8.5]);
        drawing.dashes(from, to, [step - 1.4, 1.4], "bar");
        drawing.rectangle([84.0, y], [step - 1.4, 17.0], "fill-red");
        let done = iterations * (epoch + 1);
        drawing.text([656.0, y + 13.0], "start", "small", &format!("{done} iterations"));
    }
    drawing.text([84.0, 192.0], "start", "gradient", &format!("one batch: {BATCH} samples, one step"));
    drawing.finish()
}

/// A line through points with noise, fitted with three batch sizes: the loss over all points after each epoch.
fn batch_sizes() -> Result<String> {
    const SAMPLES: usize = 64;
    const EPOCHS: usize = 12;
    let mut random = Random::new(0, Random::INITIAL_WEIGHTS);
    let inputs: Vec<[f32; 1]> = (0..SAMPLES).map(|_| [2.0 * random.uniform() - 1.0]).collect();
    let targets: Vec<[f32; 1]> = inputs.iter().map(|[x]| [2.0 * x - 1.0 + 0.6 * (random.uniform() - 0.5)]).collect();

    let mut drawing = Drawing::new(760.0, 300.0, "Loss by epoch for three batch sizes");
    let plot = Plot { left: 50.0, top: 36.0, width: 480.0, height: 220.0, x: [0.0, 12.0], y: [0.0, 3.0] };
    plot.axes(&mut drawing, "epoch", "loss over all 64 samples");
    let ways = [
        (SAMPLES, "blue", "batch of 64: gradient descent"),
        (8, "green", "8: mini-batches"),
        (1, "red", "1: stochastic"),
    ];
    for (index, (batch, colour, name)) in ways.into_iter().enumerate() {
        let mut line = Output::<1, 1, Mse>::ZERO;
        let mut trainer = Trainer::<_, _, SAMPLES>::new(Sgd::new(0.05)?);
        let (mut order, mut shuffle) = ((0..SAMPLES as u32).collect::<Vec<_>>(), Random::new(0, Random::SHUFFLE));
        let mut places = Vec::new();
        for epoch in 0..=EPOCHS {
            let loss = f64::from(trainer.evaluate(&line, &inputs, &targets)?.loss());
            places.push(plot.at(epoch as f64, loss));
            shuffle.shuffle(&mut order);
            for batch in order.chunks(batch) {
                trainer.step_indexed(&mut line, &inputs, &targets, batch)?;
            }
        }
        drawing.polyline(&places, &format!("line {colour}"));
        for place in places {
            drawing.circle(place, 3.0, &format!("fill-{colour}"));
        }
        let y = 70.0 + 44.0 * index as f64;
        drawing.text([548.0, y], "start", &format!("fill-{colour}"), name);
        let steps = SAMPLES / batch;
        drawing.text([548.0, y + 17.0], "start", "small", &format!("steps in an epoch: {steps}"));
    }
    Ok(drawing.finish())
}

/// The guesses of gradient descent with halved steps, from the first on top.
fn up_down() -> Result<String> {
    const NUMBER: f32 = 37.0;
    let mut guess = OneParameter::<Mae>::ZERO;
    guess.layer.bias_mut()[0] = 50.0;
    let halving = Sgd::new(25.0)?.with_schedule(Schedule::Step { every: 1, factor: 0.5 })?;
    let mut trainer = Trainer::<_, _, 1>::new(halving);

    let mut drawing = Drawing::new(760.0, 270.0, "Up and down as gradient descent");
    let plot = Plot { left: 60.0, top: 40.0, width: 640.0, height: 190.0, x: [0.0, 100.0], y: [7.0, 1.0] };
    let (top, bottom) = (plot.at(f64::from(NUMBER), 1.0), plot.at(f64::from(NUMBER), 7.0));
    drawing.line(top, bottom, "line green");
    drawing.text([top[0], top[1] - 12.0], "middle", "fill-green", &format!("the number, {NUMBER}"));
    let mut places = Vec::new();
    for row in 1..=7 {
        let value = guess.layer.bias()[0];
        let loss = trainer.step(&mut guess, &[[0.0]], &[[NUMBER]])?.loss();
        let place = plot.at(f64::from(value), f64::from(row));
        let answer = if loss < 0.5 {
            "right!"
        } else if value < NUMBER {
            "up"
        } else {
            "down"
        };
        let content = format!("guess {value:.1}, loss {loss:.1}: {answer}");
        drawing.text([plot.at(56.0, 0.0)[0], place[1] + 4.0], "start", "small", &content);
        places.push(place);
    }
    drawing.polyline(&places, "line red");
    for place in &places {
        drawing.circle(*place, 4.0, "fill-blue");
    }
    drawing.line([60.0, 240.0], [700.0, 240.0], "axis");
    drawing.text([60.0, 256.0], "middle", "small", "0");
    drawing.text([700.0, 256.0], "middle", "small", "100");
    Ok(drawing.finish())
}

/// Where a network comes from and where it goes, in two rows, to be read on a narrow screen too.
fn overview() -> String {
    let mut drawing = Drawing::new(640.0, 292.0, "From your data to a device that goes on learning");
    let boxes = [
        ("your data", ["pictures, tables,", "time series"]),
        ("host-trainer", ["trains, tests,", "reports"]),
        ("model file", ["describes itself;", "f32 and int8"]),
        ("weights.rs", ["a type and", "a static, in Rust"]),
        ("firmware", ["infers, learns,", "keeps it"]),
        ("browser", ["the same", "in a page"]),
    ];
    const SIZE: [f64; 2] = [168.0, 84.0];
    let corners = [0, 1, 2, 3, 4, 5].map(|index| {
        let (row, column) = (index / 3, index % 3);
        [20.0 + 216.0 * f64::from(column), [16.0, 156.0][row as usize]]
    });
    for ((name, lines), [left, top]) in boxes.into_iter().zip(corners) {
        drawing.rectangle([left, top], SIZE, "node");
        let middle = left + SIZE[0] / 2.0;
        drawing.text([middle, top + 28.0], "middle", "large", name);
        drawing.text([middle, top + 52.0], "middle", "medium", lines[0]);
        drawing.text([middle, top + 71.0], "middle", "medium", lines[1]);
    }
    let right = |index: usize| [corners[index][0] + SIZE[0] + 6.0, corners[index][1] + SIZE[1] / 2.0];
    for index in [0, 1, 3] {
        let [x, y] = right(index);
        arrow(&mut drawing, &[[x, y], [x + 36.0, y]], "line blue");
    }
    // From the model file down, to the weights and to the browser.
    let below = corners[2][1] + SIZE[1];
    let middle = |index: usize| corners[index][0] + SIZE[0] / 2.0;
    for index in [3, 5] {
        let turn = below + 20.0;
        let points =
            [[middle(2), below], [middle(2), turn], [middle(index), turn], [middle(index), corners[3][1] - 4.0]];
        arrow(&mut drawing, &points, "line blue");
    }
    // Learning goes round.
    let (bottom, middle) = (corners[4][1] + SIZE[1], middle(4));
    let round = [[middle + 44.0, bottom], [middle + 44.0, bottom + 18.0], [middle - 44.0, bottom + 18.0]];
    arrow(&mut drawing, &[&round[..], &[[middle - 44.0, bottom + 4.0]]].concat(), "line red");
    drawing.text([middle, bottom + 38.0], "middle", "medium gradient", "a step on each lesson");
    drawing.text([corners[5][0] + SIZE[0] / 2.0, bottom + 38.0], "middle", "medium", "the same bits everywhere");
    drawing.finish()
}

/// A line with a head at its end.
fn arrow(drawing: &mut Drawing, points: &[Point], class: &str) {
    drawing.polyline(points, class);
    if let [.., [from_x, from_y], [x, y]] = *points {
        let ([dx, dy], length) = ([x - from_x, y - from_y], (x - from_x).hypot(y - from_y));
        let [dx, dy] = [8.0 * dx / length, 8.0 * dy / length];
        drawing
            .polyline(&[[x - dx - dy * 0.7, y - dy + dx * 0.7], [x, y], [x - dx + dy * 0.7, y - dy - dx * 0.7]], class);
    }
}
