#include "outer.hpp"

int middle();

int outer() { return middle() + 1; }
