//! Scratch.
use dense_core::*;
use std::time::Instant;
fn main() {
    let mut random = Random::new(1, 1);
    let n = 60000;
    let mut images = vec![[0u8; 784]; n];
    for p in images.as_flattened_mut() {
        *p = if random.next_u32() & 1 == 0 { 0 } else { random.next_u32() as u8 };
    }
    let labels: Vec<u8> = (0..n).map(|_| random.below(10) as u8).collect();
    let mut order: Vec<u32> = (0..n as u32).collect();
    random.shuffle(&mut order);
    for kernel in Kernel::available().skip(1) {
        let mut layer = Box::new(Dense::<784, 10>::ZERO);
        layer.glorot_uniform(&mut random);
        let mut state = Box::new(AdamState::<784, 10>::ZERO);
        let mut adam = Adam::new(0.001).unwrap();
        for _ in 0..3 {
            let (mut f, mut s, mut b) = (0.0, 0.0, 0.0);
            let t = Instant::now();
            let mut loss = 0.0;
            for step in 0..1875 {
                let o = &order[step * 32..][..32];
                let next = if step < 1874 { &order[step * 32 + 32..][..32] } else { &[] };
                let a = Instant::now();
                let batch = Batch::indexed(&images, o).unwrap().followed_by(next).unwrap();
                let mut logits = [[0.0; 10]; 32];
                layer.forward(kernel, batch, &mut logits).unwrap();
                let a1 = Instant::now();
                let l: [u8; 32] = std::array::from_fn(|i| labels[o[i] as usize]);
                loss += losses::sparse_categorical_cross_entropy(kernel, &mut logits, &l).unwrap().loss;
                let a2 = Instant::now();
                layer.step_adam(kernel, batch, &logits, &mut state, &adam.next_step()).unwrap();
                let a3 = Instant::now();
                f += (a1 - a).as_secs_f64();
                s += (a2 - a1).as_secs_f64();
                b += (a3 - a2).as_secs_f64();
            }
            println!(
                "{} epoch {:.4} s forward {:.2} softmax {:.2} adam {:.2} us, loss {}",
                kernel.name(),
                t.elapsed().as_secs_f64(),
                f / 1875. * 1e6,
                s / 1875. * 1e6,
                b / 1875. * 1e6,
                loss / 60000.
            );
        }
        let batch = Batch::indexed(&images, &order[..32]).unwrap();
        let mut logits = [[0.0; 10]; 32];
        let l: [u8; 32] = std::array::from_fn(|i| labels[order[i] as usize]);
        let t = Instant::now();
        for _ in 0..20000 {
            layer.forward(kernel, batch, std::hint::black_box(&mut logits)).unwrap();
        }
        let f = t.elapsed().as_secs_f64() * 1e6 / 2e4;
        let t = Instant::now();
        for _ in 0..20000 {
            losses::sparse_categorical_cross_entropy(kernel, std::hint::black_box(&mut logits), &l).unwrap();
        }
        let c = t.elapsed().as_secs_f64() * 1e6 / 2e4;
        let t = Instant::now();
        for _ in 0..20000 {
            layer.step_adam(kernel, batch, std::hint::black_box(&logits), &mut state, &adam.next_step()).unwrap();
        }
        let a = t.elapsed().as_secs_f64() * 1e6 / 2e4;
        let sgd = Sgd::new(0.01).unwrap();
        let t = Instant::now();
        for _ in 0..20000 {
            layer.step_sgd(kernel, batch, std::hint::black_box(&logits), &sgd).unwrap();
        }
        println!("hot: forward {f:.2} loss {c:.2} adam {a:.2} sgd {:.2} us", t.elapsed().as_secs_f64() * 1e6 / 2e4);
        let t = Instant::now();
        let mut out = vec![[0.0; 10]; 10000];
        layer.forward(kernel, Batch::new(&images[..10000]).unwrap(), &mut out).unwrap();
        println!("10,000 images {:.3} ms", t.elapsed().as_secs_f64() * 1e3);
        let t = Instant::now();
        for i in 0..10000 {
            layer.forward(kernel, Batch::new(&images[i..=i]).unwrap(), &mut out[..1]).unwrap();
        }
        println!("one image {:.3} us", t.elapsed().as_secs_f64() * 1e6 / 1e4);
    }
}
