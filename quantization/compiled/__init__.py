"""A model of torch whose numbers OpenVINO works out: the same weights and results, with faster kernels on a CPU."""
