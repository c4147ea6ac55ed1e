//! Every kernel against Keras in float32 and float64: each layer, loss and optimizer by itself, and the training of
//! networks of three layers.

mod layers;
mod losses;
mod networks;
mod optimizers;
