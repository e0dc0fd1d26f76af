/* To be preloaded: locks of files always succeed, as on network file systems that do not keep them. Real ones
 * of that kind are NFS mounted with `nolock` and Lustre without `flock`. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

int flock(int fd, int operation) {
  (void)fd;
  (void)operation;
  return 0;
}

int lockf(int fd, int operation, off_t size) {
  (void)fd;
  (void)operation;
  (void)size;
  return 0;
}

int lockf64(int fd, int operation, off64_t size) {
  return lockf(fd, operation, size);
}

/* The library's own fcntl() stands behind this one; the system call does the same. */
static int lie(int fd, int command, void *argument) {
  switch (command) {
  case F_SETLK:
  case F_SETLKW:
  case F_OFD_SETLK:
  case F_OFD_SETLKW:
    return 0;
  case F_GETLK:
  case F_OFD_GETLK:
    ((struct flock *)argument)->l_type = F_UNLCK;
    return 0;
  default:
    return (int)syscall(SYS_fcntl, fd, command, argument);
  }
}

int fcntl(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  void *argument = va_arg(list, void *);
  va_end(list);
  return lie(fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  void *argument = va_arg(list, void *);
  va_end(list);
  return lie(fd, command, argument);
}
