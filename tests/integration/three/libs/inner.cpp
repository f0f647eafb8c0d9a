int inner() { return 40; }
