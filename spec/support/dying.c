/* To be preloaded: the process dies (SIGKILL) just before its N-th call that changes a folder or brings
 * something to the disk, N in DYING_AT. So every place where a crash leaves another picture can be tried, one
 * by one; and where there were fewer calls, DYING_LOG gets their number. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int calls;

static void step(void) {
  const char *at = getenv("DYING_AT");
  if (at != NULL && atomic_fetch_add(&calls, 1) + 1 == atoi(at))
    (void)kill(getpid(), SIGKILL);
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("DYING_LOG");
  FILE *log = path != NULL ? fopen(path, "w") : NULL;
  if (log == NULL)
    return;
  (void)fprintf(log, "%d", atomic_load(&calls));
  (void)fclose(log);
}

/* glibc calls of its own do not come by here: what our program calls is what counts. */
#define WRAP(result, name, parameters, arguments)                                                            \
  result name parameters {                                                                                   \
    static result(*real) parameters;                                                                         \
    if (real == NULL)                                                                                        \
      *(void **)&real = dlsym(RTLD_NEXT, #name);                                                             \
    step();                                                                                                  \
    return real arguments;                                                                                   \
  }

WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, link, (const char *from, const char *to), (from, to))
WRAP(int, symlink, (const char *target, const char *path), (target, path))
WRAP(int, symlinkat, (const char *target, int fd, const char *path), (target, fd, path))
WRAP(int, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
WRAP(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
WRAP(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
     (a, from, b, to, flags))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
WRAP(int, remove, (const char *path), (path))
WRAP(int, rmdir, (const char *path), (path))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, syncfs, (int fd), (fd))

static int opened(int fd, const char *path, int flags, mode_t mode) {
  if ((flags & O_CREAT) != 0)
    step();
  return (int)syscall(SYS_openat, fd, path, flags, mode);
}

#define MODE_OF(flags, mode)                                                                                 \
  mode_t mode = 0;                                                                                           \
  if (((flags)&O_CREAT) != 0) {                                                                              \
    va_list list;                                                                                            \
    va_start(list, flags);                                                                                   \
    mode = (mode_t)va_arg(list, int);                                                                        \
    va_end(list);                                                                                            \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return opened(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return opened(AT_FDCWD, path, flags, mode);
}

int openat(int fd, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return opened(fd, path, flags, mode);
}
