"""Every policy on every trace, paired by seed: `make bench` and `make bench-full`."""
