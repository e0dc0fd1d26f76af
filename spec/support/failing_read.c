/* To be preloaded: what is read of the file whose inode is FAILING_INODE fails, as it does on a bad disk. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t read(int fd, void *buffer, size_t size) {
  const char *inode = getenv("FAILING_INODE");
  struct stat info;
  if (inode != NULL && fstat(fd, &info) == 0 && info.st_ino == strtoull(inode, NULL, 10)) {
    errno = EIO;
    return -1;
  }
  return (ssize_t)syscall(SYS_read, fd, buffer, size);
}
