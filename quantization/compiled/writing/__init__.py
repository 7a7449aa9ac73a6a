"""Models that write, computed by OpenVINO token by token: what they have read stays inside it between two tokens."""
