#include <cstdio>
#include <cstdlib>

int main() {
  std::printf("%s\n", std::getenv("GREETING"));
  return 0;
}
