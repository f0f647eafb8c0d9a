/* The floors that tests/bench compares with: what one core needs for the parts
 * of the work that nobody can leave out.
 *   floor sha256 FILE...   hash each file (OpenSSL, the CPU's own instructions)
 *   floor gzip FILE...     compress each file with ISA-L at level 1, to nowhere
 *   floor stat DIR         walk a tree and lstat every entry
 *   floor run ROOT COUNT   COUNT times: namespaces, an overlay over ROOT, a shell in it
 * And a launcher, because the kernel counts the memory of the process that forks as
 * the child's own, and this one is small:
 *   floor peak FILE COMMAND...   run it; its largest process, in KiB, goes to FILE */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <openssl/evp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

static int erase(const char* path, const struct stat* status, int type, struct FTW* place) {
  (void)status, (void)type, (void)place;
  return remove(path);
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

/* In the namespaces: one command on an overlay of its own. */
static void run_command(const char* root, const char* scratch) {
  char options[3 * PATH_MAX], place[PATH_MAX];
  snprintf(place, sizeof place, "%s/merged", scratch);
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", root, scratch,
           scratch);
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) die("private mounts");
  if (mount("overlay", place, "overlay", 0, options) != 0) die("overlay");
  if (chroot(place) != 0 || chdir("/") != 0) die("chroot");
  if (mount("proc", "/proc", "proc", 0, NULL) != 0) die("proc");
  execl("/bin/sh", "sh", "-c", "echo x > /made", (char*)NULL);
  die("/bin/sh");
}

static int run(const char* root, long count) {
  for (long i = 0; i < count; ++i) {
    char scratch[] = "/tmp/floor-XXXXXX", path[PATH_MAX];
    if (mkdtemp(scratch) == NULL) die("mkdtemp");
    for (const char* const* name = (const char* const[]){"upper", "work", "merged", NULL}; *name;
         ++name) {
      snprintf(path, sizeof path, "%s/%s", scratch, *name);
      if (mkdir(path, 0755) != 0) die(path);
    }
    long child = syscall(
        SYS_clone, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);
    if (child < 0) die("clone");
    if (child == 0) run_command(root, scratch);
    int status;
    if (waitpid((pid_t)child, &status, 0) < 0 || status != 0) die("the command");
    if (nftw(scratch, erase, 64, FTW_PHYS | FTW_DEPTH) != 0) die(scratch);
  }
  return 0;
}

int main(int count, char** words) {
  if (count < 3) return 2;
  if (strcmp(words[1], "peak") == 0 && count > 3) return peak(words[2], words + 3);
  if (strcmp(words[1], "stat") == 0) return nftw(words[2], visit, 64, FTW_PHYS);
  if (strcmp(words[1], "run") == 0 && count == 4) return run(words[2], atol(words[3]));
  void (*work)(int) = strcmp(words[1], "gzip") == 0 ? gzip : sha256;
  for (int i = 2; i < count; ++i) {
    int fd = open(words[i], O_RDONLY | O_CLOEXEC);
    if (fd < 0) die(words[i]);
    work(fd);
    close(fd);
  }
  return 0;
}
