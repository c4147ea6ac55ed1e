"""Federated learning with Flower on devices that run dense-core."""
