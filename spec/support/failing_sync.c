/* To be preloaded: the first fsync of a file *.part fails, the later ones succeed. So do real ones: Linux
 * tells of bytes that it could not write back once for each open file, and then forgets them. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_bool failed;

int fsync(int fd) {
  char name[64];
  char path[4096] = "";
  (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length > 5 && strcmp(path + length - 5, ".part") == 0 && !atomic_exchange(&failed, 1)) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(SYS_fsync, fd);
}
