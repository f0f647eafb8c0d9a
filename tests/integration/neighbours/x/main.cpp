#include <cstdio>
#include <cstdlib>

int main(int count, char** words) {
  for (int i = 1; i < count; ++i) std::printf("<%s>", words[i]);
  const char* const list = std::getenv("LIST");
  std::printf(" %s\n", list == nullptr ? "" : list);
}
