// Says what it found: 42 from the libraries, 7 from the plugin, a word of the data.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "outer.hpp"

int main() {
  void* plugin = dlopen("libplugin.so", RTLD_NOW);
  if (plugin == nullptr) {
    std::puts(dlerror());
    return 1;
  }
  const auto answer = reinterpret_cast<int (*)()>(dlsym(plugin, "answer"));
  std::string word;
  std::ifstream("/usr/share/three/sub/word.txt") >> word;
  std::printf("%s: %d %d %s\n", std::getenv("GREETING"), outer(), answer(), word.c_str());
}
