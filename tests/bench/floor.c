/* The floors that tests/bench compares with: what one core needs for the parts
 * of the work that nobody can leave out.
 *   floor sha256 FILE...   hash each file (OpenSSL, the CPU's own instructions)
 *   floor gzip FILE...     compress each file with ISA-L at level 1, to nowhere
 *   floor stat DIR         walk a tree and lstat every entry
 * And a launcher, because the kernel counts the memory of the process that forks as
 * the child's own, and this one is small:
 *   floor peak FILE COMMAND...   run it; its largest process, in KiB, goes to FILE */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { chunk = 1 << 20 };
static unsigned char input[chunk], output[chunk], level_buffer[ISAL_DEF_LVL1_DEFAULT];

static void die(const char* what) {
  perror(what);
  exit(1);
}

static ssize_t read_chunk(int fd) {
  ssize_t size = read(fd, input, chunk);
  if (size < 0) die("read");
  return size;
}

static void sha256(int fd) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), NULL);
  for (ssize_t size; (size = read_chunk(fd)) > 0;) EVP_DigestUpdate(context, input, (size_t)size);
  EVP_DigestFinal_ex(context, output, NULL);
  EVP_MD_CTX_free(context);
}

static void gzip(int fd) {
  struct isal_zstream stream;
  isal_deflate_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.level = 1;
  stream.level_buf = level_buffer;
  stream.level_buf_size = sizeof level_buffer;
  ssize_t size;
  do {
    size = read_chunk(fd);
    stream.next_in = input;
    stream.avail_in = (uint32_t)size;
    stream.end_of_stream = size == 0;
    do {
      stream.next_out = output;
      stream.avail_out = chunk;
      if (isal_deflate(&stream) != COMP_OK) die("isal_deflate");
    } while (stream.avail_out == 0);
  } while (size > 0);
}

static int visit(const char* path, const struct stat* status, int type, struct FTW* place) {
  (void)path, (void)status, (void)type, (void)place;
  return 0;
}

static int peak(const char* file, char** command) {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    execvp(command[0], command);
    die(command[0]);
  }
  int status;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) < 0) die("wait4");
  FILE* out = fopen(file, "w");
  if (out == NULL) die(file);
  fprintf(out, "%ld\n", usage.ru_maxrss);
  fclose(out);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int count, char** words) {
  if (count < 3) return 2;
  if (strcmp(words[1], "peak") == 0 && count > 3) return peak(words[2], words + 3);
  if (strcmp(words[1], "stat") == 0) return nftw(words[2], visit, 64, FTW_PHYS);
  void (*work)(int) = strcmp(words[1], "gzip") == 0 ? gzip : sha256;
  for (int i = 2; i < count; ++i) {
    int fd = open(words[i], O_RDONLY | O_CLOEXEC);
    if (fd < 0) die(words[i]);
    work(fd);
    close(fd);
  }
  return 0;
}
