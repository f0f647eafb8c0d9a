#include <cstdio>

int main() { std::puts("from a component"); }
