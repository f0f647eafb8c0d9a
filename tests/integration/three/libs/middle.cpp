int inner();

int middle() { return inner() + 1; }
