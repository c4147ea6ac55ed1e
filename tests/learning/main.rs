//! Every kernel against real Keras, in both of its precisions: each layer, loss and optimizer by itself, and networks
//! of three layers while they learn.

mod layers;
mod losses;
mod networks;
mod optimizers;
