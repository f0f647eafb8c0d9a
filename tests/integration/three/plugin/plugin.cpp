extern "C" int answer() { return 7; }
