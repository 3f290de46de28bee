/*
 * A disk that fills up at a chosen write: preloaded into a program (LD_PRELOAD), it counts every call that would take room below one
 * folder, and lets none through from the chosen one on, as a full disk does. The call that fills it is cut short first, as the system
 * does with the last blocks.
 *
 *   LEGATO_DISK_FOLDER   absolute; calls elsewhere are not counted
 *   LEGATO_DISK_CONTROL  a file of four int64 that is shared with the test and with child processes:
 *                        [calls so far, the call to fail from (0: never), errno, 1: only that call fails]
 *
 * Counted: new files, folders and names, writes of every kind, growth, and syncs (where delayed allocation reports a full disk).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *folder;
static volatile int64_t *control;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("LEGATO_DISK_CONTROL");
  folder = getenv("LEGATO_DISK_FOLDER");
  if (!path || !folder) return;
  int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  int fd = really(path, O_RDWR);
  if (fd < 0) abort();
  void *at = mmap(NULL, 4 * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) abort();
  control = at;
  close(fd);
}

static int concerns(const char *path) {
  return control && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int concernsFile(int fd) {
  char link[64], path[PATH_MAX];
  if (!control || fd < 3) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return concerns(path);
}

/* 0: there is room, 1: this call fills the disk, 2: it is full */
static int fills(void) {
  int64_t call = __atomic_add_fetch(&control[0], 1, __ATOMIC_SEQ_CST), from = control[1];
  if (from == 0 || call < from || (control[3] && call > from)) return 0;
  errno = (int)control[2];
  return call == from && !control[3] ? 1 : 2;
}

#define REAL(name) \
  static __typeof__(&name) really; \
  if (!really) really = dlsym(RTLD_NEXT, #name)

static int makesFile(const char *path, int flags) {
  struct stat found;
  int kept = errno;
  int makes = (flags & O_CREAT) && concerns(path) && lstat(path, &found) != 0;
  errno = kept;
  return makes;
}

static mode_t modeOf(int flags, va_list rest) { return flags & O_CREAT ? va_arg(rest, mode_t) : 0; }

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = modeOf(flags, rest); \
    va_end(rest); \
    if (makesFile(path, flags) && fills()) return -1; \
    return really(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define WRITE(name, PARAMETERS, WHOLE, HALF) \
  ssize_t name PARAMETERS { \
    REAL(name); \
    if (concernsFile(fd)) { \
      int full = fills(); \
      if (full == 2 || (full == 1 && size < 2)) return -1; \
      if (full == 1) return HALF; \
    } \
    return WHOLE; \
  }
WRITE(write, (int fd, const void *data, size_t size), really(fd, data, size), really(fd, data, size / 2))
WRITE(pwrite, (int fd, const void *data, size_t size, off_t at), really(fd, data, size, at), really(fd, data, size / 2, at))
WRITE(pwrite64, (int fd, const void *data, size_t size, off64_t at), really(fd, data, size, at),
      really(fd, data, size / 2, at))

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  return concernsFile(fd) && fills() ? -1 : really(fd, parts, count);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
  REAL(pwritev);
  return concernsFile(fd) && fills() ? -1 : really(fd, parts, count, at);
}
int fsync(int fd) {
  REAL(fsync);
  return concernsFile(fd) && fills() ? -1 : really(fd);
}
int fdatasync(int fd) {
  REAL(fdatasync);
  return concernsFile(fd) && fills() ? -1 : really(fd);
}
static int grows(int fd, off64_t size) {
  struct stat found;
  return concernsFile(fd) && fstat(fd, &found) == 0 && size > found.st_size;
}
int ftruncate(int fd, off_t size) {
  REAL(ftruncate);
  return grows(fd, size) && fills() ? -1 : really(fd, size);
}
int ftruncate64(int fd, off64_t size) {
  REAL(ftruncate64);
  return grows(fd, size) && fills() ? -1 : really(fd, size);
}
int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  return concerns(path) && fills() ? -1 : really(path, mode);
}
int rename(const char *from, const char *to) {
  REAL(rename);
  return concerns(to) && fills() ? -1 : really(from, to);
}
int link(const char *from, const char *to) {
  REAL(link);
  return concerns(to) && fills() ? -1 : really(from, to);
}
