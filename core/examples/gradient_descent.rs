//! Gradient descent in one dimension, with a learning rate too small, right, and too large.
//!
//! `cargo run -p dense-core --example gradient_descent`. The curve is the loss (w − 1)², whose derivative is 2 (w − 1).

use dense_core::{Error, Mse, Output, Sgd, Trainer};

const STEPS: usize = 9;
const WIDTH: usize = 61;
const HEIGHT: usize = 13;

fn main() -> Result<(), Error> {
    for (name, learning_rate) in [("too small", 0.02), ("right", 0.3), ("too large", 1.04)] {
        let path = descend(learning_rate)?;
        let losses: Vec<String> = path.iter().map(|w| format!("{:.3}", loss(*w))).collect();
        println!("learning rate {learning_rate}: {name}\n{}loss: {}\n", draw(&path), losses.join(" "));
    }
    Ok(())
}

fn loss(w: f32) -> f32 {
    (w - 1.0) * (w - 1.0)
}

/// The position of the ball, from the start on: the bias of an output whose input is always 0, so that its weight stays
/// 0.
fn descend(learning_rate: f32) -> Result<Vec<f32>, Error> {
    let mut ball = Output::<1, 1, Mse>::ZERO;
    ball.layer.bias_mut()[0] = -1.0;
    let mut trainer = Trainer::<_, _, 1>::new(Sgd::new(learning_rate)?);
    let mut path = vec![-1.0];
    for _ in 0..STEPS {
        trainer.step(&mut ball, &[[0.0]], &[[1.0]])?;
        path.push(ball.layer.bias()[0]);
    }
    Ok(path)
}

/// The curve for w from −2 to 4, and on it the number of each step, the last on top.
fn draw(path: &[f32]) -> String {
    let mut picture = vec![[' '; WIDTH]; HEIGHT];
    let mut put = |w: f32, mark| {
        let column = ((w + 2.0) / 6.0 * (WIDTH - 1) as f32).round();
        let row = ((1.0 - loss(w) / 9.0) * (HEIGHT - 1) as f32).round();
        if (0.0..WIDTH as f32).contains(&column) && (0.0..HEIGHT as f32).contains(&row) {
            picture[row as usize][column as usize] = mark;
        }
    };
    for column in 0..WIDTH {
        put(column as f32 / (WIDTH - 1) as f32 * 6.0 - 2.0, '·');
    }
    for (&w, mark) in path.iter().zip('0'..) {
        put(w, mark);
    }
    picture.iter().map(|row| row.iter().collect::<String>().trim_end().to_string() + "\n").collect()
}
